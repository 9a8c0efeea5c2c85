"""Budgets over the day: fewer samples are judged, all day long, and every probability stays known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest

from evaluator.lane import Lane
from evaluator.pacing import Pacing
from evaluator.settings import SamplingSettings
from judges.budget import Budgets, Limit
from store import rates, verdicts
from store.records import RateChange
from store.store import Store
from store.verdicts import PendingQuery
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

USD = 0.01
NIGHT = time(2)
Start = Callable[..., Pacing]


@pytest.fixture
def lane(clock: Clock) -> Lane:
    """A judge with a model that sees every session."""
    judge = FakeJudge("tone", kind="llm")
    return Lane(judge.entry, judge, SamplingSettings(), clock)


@pytest.fixture
def pacing(store: Store, lane: Lane, clock: Clock) -> Start:
    """The pacing of that judge under a limit, with what the store remembers."""

    def start(**limit: float) -> Pacing:
        paced = Pacing(store, [lane], Budgets(Limit(), {"tone": Limit(**limit)}, clock), clock, night=NIGHT)
        paced.recall()
        return paced

    return start


def judged(store: Store, n: int, *, hours: float = 12) -> None:
    """So many samples of the last hours, each judged for a cent, evenly spread."""
    times = [NOON - timedelta(hours=hours * (1 - place / n)) for place in range(n)]
    samples = [make_sample(f"s{place}", ts=at, sampling_u=place / n) for place, at in enumerate(times)]
    given = [make_verdict(f"s{place}", ts=at, kind="llm", cost_usd=USD) for place, at in enumerate(times)]
    store.append_samples(samples).result()
    store.append_verdicts(given).result()


async def test_enough_money_changes_nothing(store: Store, pacing: Start) -> None:
    """As long as the rest of the day fits, every sample is judged."""
    judged(store, 100)
    assert await pacing(usd_per_day=100.0).adapt() == []


async def test_a_budget_that_bites_thins_the_sampling(store: Store, pacing: Start, lane: Lane, clock: Clock) -> None:
    """100 in 12 hours cost 1 USD; 0.5 USD for the other 12 hours buy half of the samples."""
    judged(store, 100)
    (change,) = await pacing(usd_per_day=1.5).adapt()
    assert (change.factor, change.reason, change.since) == (pytest.approx(0.5, abs=0.02), "budget", NOON)
    assert lane.factor(clock()) == change.factor


async def test_a_spent_budget_leaves_nothing(store: Store, pacing: Start) -> None:
    """When nothing is left, nothing is chosen until the next day."""
    judged(store, 100)
    (change,) = await pacing(usd_per_day=0.9).adapt()
    assert change.factor == 0.0


async def test_a_new_day_has_its_own_money(store: Store, pacing: Start, clock: Clock) -> None:
    """With the new day's budget the whole rate is back, and the reason says so."""
    judged(store, 100)
    paced = pacing(usd_per_day=2.5)
    await paced.adapt()
    paced = pacing(usd_per_day=0.9)
    await paced.adapt()
    clock.now = NOON + timedelta(hours=14)
    (change,) = await pacing(usd_per_day=50.0).adapt()
    assert (change.factor, change.reason) == (1.0, "within")


async def test_the_total_is_shared(store: Store, lane: Lane, clock: Clock) -> None:
    """A limit for all judges together thins each of them."""
    judged(store, 100)
    paced = Pacing(store, [lane], Budgets(Limit(usd_per_day=1.5), {}, clock), clock, night=NIGHT)
    paced.recall()
    (change,) = await paced.adapt()
    assert change.factor == pytest.approx(0.5, abs=0.02)


async def test_a_verdict_without_a_price_hides_no_other(store: Store, lane: Lane, clock: Clock) -> None:
    """What is known to be spent counts after a restart, also beside verdicts whose price nobody knows."""
    judged(store, 100)
    store.append_verdicts([make_verdict("local", judge="tone", kind="llm", input_tokens=10, cost_usd=None)]).result()
    budgets = Budgets(Limit(usd_per_day=2.0), {}, clock)
    Pacing(store, [lane], budgets, clock, night=NIGHT).recall()
    assert budgets.left("tone")[0].usd == pytest.approx(1.0)


def nightly(store: Store, clock: Clock) -> Lane:
    """A judge by night: last night it judged 100 samples of a day for 1 USD, and 42 wait since then."""
    judge = FakeJudge("nightly", kind="llm", features=("support-*",))
    judged_at = NOON - timedelta(hours=9)
    times = [NOON - timedelta(hours=34 - 34 * n / 142) for n in range(142)]
    store.append_samples([make_sample(f"n{n}", ts=ts, sampling_u=n / 142) for n, ts in enumerate(times)]).result()
    given = [
        make_verdict(f"n{n}", ts=ts, judge="nightly", kind="llm", cost_usd=USD, judged_at=judged_at)
        for n, ts in enumerate(times[:100])
    ]
    store.append_verdicts(given).result()
    return Lane(judge.batched, judge, SamplingSettings(), clock)


