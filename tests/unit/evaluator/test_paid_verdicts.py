"""Verdicts that cost money: made as many at once as allowed, bought once, and never lost again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from evaluator.judging import CHUNK
from evaluator.lane import Lane, key_of
from evaluator.pipeline import MAX_FRESH_CHARACTERS, Pipeline
from evaluator.recovery import AHEAD
from evaluator.settings import JudgeSettings, SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.judge import Judgement, decided
from store import verdicts
from store.records import Sample
from store.store import Store
from tests.builders import make_sample
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

Start = Callable[..., AbstractAsyncContextManager[Pipeline]]


@pytest.fixture
def filed(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A store in a file, beside which verdicts are noted."""
    with Store.open(tmp_path / "a.duckdb", clock=clock) as opened:
        yield opened


@pytest.fixture
def start(filed: Store, clock: Clock) -> Start:
    """Starts a pipeline of one judge over the file; `at_once` is its concurrency."""

    @asynccontextmanager
    async def started(judge: FakeJudge, at_once: int = 8) -> AsyncIterator[Pipeline]:
        settings = Settings(judge=JudgeSettings(concurrency=at_once))
        pipeline = Pipeline(filed, [Lane(judge.entry, judge, SamplingSettings(), clock)], settings, clock, Metrics())
        pipeline.start()
        yield pipeline
        await pipeline.stop()

    return started


def kept(store: Store, count: int) -> list[Sample]:
    samples = [make_sample(f"s{number:04}") for number in range(count)]
    store.append_samples(samples, ()).result()
    return samples


def judged(store: Store) -> list[str]:
    """The ids of the samples whose verdicts are in the database."""
    with store.read() as c:
        return sorted(verdict.sample_id for verdict in verdicts.find(c, verdicts.VerdictFilter(limit=10_000)))


class Straggling(FakeJudge):
    """Keeps the first sample waiting for the gate, and no other."""

    async def judge(self, sample: Sample) -> Judgement:
        if not self.asked:
            return await super().judge(sample)
        self.asked.append(sample.sample_id)
        self.on_asked()
        return self.rule(sample)


async def test_a_place_is_free_when_the_verdict_is_durable(filed: Store, start: Start) -> None:
    """With one place, each sample is asked about when the verdicts of all before it are on the disk."""
    keys = [key_of(sample) for sample in kept(filed, 4)]
    known: list[int] = []
    judge = FakeJudge(kind="llm", on_asked=lambda: known.append(len(filed.judged(keys))))
    async with start(judge, at_once=1) as pipeline:
        assert await pipeline.recover() == 4
    assert known == [0, 1, 2, 3]


async def test_a_straggler_keeps_nobody_waiting(filed: Store, start: Start) -> None:
    """While one judgement hangs, the recovery goes on with all that is behind it, over any number of chunks."""
    gate: Future[None] = Future()
    count, others = CHUNK + 50, threading.Event()
    judge = Straggling(kind="llm", gate=gate)
    judge.on_asked = lambda: others.set() if len(judge.asked) == count else None
    kept(filed, count)
    async with start(judge, at_once=2) as pipeline:
        recovering = asyncio.ensure_future(pipeline.recover())
        assert await asyncio.to_thread(others.wait, 20)
        gate.set_result(None)
        assert await recovering == count
    assert len(judged(filed)) == len(set(judge.asked)) == count


async def test_a_long_backlog_is_judged_in_one_go(filed: Store, start: Start) -> None:
    """A recovery does not end with the keys that it looked up first."""
    kept(filed, AHEAD + 10)
    async with start(FakeJudge(kind="llm"), at_once=100) as pipeline:
        assert await pipeline.recover() == AHEAD + 10


async def test_a_stop_takes_nothing_back(filed: Store, start: Start) -> None:
    """What was paid for in the moment of a stop is stored."""
    paid = threading.Event()

    def rule(_: Sample) -> Judgement:
        paid.set()
        return decided(True, "fine")

    samples = kept(filed, 1)
    async with start(FakeJudge(kind="llm", rule=rule)) as pipeline:
        pipeline.submit(samples)
        assert await asyncio.to_thread(paid.wait, 10)
    filed.fold_verdicts()
    assert judged(filed) == ["s0000"]


async def test_what_is_noted_is_not_bought_again(filed: Store, start: Start) -> None:
    """Between its note and its commit a verdict counts for whoever asks, whichever way its sample comes in."""
    judge = FakeJudge(kind="llm")
    samples = kept(filed, 3)
    async with start(judge) as pipeline:
        for _ in range(3):
            pipeline.submit(samples)
            await pipeline.judge(samples)
            await pipeline.recover()
    assert sorted(judge.asked) == ["s0000", "s0001", "s0002"]


async def test_code_leaves_its_place_before_its_verdict_is_stored(filed: Store, start: Start) -> None:
    """A judge that costs nothing does not wait for the disk between two samples."""
    keys = [key_of(sample) for sample in kept(filed, 2)]
    known: list[int] = []
    judge = FakeJudge(kind="code", at_once=1, on_asked=lambda: known.append(len(filed.judged(keys))))
    async with start(judge) as pipeline:
        assert await pipeline.recover() == 2
    assert known == [0, 0]


async def test_much_text_waits_in_the_store(filed: Store, start: Start) -> None:
    """Fresh samples beyond a bound of text are not held in memory; the recovery judges them."""
    sample = make_sample(text="x" * 1_000_000)
    filed.append_samples([sample], ()).result()
    judge = FakeJudge()
    async with start(judge) as pipeline:
        pipeline.submit([sample] * (MAX_FRESH_CHARACTERS // 1_000_000 + 1))
        assert await pipeline.recover() == 1
    assert judge.asked == ["s1"]
