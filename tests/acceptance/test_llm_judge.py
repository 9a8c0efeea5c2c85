"""The rubric judge from intake to verdict: the whole service, the real SDK, a Claude server on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from evaluator.api import present
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import JudgeSettings, Settings
from judges.rubric import RubricConfig
from store import verdicts
from store.records import Status, Verdict
from store.samples import SampleFilter, search
from store.verdicts import VerdictFilter
from tests import fakes
from tests.conftest import Clock
from tests.fakes import OVERLOADED, REFUSES, UNAUTHORIZED, FakeClaude, Reply

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
    async def open_(
        environ: dict[str, str] | None = None, *, judges: tuple[RubricConfig, ...] = (), **judge: Any
    ) -> AsyncIterator[Service]:
        plain = {"builtin": ("smell_test",), "llm_rate": 1.0, "max_attempts": 1, "repeat_rate": 0.0}
        settings = Settings(database=tmp_path / "a.duckdb", judge=JudgeSettings(**plain | judge), judges=judges)
        given = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url} if environ is None else environ
        async with Service(settings, clock=clock, environ=given, scheduled=False) as started:
            yield started

    return open_


async def take(service: Service, *responses: str, first: int = 0) -> None:
    asked = {"request": "Where is it?", "timestamp": "2026-11-20T11:00:00Z"}
    items = [Item(i, {"id": f"s{first + i}", "response": text, **asked}) for i, text in enumerate(responses)]
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


VOTING = """
name = "polite"
question = "Is it polite?"
votes = 3
[labels]
PASS = "it is"
FAIL = "it is not"
[escalation]
model = "claude-sonnet-5-5"
"""


def says(verdict: str, certainty: str) -> Reply:
    answer = {"explanation": "Because.", "certainty": certainty, "verdict": verdict}
    return fakes.says(json.dumps(answer))


async def test_several_answers_are_kept_and_paid(
    tmp_path: Path, clock: Clock, claude: FakeClaude, service: Open
) -> None:
    """Votes and the stronger model's word are stored beside the verdict, and shown by the API's shape."""
    (tmp_path / "polite.toml").write_text(VOTING)
    claude.then(*[says("PASS", "uncertain")] * 3, says("FAIL", "certain"))
    rubric = RubricConfig(kind="rubric", name="polite", file=tmp_path / "polite.toml", rate=1.0)
    async with service(judges=(rubric,), builtin=()) as started:
        await take(started, "It is on its way.")
        with started.store.read() as c:
            (sample,) = present.samples(c, search(c, SampleFilter()))
    (verdict,) = sample.verdicts
    assert (verdict.passed, verdict.escalated, verdict.votes) == (False, True, 3)
    assert [(one.role, one.model) for one in verdict.opinions] == [("vote", "claude-haiku-5-5")] * 3 + [
        ("escalation", "claude-sonnet-5-5")
    ]
    assert verdict.cost_usd == pytest.approx(sum(one.cost_usd or 0 for one in verdict.opinions))


async def test_a_restart_still_knows_equal_content(service: Open, claude: FakeClaude) -> None:
    """The same text under another id is judged from the store, marked and free."""
    async with service() as started:
        await take(started, "It is on its way.")
    async with service() as started:
        await take(started, "It is on its way.", first=1)
        found = judged(started)
    assert (found["s1"].via, found["s1"].cost_usd, found["s1"].passed, len(claude.asked)) == ("cache", 0.0, True, 1)


async def test_a_restart_still_knows_what_was_spent(service: Open, claude: FakeClaude) -> None:
    """A day's budget is spent once, however often the service starts; what waits is told and judged the next day."""
    for start in range(3):
        async with service(usd_per_day=0.0004, concurrency=1) as started:
            await take(started, "one", "two", "three", first=3 * start)
            lane = started.pipeline.lanes[0]
            assert "budget of 0.0004 USD per day is spent" in lane.paused_why
    assert 1 <= len(claude.asked) <= 3


TALK = """
name = "solved"
question = "Was the user's matter settled in the end?"
conversation = true
quiet_minutes = 20
[labels]
PASS = "it was"
FAIL = "it was not"
"""


async def test_a_conversation_is_judged_as_one(tmp_path: Path, clock: Clock, claude: FakeClaude, service: Open) -> None:
    """Turns of a session that has gone quiet reach the judge in one prompt, and its verdict lies on the last one."""
    (tmp_path / "solved.toml").write_text(TALK)
    rubric = RubricConfig(kind="rubric", name="solved", file=tmp_path / "solved.toml", rate=1.0)
    turns = [("s0", "Where is it?", "On its way."), ("s1", "Since when?", "Since Monday.")]
    async with service(judges=(rubric,), builtin=()) as started:
        items = [
            {"id": name, "session_id": "talk", "request": ask, "response": said, "timestamp": f"2026-11-20T11:0{n}:00Z"}
            for n, (name, ask, said) in enumerate(turns)
        ]
        await started.intake.accept([Item(n, item) for n, item in enumerate(items)])
        await started.pipeline.drain()
        assert claude.asked == []
        clock.advance(minutes=21)
        await started.pipeline.recover()
        assert list(judged(started)) == ["s1"]
    (asked,) = claude.asked
    assert all(text in asked.sample for text in ("Where is it?", "On its way.", "Since when?", "Since Monday."))
    assert "the whole conversation" in asked.user
