"""A rubric that is changed begins a new series, and what was said before stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import JudgeSettings, Settings
from judges.rubric import RubricConfig
from store import verdicts
from store.records import Verdict
from store.verdicts import VerdictFilter
from tests.conftest import Clock
from tests.fakes import FakeClaude, marked
from tests.in_process import client_of

TEXT = 'name = "mine"\nquestion = "Is it?"\n[labels]\nPASS = "yes"\nFAIL = "no"\n'


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server that answers with the label that the response is marked with."""
    with FakeClaude(rule=marked) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The rubric's file."""
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    return path


def rewrite(file: Path, text: str) -> None:
    """As an operator would, while no service runs."""
    file.write_text(text)


def service(file: Path, claude: FakeClaude, clock: Clock) -> Service:
    """A service over the file's folder whose only judge is that rubric."""
    settings = Settings(
        database=file.with_name("a.duckdb"),
        judge=JudgeSettings(builtin=(), llm_rate=1.0, repeat_rate=0.0),
        judges=(RubricConfig(kind="rubric", name="mine", file=file),),
    )
    environ = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url}
    return Service(settings, clock=clock, environ=environ, scheduled=False)


async def judged(started: Service, *responses: str) -> list[Verdict]:
    """All verdicts, after these responses came in and everything that is owed was judged."""
    items = [
        Item(i, {"id": text, "response": text, "timestamp": "2026-11-20T11:00:00Z"}) for i, text in enumerate(responses)
    ]
    await started.intake.accept(items)
    await started.pipeline.drain()
    await started.pipeline.recover()
    with started.store.read() as c:
        return verdicts.find(c, VerdictFilter())


async def test_a_changed_rubric_judges_again_and_old_verdicts_stay(
    file: Path, claude: FakeClaude, clock: Clock
) -> None:
    """Both versions stand side by side, each verdict as it was given."""
    async with service(file, claude, clock) as started:
        before = await judged(started, "one", "two [[is FAIL]]")
    rewrite(file, TEXT.replace("Is it?", "Is it really?"))
    async with service(file, claude, clock) as started:
        after = await judged(started)
    old = {verdict.judge_version for verdict in before}
    assert {verdict.sample_id: verdict for verdict in after if verdict.judge_version in old} == {
        verdict.sample_id: verdict for verdict in before
    }
    new = {verdict.sample_id: verdict.passed for verdict in after if verdict.judge_version not in old}
    assert new == {"one": True, "two [[is FAIL]]": False}


async def test_another_rate_goes_on_with_the_series(file: Path, claude: FakeClaude, clock: Clock) -> None:
    """What decides no verdict starts nothing anew: nobody is asked again."""
    async with service(file, claude, clock) as started:
        before = await judged(started, "one")
    rewrite(file, "rate = 0.9999\nbatch = false\n" + TEXT + "# a comment\n")
    async with service(file, claude, clock) as started:
        assert await judged(started) == before
    assert len(claude.asked) == 1


async def test_a_rubrics_cost_over_http(file: Path, claude: FakeClaude, clock: Clock) -> None:
    """By name or text; a name is never a path, and nothing of a bad request is a server's error."""
    async with service(file, claude, clock) as started:
        await judged(started, *(f"answer {n}" for n in range(30)))
        async with client_of(started) as client:

            async def post(**body: object) -> httpx2.Response:
                return await client.post("/v1/rubrics/cost", json=body)

            found = (await post(name="mine", rate=0.5)).json()
            refused = [
                await post(),
                await post(name=str(file)),
                await post(toml="x = " + "[" * 9_999),
                await post(toml="x"),
            ]
    assert (found["eligible"], found["quotes"][0]["model"]) == (30, "claude-haiku-5-5")
    assert "measured on 30 answers" in str(found["sources"])
    assert [answer.status_code for answer in refused] == [422] * 4
