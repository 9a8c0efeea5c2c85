"""Ten minutes without a provider, on a fake clock: the real SDK over loopback, the real pipeline, no sample lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from evaluator.lane import Lane
from evaluator.pipeline import Pipeline
from evaluator.settings import SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.breaker import State
from judges.client import ClaudeClient, ClientSettings, Watcher
from judges.llm import LlmJudge
from judges.registry import Entry
from judges.routes import Routes
from judges.rubric import shipped
from store import verdicts
from store.records import Sample, Status, Verdict
from store.store import Store
from store.verdicts import VerdictFilter
from tests.builders import NOON, make_sample
from tests.fake_time import FakeTime
from tests.fakes import CUT, OVERLOADED, SERVER_ERROR, SPEND_LIMIT, Asked, FakeClaude, Reply, fails, smell
from tests.judging import resources, waiting

pytestmark = pytest.mark.slow

MODEL = "claude-haiku-5-5"
OUTAGE_SECONDS, TICK_SECONDS, WINDOW_SECONDS = 600.0, 60.0, 60.0
CONCURRENCY = Settings().judge.concurrency
Open = Callable[..., AbstractAsyncContextManager[Pipeline]]


@dataclass
class Circuit(Watcher):
    """When the provider's circuit changed, and to what."""

    time: FakeTime
    turns: list[tuple[float, State]] = field(default_factory=list)

    def turned(self, provider: str, state: State) -> None:
        self.turns.append((self.time.now - self.time.begun, state))

    @property
    def state(self) -> State:
        return self.turns[-1][1]


@pytest.fixture
def time() -> FakeTime:
    """The one clock of the test: of pipeline, judges and client."""
    return FakeTime()


@pytest.fixture
def circuit(time: FakeTime) -> Circuit:
    """Watches the provider."""
    return Circuit(time)


@pytest.fixture
def store(time: FakeTime) -> Iterator[Store]:
    """A store in memory on the fake clock."""
    with Store.open(None, clock=time.utc) as opened:
        yield opened


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server in a thread of its own."""
    with FakeClaude() as running:
        yield running


@pytest.fixture
def pipeline(store: Store, time: FakeTime, circuit: Circuit, claude: FakeClaude) -> Open:
    """Starts a pipeline whose only judge is the shipped smell test, asking one provider."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Pipeline]:
        settings = ClientSettings(base_url=claude.url)
        client = ClaudeClient(settings, rng=random.Random(1), clock=time.clock, sleep=time.sleep, watcher=circuit)
        routes = Routes([client])
        judge = LlmJudge(shipped("smell_test"), resources(routes), rate=1.0, model=MODEL)
        entry = Entry(name=judge.name, kind=judge.kind, features=judge.features, rate=1.0, judge=judge)
        lane = Lane(entry, judge, SamplingSettings(), time.utc)
        started = Pipeline(store, [lane], Settings(), time.utc, Metrics())
        started.start()
        yield started
        await started.run(routes.close())
        await started.stop()

    return start


def kept(store: Store, time: FakeTime, *names: str) -> list[Sample]:
    samples = [make_sample(name, text=f"Answer {name}.", ts=time.utc()) for name in names]
    store.append_samples(samples, ()).result()
    return samples


def stored(store: Store) -> Sequence[Verdict]:
    with store.read() as c:
        return verdicts.find(c, VerdictFilter(limit=10_000))


@pytest.mark.parametrize("trouble", [OVERLOADED, SERVER_ERROR, CUT], ids=["529", "500", "cut"])
async def test_ten_minutes_without_a_provider(
    pipeline: Open, store: Store, time: FakeTime, circuit: Circuit, claude: FakeClaude, trouble: Reply
) -> None:
    """The circuit opens within its window, no call leaves while it is open, and afterwards all is judged, once."""
    arrived: list[tuple[float, State]] = []

    def away_at_first(asked: Asked) -> Reply:
        now = time.now - time.begun
        arrived.append((now, circuit.state))
        return trouble if now < OUTAGE_SECONDS else smell(asked)

    claude.rule = away_at_first
    names = [f"old{number}" for number in range(200)]
    kept(store, time, *names)
    async with pipeline() as started:
        minute = 0
        while waiting(store, started, time.utc())[0] and minute < 60:
            if minute < 10:
                fresh = [f"new{minute}-{number}" for number in range(10)]
                started.submit(kept(store, time, *fresh))
                names += fresh
            await started.drain()
            at_rest = len(claude.asked)
            await started.drain()
            assert len(claude.asked) == at_rest, "a call left while the circuit was open"
            minute += 1
            time.now = max(time.now, time.begun + minute * TICK_SECONDS)

    opened = next(now for now, state in circuit.turns if state is State.OPEN)
    during = [state for now, state in arrived if now < OUTAGE_SECONDS]
    before, flying, probes = (during.count(state) for state in (State.CLOSED, State.OPEN, State.HALF_OPEN))
    found = stored(store)
    resumed = (max(verdict.judged_at for verdict in found) - NOON).total_seconds() - OUTAGE_SECONDS
    print(
        f"600 s without a provider: circuit open after {opened:.0f} s (window {WINDOW_SECONDS:.0f} s); "
        f"{len(during)} calls: {before} before it opened, {flying} under way then, {probes} probes, 0 while it was "
        f"open; {len(found)} of {len(names)} samples judged, each once, within {resumed:.0f} s after the end"
    )
    assert opened <= WINDOW_SECONDS
    assert flying < CONCURRENCY
    assert probes <= 10
    assert Counter(verdict.sample_id for verdict in found) == Counter(names)
    assert {verdict.status for verdict in found} == {Status.OK}
    assert len(arrived) - len(during) == len(names)


async def test_a_retry_after_of_a_day_parks_no_worker(
    pipeline: Open, store: Store, time: FakeTime, claude: FakeClaude
) -> None:
    """The workers are free at once, nothing is asked for an hour, and then all of it is judged."""
    wait_a_day = fails(429, "rate_limit_error", retry_after="86400")
    claude.rule = lambda asked: wait_a_day if time.now == time.begun else smell(asked)
    kept(store, time, *(f"s{number}" for number in range(20)))
    async with pipeline() as started:
        await started.drain()
        asked, slept = len(claude.asked), sum(time.naps)
        time.advance(3_000)
        await started.drain()
        assert len(claude.asked) == asked <= CONCURRENCY
        time.advance(600)
        await started.drain()
    print(f"a Retry-After of a day: {asked} calls met it, workers slept {slept:.0f} s, all judged after an hour")
    assert (slept, len(stored(store))) == (0, 20)


async def test_a_spend_limit_stops_the_calls_and_says_so(
    pipeline: Open, store: Store, time: FakeTime, claude: FakeClaude
) -> None:
    """Nothing is asked any more, no verdict is invented, and the judge says what to mend."""
    claude.rule = lambda _: SPEND_LIMIT
    kept(store, time, *(f"s{number}" for number in range(20)))
    async with pipeline() as started:
        for _ in range(3):
            await started.drain()
            time.advance(86_400)
        assert "spend limit" in str(started.lanes[0].stopped)
    print(f"spend limit: {len(claude.asked)} calls in three days ({CONCURRENCY} may be under way at once)")
    assert len(claude.asked) <= CONCURRENCY
    assert stored(store) == []
