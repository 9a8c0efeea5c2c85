"""The rubric judge from intake to verdict: the whole service, the real SDK, a Claude server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import JudgeSettings, Settings
from store import verdicts
from store.records import Status, Verdict
from store.verdicts import VerdictFilter
from tests.conftest import Clock
from tests.fakes import OVERLOADED, REFUSES, UNAUTHORIZED, FakeClaude

pytestmark = pytest.mark.slow

Open = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server in a thread of its own."""
    with FakeClaude() as running:
        yield running


@pytest.fixture
def service(tmp_path: Path, clock: Clock, claude: FakeClaude) -> Open:
    """A service whose only judge is the shipped smell test, on every session."""

    @asynccontextmanager
    async def open_(environ: dict[str, str] | None = None) -> AsyncIterator[Service]:
        judge = JudgeSettings(builtin=("smell_test",), llm_rate=1.0, max_attempts=1)
        settings = Settings(database=tmp_path / "a.duckdb", judge=judge)
        given = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url} if environ is None else environ
        async with Service(settings, clock=clock, environ=given, scheduled=False) as started:
            yield started

    return open_


async def take(service: Service, *responses: str) -> None:
    asked = {"request": "Where is it?", "timestamp": "2026-11-20T11:00:00Z"}
    items = [Item(i, {"id": f"s{i}", "response": text, **asked}) for i, text in enumerate(responses)]
    await service.intake.accept(items)
    await service.pipeline.drain()


def judged(service: Service) -> dict[str, Verdict]:
    with service.store.read() as c:
        return {verdict.sample_id: verdict for verdict in verdicts.find(c, VerdictFilter())}


async def test_the_rubric_passes_and_fails(service: Open) -> None:
    """A good answer passes and a refusal fails, with explanation, model, tokens and cost."""
    async with service() as started:
        await take(started, "It is on its way.", "I'm sorry, I can't help with that.")
        found = judged(started)
    assert [found[name].passed for name in ("s0", "s1")] == [True, False]
    assert found["s1"].explanation
    assert (found["s1"].model, found["s1"].kind) == ("claude-haiku-5-5", "llm")
    assert (found["s1"].cost_usd or 0) > 0


async def test_a_refusing_judge_is_an_error(service: Open, claude: FakeClaude) -> None:
    """When the judge itself refuses, the verdict is an error with its reason, not a fail."""
    claude.then(REFUSES)
    async with service() as started:
        await take(started, "It is on its way.")
        verdict = judged(started)["s0"]
    assert (verdict.status, verdict.passed, verdict.reason) == (Status.ERROR, None, "refusal")


async def test_an_outage_leaves_work_pending_and_resumes(service: Open, claude: FakeClaude, clock: Clock) -> None:
    """An overloaded provider costs no verdict: the sample waits and is judged once, when it is back."""
    claude.then(OVERLOADED)
    async with service() as started:
        await take(started, "It is on its way.")
        assert judged(started) == {}
        clock.advance(hours=1)
        await started.pipeline.recover()
        assert judged(started)["s0"].passed is True


async def test_a_refused_key_stops_the_judge_and_says_so(service: Open, claude: FakeClaude) -> None:
    """401 stops the judge; nothing is asked again, and no verdict is invented for the samples."""
    claude.rule = lambda _: UNAUTHORIZED
    async with service() as started:
        await take(started, "one")
        await take(started, "two", "three")
        assert (judged(started), len(claude.asked)) == ({}, 1)
        assert "ANTHROPIC_API_KEY" in str(started.pipeline.lanes[0].stopped)


async def test_a_restart_judges_only_what_is_left(service: Open, claude: FakeClaude, clock: Clock) -> None:
    """What was judged before the restart is not paid for again."""
    async with service() as started:
        await take(started, "one", "two")
    asked = len(claude.asked)
    async with service() as started:
        await started.pipeline.recover()
    assert (asked, len(claude.asked)) == (2, 2)


async def test_without_a_key_nothing_is_judged(service: Open, claude: FakeClaude) -> None:
    """Without a key and a server of one's own the judge is not configured and no call leaves the machine."""
    async with service({}) as started:
        await take(started, "It is on its way.")
        assert (judged(started), started.entries[0].judge, claude.asked) == ({}, None, [])
