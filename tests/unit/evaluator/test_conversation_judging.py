"""Judges of whole conversations: asked once a session is quiet, about all its turns, for a verdict on the last one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from evaluator.lane import Lane
from evaluator.pipeline import Pipeline
from evaluator.settings import SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.judge import Judgement, decided
from store import verdicts
from store.records import Sample
from store.store import Store
from tests.builders import NOON, make_sample
from tests.conftest import Clock
from tests.fake_judges import FakeJudge
from tests.judging import waiting

Start = Callable[[FakeJudge], AbstractAsyncContextManager[Pipeline]]


@pytest.fixture
def pipeline(store: Store, clock: Clock) -> Start:
    """Starts a pipeline whose one judge takes conversations that were quiet for 30 minutes."""

    @asynccontextmanager
    async def start(judge: FakeJudge) -> AsyncIterator[Pipeline]:
        lane = Lane(judge.entry_for({}, quiet_minutes=30.0), judge, SamplingSettings(), clock)
        started = Pipeline(store, [lane], Settings(), clock, Metrics())
        started.start()
        yield started
        await started.stop()

    return start


def turn(store: Store, number: int, minute: int, session_id: str = "s") -> Sample:
    """A stored turn of a conversation that arrived at that minute."""
    at = NOON + timedelta(minutes=minute)
    sample = make_sample(f"t{number}", ts=at, received_at=at, session_id=session_id, ask=f"Question {number}")
    store.append_samples([sample]).result()
    return sample


def given(store: Store) -> list[str]:
    with store.read() as c:
        return [verdict.sample_id for verdict in verdicts.find(c, verdicts.VerdictFilter())]


async def test_a_conversation_is_judged_when_it_is_quiet(store: Store, clock: Clock, pipeline: Start) -> None:
    """Not while turns come in, nor within the quiet time; then once, on the last turn."""
    judge = FakeJudge(kind="llm")
    async with pipeline(judge) as started:
        started.submit([turn(store, 0, 0), turn(store, 1, 10)])
        await started.drain()
        clock.advance(minutes=39)
        assert (await started.recover(), waiting(store, started, clock())[0]) == (0, 0)
        clock.advance(minutes=2)
        assert waiting(store, started, clock()) == (1, NOON + timedelta(minutes=10))
        assert (await started.recover(), await started.recover()) == (1, 0)
    assert given(store) == judge.asked == ["t1"]


async def test_the_judge_sees_all_turns(store: Store, clock: Clock, pipeline: Start) -> None:
    """Questions and answers of the session reach it in order, as one request."""
    seen: list[object] = []

    def look(sample: Sample) -> Judgement:
        seen.extend(message["content"] for message in sample.request["messages"] if message["role"] == "user")
        return decided(True, "fine")

    turn(store, 0, 0), turn(store, 1, 10), turn(store, 2, 5, "another")
    clock.advance(hours=2)
    async with pipeline(FakeJudge(kind="llm", rule=look)) as started:
        assert await started.recover() == 2
    assert sorted(map(str, seen)) == ["Question 0", "Question 1", "Question 2"]


async def test_a_conversation_that_goes_on_is_judged_again(store: Store, clock: Clock, pipeline: Start) -> None:
    """Its new last turn has no verdict yet."""
    async with pipeline(FakeJudge(kind="llm")) as started:
        turn(store, 0, 0)
        clock.advance(hours=1)
        await started.recover()
        turn(store, 1, 65)
        clock.advance(hours=1)
        await started.recover()
    assert sorted(given(store)) == ["t0", "t1"]


async def test_the_end_of_a_file_is_the_end_of_its_conversations(store: Store, pipeline: Start) -> None:
    """When nothing more is to come, nobody waits for quiet."""
    turn(store, 0, 0)
    async with pipeline(FakeJudge(kind="llm")) as started:
        assert await started.conclude() == 1
