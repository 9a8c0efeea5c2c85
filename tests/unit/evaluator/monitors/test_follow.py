"""Following a series look by look."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from evaluator.alerts.state import Action
from evaluator.monitors.counts import Counts, Floats, Totals
from evaluator.monitors.follow import MAX_LOOKS, Look, Rule, Standing, due, follow, turn_of
from evaluator.monitors.indicators import Indicators
from store.records import Share
from tests.builders import NOON

RULE = Rule(arl=2880, delta=0.02)
STRATA = (("", 0, "default"),)
RATE = Indicators(("down",), ("pass rate",), (Share(),))
START = Standing(restart=100)


def series(*parts: tuple[int, float], votes: float = 20) -> Counts:
    """Counts of `votes` a bucket, in parts of (buckets, pass rate)."""
    rates = np.concatenate([np.full(buckets, rate) for buckets, rate in parts])[:, None]
    n = np.full_like(rates, votes)
    return laid(n, n * rates)


def laid(n: Floats, x: Floats) -> Counts:
    """Counts whose first hundred buckets are the reference too."""
    none = np.zeros(1)
    reference, clean = Totals(n[:100].sum(0), x[None, :100].sum(1), none, none), Totals(none, none[None], none, none)
    ridits = np.zeros_like(n)
    return Counts(NOON, n, x[None], ridits, ridits, STRATA, reference, clean, RATE)


def looks(counts: Counts, after: int = 100) -> list[Look]:
    return list(follow(counts, START, due(counts, after), RULE))


def changes(found: list[Look]) -> list[Action]:
    return [look.transition.action for look in found if look.transition.action is not Action.STAY]


FALL_AND_RECOVERY = series((100, 0.95), (50, 0.95), (60, 0.75), (120, 0.95))


def test_a_fall_fires_once_and_a_recovery_resolves_once() -> None:
    """However many looks lie between, there is one edge each way."""
    assert changes(looks(FALL_AND_RECOVERY)) == [Action.FIRE, Action.RESOLVE]


def test_a_steady_series_stays_silent() -> None:
    """Nothing changes, nothing fires."""
    assert changes(looks(series((100, 0.95), (200, 0.95)))) == []


def test_an_improvement_stays_silent() -> None:
    """A better rate is no regression."""
    assert changes(looks(series((100, 0.80), (200, 0.95)))) == []


def test_the_fall_is_dated() -> None:
    """The onset's interval holds the bucket where the rate fell."""
    fired = next(look for look in looks(FALL_AND_RECOVERY) if look.transition.action is Action.FIRE)
    lo, hi = fired.decision.onset_lo, fired.decision.onset_hi
    assert lo is not None
    assert hi is not None
    assert fired.origin + lo <= 150 <= fired.origin + hi


@pytest.mark.parametrize(("turn", "ends"), [(0, [104, 108, 112]), (1, [101, 105, 109]), (3, [103, 107, 111])])
def test_hourly_looks_come_at_the_turn(turn: int, ends: list[int]) -> None:
    """Looks of a step of four buckets come at the same quarter of every hour, which the turn says."""
    assert due(series((112, 0.95)), 100, 4, turn) == ends


def test_features_take_turns() -> None:
    """Of many features each quarter of the hour has about as many; looks of every quarter hour have one turn."""
    turns = Counter(turn_of(f"feature {n}", 4) for n in range(1000))
    assert set(turns) == {0, 1, 2, 3}
    assert max(turns.values()) < 300
    assert {turn_of(f"feature {n}", 1) for n in range(10)} == {0}


def test_evidence_starts_anew_after_a_recovery() -> None:
    """A second fall after the recovery is a second alert."""
    twice = series((100, 0.95), (60, 0.75), (120, 0.95), (60, 0.75))
    assert changes(looks(twice)) == [Action.FIRE, Action.RESOLVE, Action.FIRE]


@pytest.mark.parametrize("stops", [[150, 330], [120, 180, 200, 260, 330]])
def test_looking_in_portions_gives_the_same_answer(stops: list[int]) -> None:
    """Looks taken as time goes by and looks made up for later agree to the last bit."""
    standing, found, after = START, [], 100
    for stop in stops:
        seen = laid(FALL_AND_RECOVERY.n[:stop], FALL_AND_RECOVERY.x[0, :stop])
        portion = list(follow(seen, standing, due(seen, after), RULE))
        found, standing, after = found + portion, portion[-1].standing, stop
    assert found == looks(FALL_AND_RECOVERY)


def test_buckets_without_votes_owe_no_look() -> None:
    """Only buckets with votes, and the last one, are looked at."""
    counts = series((3, 0.9), (5, 0.9))
    counts.n[4:7] = 0
    assert list(due(counts, 2)) == [3, 4, 8]


def test_a_long_backlog_is_looked_at_in_coarser_steps() -> None:
    """A year made up for at once costs a bounded number of looks and ends at the last bucket."""
    ends = due(series((35_000, 0.9)), 0)
    assert len(ends) <= MAX_LOOKS + 1
    assert ends[-1] == 35_000


def test_a_series_that_falls_silent_has_no_data() -> None:
    """A day after the last vote the monitor says that it knows nothing."""
    counts = series((100, 0.95), (150, 0.95))
    counts.n[150:] = counts.x[:, 150:] = 0
    assert looks(counts)[-1].transition.state == "no_data"
