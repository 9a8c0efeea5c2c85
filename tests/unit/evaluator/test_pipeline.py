"""Samples in, verdicts out: once, whatever happens in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from evaluator.lane import Lane
from evaluator.pipeline import Pipeline
from evaluator.settings import SamplingRule, SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.errors import Stopped, Unavailable
from judges.judge import Judgement, decided, errored
from store import verdicts
from store.records import Sample, Status, Verdict
from store.store import Store
from tests.builders import make_sample
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

Start = Callable[..., AbstractAsyncContextManager[Pipeline]]


@pytest.fixture
def pipeline(store: Store, clock: Clock) -> Start:
    """Starts a pipeline of the given judges over the test's store."""

    @asynccontextmanager
    async def start(*judges: FakeJudge, sampling: SamplingSettings | None = None) -> AsyncIterator[Pipeline]:
        lanes = [Lane(judge.entry, judge, sampling or SamplingSettings(), clock) for judge in judges]
        started = Pipeline(store, lanes, Settings(), clock, Metrics())
        started.start()
        yield started
        await started.stop()

    return start


def kept(store: Store, *samples: Sample) -> list[Sample]:
    store.append_samples(samples, ()).result()
    return list(samples)


def stored(store: Store) -> list[Verdict]:
    with store.read() as c:
        return verdicts.find(c, verdicts.VerdictFilter())


def raising(error: Exception) -> Callable[[Sample], Judgement]:
    def rule(_: Sample) -> Judgement:
        raise error

    return rule


async def test_fresh_samples_are_judged(store: Store, pipeline: Start) -> None:
    """What intake hands over gets a verdict from every judge that wants it."""
    async with pipeline(FakeJudge("a"), FakeJudge("b", features=("other-*",))) as started:
        started.submit(kept(store, make_sample()))
        await started.drain()
    assert [(verdict.judge, verdict.passed) for verdict in stored(store)] == [("a", True)]


async def test_nothing_is_judged_twice(store: Store, pipeline: Start) -> None:
    """The same samples through every way in are asked about once."""
    judge = FakeJudge()
    async with pipeline(judge) as started:
        samples = kept(store, make_sample("s1"), make_sample("s2"))
        started.submit(samples)
        await started.drain()
        await started.judge(samples)
        await started.recover()
    assert sorted(judge.asked) == ["s1", "s2"]


async def test_a_new_version_judges_again(store: Store, pipeline: Start) -> None:
    """A changed judge is another series: what its predecessor judged is pending for it."""
    kept(store, make_sample())
    for version in ("v1", "v2"):
        async with pipeline(FakeJudge(version=version)) as started:
            await started.drain()
    assert sorted(verdict.judge_version for verdict in stored(store)) == ["v1", "v2"]


async def test_what_a_crash_left_is_found(store: Store, pipeline: Start) -> None:
    """Samples that were stored and never handed over are judged by the recovery."""
    kept(store, *(make_sample(f"s{i}") for i in range(5)))
    async with pipeline(FakeJudge()) as started:
        assert await started.recover() == 5


async def test_recovery_looks_back_a_week(store: Store, clock: Clock, pipeline: Start) -> None:
    """A sample that arrived before the window stays unjudged until it is asked for."""
    kept(store, make_sample(received_at=clock() - timedelta(days=8)))
    async with pipeline(FakeJudge()) as started:
        assert await started.recover() == 0
        assert await started.drain() == 1


async def test_an_outage_writes_no_verdict(store: Store, clock: Clock, pipeline: Start) -> None:
    """A judge that is away leaves its samples pending, and judges them when it is back."""
    judge = FakeJudge(rule=raising(Unavailable("overloaded", reason="overloaded", retry_after_seconds=60)))
    kept(store, make_sample("s1"), make_sample("s2"))
    async with pipeline(judge) as started:
        assert await started.recover() == 0
        assert started.pending(started.lanes[0])[0] == 2
        judge.rule = lambda _: decided(True, "fine")
        clock.advance(seconds=61)
        assert await started.recover() == 2


async def test_an_outage_is_not_hammered(store: Store, pipeline: Start) -> None:
    """While a judge is away it is not asked again for every sample."""
    judge = FakeJudge(rule=raising(Unavailable("overloaded", reason="overloaded", retry_after_seconds=60)))
    samples = kept(store, *(make_sample(f"s{i}") for i in range(50)))
    async with pipeline(judge) as started:
        await started.judge(samples)
        await started.recover()
    assert len(judge.asked) == 1


async def test_a_refused_key_stops_the_judge(store: Store, clock: Clock, pipeline: Start) -> None:
    """A judge that the provider refuses stays stopped and says why."""
    judge = FakeJudge(rule=raising(Stopped("The key was refused.", reason="authentication")))
    kept(store, make_sample())
    async with pipeline(judge) as started:
        await started.recover()
        clock.advance(days=1)
        await started.recover()
        assert started.lanes[0].stopped == "The key was refused."
    assert len(judge.asked) == 1


async def test_a_crash_of_a_judge_is_an_error_of_the_item(store: Store, pipeline: Start) -> None:
    """A bug in a judge is a stored error, not a fail, and the other judges go on."""
    kept(store, make_sample())
    async with pipeline(FakeJudge("broken", rule=raising(ZeroDivisionError())), FakeJudge("whole")) as started:
        await started.drain()
    found = {verdict.judge: (verdict.status, verdict.passed, verdict.reason) for verdict in stored(store)}
    assert found == {"broken": (Status.ERROR, None, "crashed"), "whole": (Status.OK, True, None)}


async def test_an_error_is_kept_and_not_tried_again(store: Store, pipeline: Start) -> None:
    """A judgement that failed for good is stored with its reason and counts in no pass rate."""
    judge = FakeJudge(rule=lambda _: errored("refusal", "The judge refused."))
    kept(store, make_sample())
    async with pipeline(judge) as started:
        await started.drain()
        await started.drain()
    assert [(v.status, v.passed, v.reason) for v in stored(store)] == [(Status.ERROR, None, "refusal")]
    assert len(judge.asked) == 1


async def test_a_rate_is_a_share_of_all_sessions(store: Store, pipeline: Start) -> None:
    """A judge with a rate sees the sessions below it, and says with which probability."""
    kept(store, *(make_sample(f"s{i}", sampling_u=i / 10) for i in range(10)))
    async with pipeline(FakeJudge(rate=0.3)) as started:
        await started.drain()
    assert sorted(verdict.sample_id for verdict in stored(store)) == ["s0", "s1", "s2"]
    assert {verdict.judge_probability for verdict in stored(store)} == {0.3}


async def test_a_rule_sets_the_rate_of_its_class(store: Store, pipeline: Start) -> None:
    """A sampling rule's own rate for a judge holds in its class, fresh or recovered."""
    rule = SamplingRule(name="errors", rate=1.0, judges={"fake": 1.0})
    kept(store, make_sample("s1", sampling_u=0.9), make_sample("s2", sampling_u=0.9, sampling_class="errors"))
    async with pipeline(FakeJudge(rate=0.1), sampling=SamplingSettings(rules=(rule,))) as started:
        await started.drain()
    assert [verdict.sample_id for verdict in stored(store)] == ["s2"]
