"""LLM judges over `judge.base_url` at LiteLLM's proxy. Runs where the proxy is installed, and says so where not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import JudgeSettings, Settings
from store import verdicts
from store.records import Status, Verdict
from store.verdicts import VerdictFilter
from tests.acceptance.litellm_proxy import Proxy, missing, proxy
from tests.conftest import Clock

ANSWERS = {
    "judge-pass": '{"explanation": "It answers.", "verdict": "PASS"}',
    "judge-fail": 'Here you are:\n```json\n{"explanation": "It is rude.", "verdict": "FAIL"}\n```',
    "judge-prose": "I would let it pass.",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy with its three models."""
    if why := missing():
        pytest.skip(why)
    with proxy(tmp_path_factory.mktemp("litellm"), ANSWERS) as running:
        yield running


async def judge(folder: Path, clock: Clock, litellm: Proxy, model: str, key: str = "") -> tuple[list[Verdict], Service]:
    """What the smell test says of one sample when it asks this model of the proxy, and the service that asked."""
    settings = Settings(
        database=folder / "a.duckdb",
        judge=JudgeSettings(builtin=("smell_test",), llm_rate=1.0, max_attempts=1, model=model, base_url=litellm.url),
    )
    asked = {"id": "s1", "request": "Where is it?", "response": "On its way.", "timestamp": "2026-11-20T11:00:00Z"}
    environ = {"ANTHROPIC_API_KEY": key or litellm.key}
    async with Service(settings, clock=clock, environ=environ, scheduled=False) as service:
        await service.intake.accept([Item(0, asked)])
        await service.pipeline.drain()
        with service.store.read() as c:
            return verdicts.find(c, VerdictFilter()), service


@pytest.mark.parametrize(("model", "passed"), [("judge-pass", True), ("judge-fail", False)])
async def test_a_verdict_comes_through(tmp_path: Path, clock: Clock, litellm: Proxy, model: str, passed: bool) -> None:
    """JSON alone or among prose is a verdict, by a model whose price nobody knows."""
    ((found,), _) = await judge(tmp_path, clock, litellm, model)
    assert (found.status, found.passed, found.model) == (Status.OK, passed, model)
    assert (found.input_tokens or 0) > 0
    assert found.cost_usd is None


async def test_prose_is_an_error_after_one_repair(tmp_path: Path, clock: Clock, litellm: Proxy) -> None:
    """A model that never answers in JSON is asked once more, then it is an error with a reason."""
    ((found,), _) = await judge(tmp_path, clock, litellm, "judge-prose")
    assert (found.status, found.reason, found.passed) == (Status.ERROR, "malformed", None)


@pytest.mark.parametrize(("model", "key"), [("judge-unknown", ""), ("judge-pass", "sk-wrong")])
async def test_a_wrong_setting_marks_no_sample(
    tmp_path: Path, clock: Clock, litellm: Proxy, model: str, key: str
) -> None:
    """The proxy says 400 to an unknown model and to a wrong key: the sample stays pending, and the lane says why."""
    (found, service) = await judge(tmp_path, clock, litellm, model, key)
    assert found == []
    assert "answered 400" in service.pipeline.lanes[0].paused_why