@pytest.mark.parametrize(("usd", "factor"), [(1.2, 1.0), (0.5, 0.5)])
async def test_a_night_is_compared_with_a_day_of_the_budget(
    store: Store, clock: Clock, usd: float, factor: float
) -> None:
    """What the last night spent leaves the next one alone; a day's samples cost 1 USD."""
    lane = nightly(store, clock)
    budgets = Budgets(Limit(), {"nightly": Limit(usd_per_day=usd)}, clock)
    paced = Pacing(store, [lane], budgets, clock, night=NIGHT)
    paced.recall()
    await paced.adapt()
    assert lane.factor(clock()) == pytest.approx(factor, abs=0.02)


async def test_a_week_has_a_share_for_every_night(store: Store, clock: Clock) -> None:
    """Friday noon: 1 USD of 2 is spent, and three nights of 1 USD are to come before Monday."""
    lane = nightly(store, clock)
    paced = Pacing(store, [lane], Budgets(Limit(usd_per_week=2.0), {}, clock), clock, night=NIGHT)
    paced.recall()
    await paced.adapt()
    assert lane.factor(clock()) == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(("night", "factor"), [(time(2), 1.0), (time(23), 0.5)])
async def test_nights_thin_others_only_in_their_own_time(
    store: Store, clock: Clock, night: time, factor: float
) -> None:
    """Called judges leave money for a night that comes before the limit begins anew, and not for a later one."""
    by_night = nightly(store, clock)
    judge = FakeJudge("tone", kind="llm", features=("called",))
    called = Lane(judge.entry, judge, SamplingSettings(), clock)
    times = [NOON - timedelta(hours=12 * (1 - n / 100)) for n in range(100)]
    store.append_samples([make_sample(f"c{n}", ts=ts, feature="called") for n, ts in enumerate(times)]).result()
    given = [make_verdict(f"c{n}", ts=ts, kind="llm", cost_usd=USD) for n, ts in enumerate(times)]
    store.append_verdicts(given).result()
    paced = Pacing(store, [called, by_night], Budgets(Limit(usd_per_day=3.5), {}, clock), clock, night=night)
    paced.recall()
    await paced.adapt()
    assert called.factor(clock()) == pytest.approx(factor, abs=0.02)


async def test_small_corrections_are_left_out(store: Store, pacing: Start, clock: Clock) -> None:
    """A factor that is off by less than a tenth stays, so that there are few of them."""
    judged(store, 100)
    await pacing(usd_per_day=1.5).adapt()
    assert await pacing(usd_per_day=1.52).adapt() == []


async def test_a_restart_goes_on_with_the_factor(store: Store, pacing: Start, lane: Lane, clock: Clock) -> None:
    """Factors are in the store: another process draws the same samples."""
    judged(store, 100)
    (change,) = await pacing(usd_per_day=1.5).adapt()
    lane.thinned([])
    pacing(usd_per_day=1.5)
    assert lane.factor(clock()) == change.factor


def test_each_sample_has_the_probability_of_its_time(lane: Lane, clock: Clock) -> None:
    """What arrived before the change was drawn with the whole rate, what came after it with the thinned one."""
    lane.thinned([RateChange(judge="tone", since=NOON, factor=0.25, reason="budget")])
    before, after = make_sample(received_at=NOON - timedelta(seconds=1)), make_sample(received_at=NOON)
    assert (lane.probability(before), lane.probability(after)) == (1.0, 0.25)


def test_the_pending_query_draws_as_the_lane_does(store: Store, lane: Lane, clock: Clock) -> None:
    """Python and SQL choose the same samples before, between and after changes of the rate."""
    changes = [
        RateChange(judge="tone", since=NOON + timedelta(hours=h), factor=f, reason="budget")
        for h, f in ((1, 0.2), (2, 0.7))
    ]
    store.run(lambda c: rates.append(c, changes)).result()
    lane.thinned(changes)
    samples = [
        make_sample(f"s{i}", sampling_u=i / 60, received_at=NOON + timedelta(minutes=30 * (i % 6))) for i in range(60)
    ]
    store.append_samples(samples).result()
    with store.read() as c:
        pending = {sample_id for sample_id, _ in verdicts.pending(c, lane.pending(NOON, 1000))}
    assert pending == {sample.sample_id for sample in samples if lane.wants(sample)}
    assert 0 < len(pending) < 60


@pytest.mark.parametrize(
    "when", [{"metadata.plan": "pro"}, {"model": "claude-*"}, {"release": ""}, {"feature": "support-?hat", "error": ""}]
)
def test_the_pending_query_looks_at_fields(store: Store, when: dict[str, str]) -> None:
    """A judge that applies to some samples only owes only those."""
    samples = [
        make_sample("pro", metadata={"plan": "pro"}),
        make_sample("free", metadata={"plan": "free"}, model="gpt-4"),
        make_sample("new", release="2026.11", error="timeout"),
    ]
    store.append_samples(samples).result()
    judge = FakeJudge()
    lane = Lane(judge.entry_for(when), judge, SamplingSettings(), Clock())
    with store.read() as c:
        found = verdicts.pending(c, PendingQuery(judge="fake", judge_version="v1", since=NOON, applies_to=when))
    assert {sample_id for sample_id, _ in found} == {one.sample_id for one in samples if lane.wants(one)}
