"""Samples in, verdicts out: once, whatever happens in between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from evaluator.health import REMEMBERED, Health
from evaluator.judging import CHUNK
from evaluator.lane import Lane, key_of
from evaluator.pipeline import MAX_FRESH, Pipeline
from evaluator.settings import SamplingRule, SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.errors import Stopped, Unavailable
from judges.judge import Judgement, decided, errored
from store import verdicts
from store.records import Sample, Status, Verdict
from store.store import Store
from tests.builders import NOON, make_sample
from tests.conftest import Clock
from tests.fake_judges import ClosingJudge, FakeJudge
from tests.judging import waiting

MINUTE = timedelta(minutes=1)
FINE = decided(True, "fine")
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
        return verdicts.find(c, verdicts.VerdictFilter(limit=1000))


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


async def test_judges_with_places_of_their_own_keep_nobody_waiting(store: Store, pipeline: Start) -> None:
    """A judge of user's code that hangs takes neither the places of the models' judges nor the turn of the checks."""
    gate: Future[None] = Future()
    asked = threading.Semaphore(0)
    many = Settings().judge.concurrency + 1
    own = FakeJudge("own", at_once=many, gate=gate)
    others = FakeJudge("llm", kind="llm", on_asked=asked.release), FakeJudge("check", on_asked=asked.release)
    async with pipeline(own, *others) as started:
        started.submit(kept(store, *(make_sample(f"s{n}") for n in range(many))))
        assert await asyncio.to_thread(lambda: all(asked.acquire(timeout=10) for _ in range(2 * many)))
        gate.set_result(None)
        await started.drain()
    assert [len(judge.asked) for judge in (own, *others)] == [many] * 3


async def test_a_judge_works_on_so_many_samples_at_once(store: Store, pipeline: Start) -> None:
    """Of a judge with two places, only two samples are under way."""
    gate: Future[None] = Future()
    asked = threading.Semaphore(0)
    judge = FakeJudge(at_once=2, gate=gate, on_asked=asked.release)
    async with pipeline(judge) as started:
        started.submit(kept(store, *(make_sample(f"s{n}") for n in range(5))))
        assert await asyncio.to_thread(lambda: all(asked.acquire(timeout=10) for _ in range(2)))
        under_way = len(judge.asked)
        gate.set_result(None)
        await started.drain()
    assert (under_way, len(judge.asked)) == (2, 5)


async def test_a_slow_judge_does_not_hold_up_the_recovery_of_others(store: Store, pipeline: Start) -> None:
    """While one search for unjudged samples waits for a slow judge, the next one serves the others."""
    gate: Future[None] = Future()
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    slow = FakeJudge("slow", at_once=1, gate=gate, on_asked=lambda: loop.call_soon_threadsafe(asked.set))
    quick = FakeJudge("quick")
    async with pipeline(slow, quick) as started:
        kept(store, make_sample("s1"))
        first = asyncio.create_task(started.recover())
        await asked.wait()
        kept(store, make_sample("s2"))
        async with asyncio.timeout(10):
            while len(stored(store)) < 2:
                await started.recover()
        gate.set_result(None)
        await first
    assert [len(judge.asked) for judge in (slow, quick)] == [2, 2]


async def test_judges_are_closed_at_the_end(store: Store, pipeline: Start) -> None:
    """What a judge holds is let go of when nothing is under way any more."""
    judge = ClosingJudge()
    async with pipeline(judge):
        assert not judge.closed
    assert judge.closed


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


async def test_a_backlog_is_paid_for_once(store: Store, pipeline: Start) -> None:
    """A recovery during a backlog leaves alone what is queued, and does not wait for it either."""
    gate: Future[None] = Future()
    judge = FakeJudge(kind="llm", gate=gate)
    async with pipeline(judge) as started:
        started.submit(kept(store, *(make_sample(f"s{i}") for i in range(20))))
        async with asyncio.timeout(10):
            assert await started.recover() == 0
        gate.set_result(None)
        await started.drain()
    assert len(stored(store)) == len(judge.asked) == 20


async def test_a_queue_does_not_hide_what_is_behind_it(store: Store, pipeline: Start) -> None:
    """A recovery finds the samples that nobody has in hand, also when those in hand are older and many."""
    gate: Future[None] = Future()
    async with pipeline(FakeJudge(gate=gate)) as started:
        started.submit(kept(store, *(make_sample(f"s{i:03}") for i in range(CHUNK + 1))))
        behind = key_of(*kept(store, make_sample("z")))
        recovering = asyncio.ensure_future(started.recover())
        while started.lanes[0].free(behind):
            assert not recovering.done()
            await asyncio.sleep(0)
        gate.set_result(None)
        assert await recovering == 1


async def test_a_cancelled_call_lets_go_of_its_samples(store: Store, pipeline: Start) -> None:
    """What a cancelled recovery had in hand is free for the next one."""
    gate, asked = Future[None](), threading.Event()
    judge = FakeJudge(kind="llm", gate=gate, on_asked=asked.set)
    kept(store, make_sample())
    async with pipeline(judge) as started:
        recovering = asyncio.ensure_future(started.recover())
        assert await asyncio.to_thread(asked.wait, 10)
        recovering.cancel()
        for _ in range(5):
            await started.run(asyncio.sleep(0))
        gate.set_result(None)
        assert await started.recover() == 1


async def test_what_is_paid_is_not_bought_again(store: Store, pipeline: Start) -> None:
    """Samples that come a second time, after their verdict, cost no second call."""
    judge = FakeJudge(kind="llm")
    async with pipeline(judge) as started:
        for _ in range(2):
            started.submit(kept(store, make_sample()))
            await started.drain()
    assert judge.asked == ["s1"]


async def test_an_id_of_another_time_is_another_sample(store: Store, pipeline: Start) -> None:
    """The store knows samples by id and time, and so do the judges."""
    samples = kept(store, make_sample(), make_sample(ts=datetime(2026, 11, 19, tzinfo=UTC)))
    async with pipeline(FakeJudge()) as started:
        await started.judge(samples[:1])
        assert await started.judge(samples) == 1


async def test_a_stop_during_a_backlog_is_at_once(store: Store, pipeline: Start) -> None:
    """Judges that never wait let a stop in between; what they did not reach stays pending."""
    begun, stopping = threading.Event(), threading.Event()

    def rule(_: Sample) -> Judgement:
        begun.set()
        assert stopping.wait(10)
        return FINE

    judge = FakeJudge(rule=rule)
    async with pipeline(judge) as started:
        started.submit(kept(store, *(make_sample(f"s{i}") for i in range(2000))))
        assert await asyncio.to_thread(begun.wait, 10)
        asyncio.get_running_loop().call_soon(stopping.set)
    assert len(judge.asked) < 2000


async def test_many_small_batches_take_turns(store: Store, pipeline: Start) -> None:
    """A round of the loop judges one batch, however many wait: everything else has its turn in each round."""
    judge = FakeJudge()
    samples = kept(store, *(make_sample(f"s{i}") for i in range(100)))

    async def ten_rounds() -> int:
        for sample in samples:
            started.submit([sample])
        for _ in range(10):
            await asyncio.sleep(0)
        return len(judge.asked)

    async with pipeline(judge) as started:
        assert 0 < await started.run(ten_rounds()) <= 10


async def test_a_backlog_of_one_judge_does_not_hold_up_another(store: Store, pipeline: Start) -> None:
    """The recovery asks the judges side by side."""
    gate, asked = Future[None](), threading.Event()
    slow, quick = FakeJudge("slow", kind="llm", gate=gate), FakeJudge("quick", on_asked=asked.set)
    kept(store, make_sample())
    async with pipeline(slow, quick) as started:
        recovering = asyncio.ensure_future(started.recover())
        assert await asyncio.to_thread(asked.wait, 10)
        gate.set_result(None)
        assert await recovering == 2


async def test_more_than_fits_waits_in_the_store(store: Store, pipeline: Start) -> None:
    """Fresh samples beyond the bound are not held in memory; the recovery judges them."""
    sample = kept(store, make_sample())[0]
    judge = FakeJudge()
    async with pipeline(judge) as started:
        started.submit([sample] * (MAX_FRESH + 1))
        assert await started.recover() == 1
    assert judge.asked == ["s1"]


async def test_verdicts_that_cannot_be_stored_leave_their_samples_pending(
    store: Store, clock: Clock, pipeline: Start
) -> None:
    """One verdict that the store refuses takes no other with it, and ends nothing."""
    judge = FakeJudge(rule=lambda sample: decided(True, "fine", label={"s1": 1j}.get(sample.sample_id)))  # type: ignore[arg-type]
    async with pipeline(judge) as started:
        started.submit(kept(store, *(make_sample(f"s{i}") for i in range(3))))
        await started.drain()
        assert waiting(store, started, clock())[0] == 1
    assert sorted(verdict.sample_id for verdict in stored(store)) == ["s0", "s2"]


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
        assert waiting(store, started, clock())[0] == 2
        judge.rule = lambda _: FINE
        clock.advance(seconds=61)
        assert await started.recover() == 2


@pytest.mark.parametrize("reason", ["circuit_open", "rate_limited", "budget"])
async def test_what_concerns_everyone_rests_the_judge_at_once(
    store: Store, clock: Clock, pipeline: Start, reason: str
) -> None:
    """No other sample is asked about until the time is over, and then none of them has to wait any longer."""
    away = Unavailable("not now", reason=reason, retry_after_seconds=60, everyone=True)
    judge = FakeJudge(rule=raising(away))
    samples = kept(store, *(make_sample(f"s{i}") for i in range(50)))
    async with pipeline(judge) as started:
        await started.judge(samples)
        await started.recover()
        assert judge.asked == ["s0"]
        clock.advance(seconds=61)
        judge.rule = lambda _: FINE
        assert await started.recover() == 50


async def test_failures_of_single_samples_rest_nobody(store: Store, pipeline: Start) -> None:
    """Each is asked about once and then waits, however many in a row fail: it is the client that knows an outage."""
    judge = FakeJudge(rule=raising(Unavailable("no answer", reason="timeout")))
    samples = kept(store, *(make_sample(f"s{i}") for i in range(50)))
    async with pipeline(judge) as started:
        await started.judge(samples)
        await started.recover()
    assert len(judge.asked) == len(set(judge.asked)) == 50


def bad(sample: Sample) -> Judgement:
    if sample.sample_id == "bad":
        raise Unavailable("no answer", reason="timeout")
    return FINE


async def test_a_bad_sample_does_not_hold_up_the_others(store: Store, pipeline: Start) -> None:
    """A sample that the judge never answers waits; those that arrived after it are judged at once."""
    kept(store, make_sample("bad"), *(make_sample(f"s{i}", received_at=NOON + MINUTE) for i in range(5)))
    async with pipeline(FakeJudge(rule=bad)) as started:
        assert await started.recover() == 5


async def test_a_bad_sample_is_given_up(store: Store, clock: Clock, pipeline: Start) -> None:
    """What failed five times while others were judged gets an error verdict with the reason, and is not tried again."""
    judge = FakeJudge(rule=bad)
    kept(store, make_sample("bad"))
    async with pipeline(judge) as started:
        for hour in range(7):
            kept(store, make_sample(f"s{hour}", received_at=clock.advance(hours=1)))
            await started.recover()
    found = {verdict.sample_id: (verdict.status, verdict.reason) for verdict in stored(store)}
    assert (len(found), found["bad"], judge.asked.count("bad")) == (8, (Status.ERROR, "timeout"), 5)


async def test_an_outage_gives_nothing_up(store: Store, clock: Clock, pipeline: Start) -> None:
    """However long a judge is away, its samples are judged when it is back."""
    judge = FakeJudge(rule=raising(Unavailable("away", reason="connection")))
    kept(store, *(make_sample(f"s{i}") for i in range(5)))
    async with pipeline(judge) as started:
        for _ in range(8):
            clock.advance(hours=2)
            await started.recover()
        judge.rule = lambda _: FINE
        clock.advance(hours=2)
        assert await started.recover() == 5
    assert {verdict.status for verdict in stored(store)} == {Status.OK}


def test_what_is_remembered_of_failures_is_bounded(clock: Clock) -> None:
    """An outage over a long backlog does not fill the memory."""
    health = Health(clock)
    for number in range(REMEMBERED + 10):
        health.failed((f"s{number}", clock()), Unavailable("away", reason="connection"))
    assert len(health) == REMEMBERED
    assert not health.waits(("s0", clock()))


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
