"""Traffic by the hour: what counts, when, and that counting what changed equals counting all."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from store import hours
from store.queries import aware
from store.records import Outcome, Sample, TrafficCount
from store.store import Store
from tests.builders import NOON, make_sample
from tests.unit.store.counting import floor
from tests.unit.store.measuring import binned

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
NOT_KEPT = (Outcome.RATE, Outcome.BUDGET, Outcome.NO_CONTENT)
Votes = dict[tuple[str, datetime], float]


def look(store: Store, now: datetime) -> dict[str, datetime]:
    """Count the hours that ended by now; the first that changed, by feature."""
    return store.run(lambda c: hours.refresh(c, floor(now), now)).result()


def votes(store: Store) -> Votes:
    """Each counted hour's bin, by feature and the hour's beginning."""
    with store.read() as c:
        found = c.execute("SELECT feature, bucket, value, votes FROM rollup_value WHERE metric = 'volume'").fetchall()
    assert [row[3] for row in found] == [1.0] * len({row[:2] for row in found})
    return {(row[0], aware(row[1]) - 3 * QUARTER): row[2] for row in found}


def unkept(at: datetime, feature: str = "support-chat", outcome: Outcome = Outcome.RATE, n: int = 1) -> TrafficCount:
    return TrafficCount(
        bucket=floor(at), feature=feature, model="m", stop_reason="", latency_bin="", outcome=outcome, n=n
    )


def test_an_hour_counts_when_it_has_ended(store: Store) -> None:
    """The hour under way has no vote before its last quarter is over."""
    store.append_samples([make_sample("a")]).result()
    assert (look(store, NOON + 3 * QUARTER), votes(store)) == ({}, {})
    assert look(store, NOON + HOUR) == {"support-chat": NOON + 3 * QUARTER}
    assert votes(store) == {("support-chat", NOON): 1.0}


def test_an_empty_hour_counts_when_somebody_watched(store: Store) -> None:
    """An hour without traffic in which the service ran is a vote of 0; one in which it was down is no vote."""
    store.append_samples([make_sample("a")]).result()
    for hour in (0, 1, 4):
        look(store, NOON + hour * HOUR + 2 * QUARTER)
    look(store, NOON + 5 * HOUR)
    assert votes(store) == {("support-chat", NOON + hour * HOUR): float(hour == 0) for hour in (0, 1, 4)}


def test_nothing_is_silent_before_it_was_first_heard(store: Store) -> None:
    """Hours before a feature's first item are not empty hours of it; when an earlier item comes, those after it are."""
    for hour in range(6):
        look(store, NOON + hour * HOUR)
    store.append_samples([make_sample("a", ts=NOON + 3 * HOUR)]).result()
    look(store, NOON + 6 * HOUR)
    assert [at for _, at in sorted(votes(store))] == [NOON + 3 * HOUR, NOON + 4 * HOUR, NOON + 5 * HOUR]
    store.append_samples([make_sample("b", ts=NOON + HOUR)]).result()
    assert look(store, NOON + 6 * HOUR) == {"support-chat": NOON + HOUR + 3 * QUARTER}
    assert [bin_ for _, bin_ in sorted(votes(store).items())] == [1.0, 0.0, 1.0, 0.0, 0.0]


def test_what_was_not_kept_is_traffic(store: Store) -> None:
    """Items that the rate, a budget or a missing text left out count; repeated and rejected ones do not."""
    left_out = [unkept(NOON, outcome=outcome, n=10) for outcome in NOT_KEPT]
    no_traffic = [unkept(NOON, outcome=outcome, n=500) for outcome in (Outcome.DUPLICATE, Outcome.REJECTED)]
    store.append_samples([make_sample("a")], traffic=[*left_out, *no_traffic]).result()
    look(store, NOON + HOUR)
    assert votes(store) == {("support-chat", NOON): binned(31)}


def test_late_items_count_their_hour_anew_and_call_looks_back(store: Store) -> None:
    """A late sample, and a late row of traffic, changes its own hour, and that hour is named."""
    store.append_samples([make_sample("a"), make_sample("b", ts=NOON + 5 * HOUR)]).result()
    look(store, NOON + 6 * HOUR)
    store.append_samples([make_sample(f"late{n}") for n in range(9)]).result()
    assert look(store, NOON + 6 * HOUR) == {"support-chat": NOON + 3 * QUARTER}
    store.append_samples([], traffic=[unkept(NOON + HOUR, n=7)]).result()
    assert look(store, NOON + 6 * HOUR) == {"support-chat": NOON + HOUR + 3 * QUARTER}
    assert look(store, NOON + 6 * HOUR) == {}
    assert votes(store) == {
        ("support-chat", NOON): binned(10),
        ("support-chat", NOON + HOUR): binned(7),
        ("support-chat", NOON + 5 * HOUR): 1.0,
    }


def test_looking_back_loses_nothing(store: Store) -> None:
    """What came late before a look at the past is counted with the next look at the present."""
    store.append_samples([make_sample("a")]).result()
    look(store, NOON + 6 * HOUR)
    store.append_samples([make_sample(f"late{n}") for n in range(9)]).result()
    look(store, NOON + HOUR)
    look(store, NOON + 6 * HOUR)
    assert votes(store)[("support-chat", NOON)] == binned(10)


def definition(samples: list[Sample], traffic: list[TrafficCount], watched: set[datetime], until: datetime) -> Votes:
    """Every vote, counted from all rows."""
    n: Counter[tuple[str, datetime]] = Counter()
    for sample in samples:
        n[sample.feature, sample.ts.replace(minute=0, second=0, microsecond=0)] += 1
    for row in traffic:
        if row.outcome in NOT_KEPT:
            n[row.feature, row.bucket.replace(minute=0)] += row.n
    first = {feature: min(hour for of, hour in n if of == feature) for feature, _ in n}
    for feature in first:
        n.update({(feature, hour): 0 for hour in watched if hour > first[feature]})
    return {key: found for key, items in n.items() if key[1] < until and (found := binned(items)) is not None}


@pytest.mark.parametrize("seed", range(6))
def test_counting_what_changed_equals_counting_all(store: Store, seed: int) -> None:
    """Two days of looks, with items of any time in between, give what counting everything at the end would give."""
    rng = random.Random(seed)
    samples: list[Sample] = []
    traffic: list[TrafficCount] = []
    watched: set[datetime] = set()
    now = NOON
    for number in range(60):
        now += rng.choice([QUARTER, QUARTER, HOUR, 5 * HOUR]) if rng.random() < 0.8 else timedelta(minutes=7)
        kept = [
            make_sample(
                f"{number}-{n}", ts=now - rng.choice([0, 0, 1, 9, 40]) * HOUR + QUARTER, feature=rng.choice("fg")
            )
            for n in range(rng.randint(0, 6))
        ]
        late = [
            unkept(
                now - rng.choice([0, 1, 20]) * HOUR, rng.choice("fgh"), rng.choice(list(Outcome)), rng.randint(1, 20)
            )
            for _ in range(rng.randint(0, 2))
        ]
        store.append_samples(kept, traffic=late).result()
        samples += kept
        traffic += late
        if rng.random() < 0.7:
            look(store, now)
            watched.add(now.replace(minute=0, second=0, microsecond=0))
    until = now + 2 * HOUR
    look(store, until)
    assert votes(store) == definition(samples, traffic, watched, until.replace(minute=0))
