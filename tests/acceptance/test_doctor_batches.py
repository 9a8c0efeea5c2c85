"""What `leadline doctor` says of batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.doctor import examine
from evaluator.service import Service
from evaluator.settings import FeatureSettings, FeatureTextSettings, JudgeSettings, Settings
from judges.rubric import RubricConfig
from store import batches
from store.batches import Batch, BatchState
from tests.conftest import Clock

pytestmark = pytest.mark.slow


@pytest.fixture
async def service(tmp_path: Path, clock: Clock) -> AsyncIterator[Service]:
    """A service with one judge that judges by batches."""
    settings = Settings(
        database=tmp_path / "a.duckdb",
        judge=JudgeSettings(builtin=()),
        judges=(RubricConfig(kind="rubric", name="smell_test", batch=True, features=("sec*", "chat")),),
        features={name: FeatureSettings(text=FeatureTextSettings(keep="none")) for name in ("secret", "hr")},
    )
    async with Service(settings, clock=clock, environ={"ANTHROPIC_API_KEY": "sk-test"}, scheduled=False) as started:
        yield started


def problems(service: Service) -> str:
    found = [one for one in examine(service) if one.level == "problem"]
    return "\n".join(f"{one.area}: {one.what} → {one.fix}" for one in found)


def submitted(service: Service, **fields: str) -> Batch:
    judge = service.pipeline.lanes[0].judge
    batch = Batch(
        batch_key="b1",
        judge=judge.name,
        judge_version=fields.get("version", judge.version),
        provider=fields.get("provider", "api.anthropic.com"),
        submitted_at=service.clock(),
        requests=3,
        bytes=100,
    )
    service.store.run(lambda c: batches.begin(c, batch, [])).result()
    return batch


async def test_a_batch_that_does_not_come_back_is_a_problem(service: Service, clock: Clock) -> None:
    """After a day, with what was last in its way."""
    submitted(service)
    assert "batch b1" not in problems(service)
    clock.advance(hours=30)
    service.store.run(lambda c: batches.troubled(c, "b1", "no answer")).result()
    assert "batch b1: has not come back for 30 hours; smell_test waits for it → no answer" in problems(service)


async def test_a_failed_batch_is_a_problem_until_the_next_one(service: Service, clock: Clock) -> None:
    """With the provider's reason."""
    failed = replace(submitted(service), state=BatchState.FAILED, ended_at=clock(), reason="Raise the limit.")
    service.store.run(lambda c: batches.fail(c, failed)).result()
    assert "batch b1: failed, and none of smell_test was submitted since → Raise the limit." in problems(service)
    later = replace(failed, batch_key="b2", submitted_at=clock.advance(hours=1), state=BatchState.SUBMITTING)
    service.store.run(lambda c: batches.begin(c, later, [])).result()
    assert "failed" not in problems(service)


async def test_a_batch_of_another_version_is_a_problem(service: Service) -> None:
    """Its results cannot be read by a judge that is not there."""
    submitted(service, version="old")
    assert "batch b1: is under way for a version of smell_test that is not configured" in problems(service)


async def test_a_batch_at_another_provider_is_a_problem(service: Service) -> None:
    """Nobody else is asked about it."""
    submitted(service, provider="gateway.example")
    assert "batch b1: is at gateway.example, which is not the provider of batches any more" in problems(service)


async def test_a_submission_that_fails_is_a_problem(service: Service) -> None:
    """A spent budget, for one."""
    assert service.batches
    service.batches.failures["smell_test"] = "The budget is spent."
    assert "judge smell_test: the last batch was not submitted → The budget is spent." in problems(service)


async def test_features_without_text_are_a_problem(service: Service) -> None:
    """A batch would never see them. Those that the judge does not look at are none of its problems."""
    assert "judges by batches, and the text of secret is not kept until then → set batch = false" in problems(service)
