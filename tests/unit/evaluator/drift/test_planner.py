"""What can be detected, how fast, and what it takes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.path import log_r
from evaluator.drift.planner import (
    SURE,
    days_needed,
    detectable,
    reference_needed,
    votes_needed,
    votes_per_day_needed,
)

FIVE = 5 * 2880
"""The threshold of a workspace of five monitors."""
rates = st.floats(0.5, 0.99)
drops = st.floats(0.03, 0.4)


def test_the_design_figures_come_out_a_little_larger() -> None:
    """95 %, 500 votes a day, 100 monitors, 3000 votes: the design has 5.3, 3.2, 2.4 points in 1, 3, 7 days."""
    found = [detectable(0.95, 500, 3000, days, 100 * 2880) for days in (1, 3, 7)]
    assert [round(100 * drop, 1) for drop in found if drop] == [5.5, 3.3, 2.5]


def test_the_detectable_drop_needs_the_votes_at_hand() -> None:
    """Drop from days and days from drop are one formula."""
    drop = detectable(0.9, 300, 5000, 4, 2880)
    assert drop is not None
    assert days_needed(0.9, drop, 300, 5000, 2880) == pytest.approx(4, rel=0.03)


@given(rates, drops, st.floats(0.5, 14))
def test_the_votes_per_day_needed_find_the_drop_in_time(p0: float, drop: float, days: float) -> None:
    """With as many votes a day as were asked for, the drop is found in the days that were asked for."""
    per_day = votes_per_day_needed(p0, drop, days, 5000, FIVE)
    if per_day is not None:
        assert days_needed(p0, drop, per_day, 5000, FIVE) == pytest.approx(days, rel=0.1)


@given(rates, drops, st.floats(0.5, 14))
def test_a_reference_that_is_large_enough_finds_the_drop(p0: float, drop: float, days: float) -> None:
    """With the reference that is asked for, as many votes find the drop in the days that were asked for."""
    reference = reference_needed(p0, drop, days, FIVE)
    assert reference is not None
    per_day = votes_per_day_needed(p0, drop, days, reference, FIVE)
    assert per_day is not None
    assert per_day * days <= 1.15 * reference


@pytest.mark.parametrize("p0", [0.2, 0.8, 0.95])
def test_no_reference_is_large_enough_for_a_fall_that_none_finds(p0: float) -> None:
    """Where even a million votes find nothing, no size is told."""
    assert reference_needed(p0, 0.005, 7, FIVE) is None
    assert votes_per_day_needed(p0, 0.005, 7, 1e6, FIVE) is None


@pytest.mark.parametrize("p0", [0.5, 0.8, 0.95, 0.99])
def test_more_of_anything_finds_smaller_drops(p0: float) -> None:
    """More days, more votes a day and a larger reference each find a smaller drop."""
    ways = (
        [detectable(p0, 500, 3000, days, FIVE) for days in (1, 2, 4, 8)],
        [detectable(p0, votes, 3000, 2, FIVE) for votes in (125, 250, 500, 1000)],
        [detectable(p0, 500, reference, 2, FIVE) for reference in (500, 1000, 4000, 16_000)],
    )
    assert all(one is None or (two is not None and two <= one) for way in ways for one, two in pairwise(way))


def test_nine_in_ten_take_longer_than_half() -> None:
    """To be found in nine of ten cases takes about twice the votes."""
    half, sure = (votes_needed(0.95, 0.05, 500, 3000, FIVE, chance=chance) for chance in (0.5, SURE))
    assert half is not None
    assert sure is not None
    assert 1.5 < sure / half < 3


@pytest.mark.parametrize(("votes", "reference"), [(500, 2), (0, 1000), (500, 0)])
def test_the_planner_says_none_when_nothing_can_be_found(votes: float, reference: float) -> None:
    """A baseline too small for every drop, or no votes, gives None."""
    assert detectable(0.95, votes, reference, 7, FIVE) is None
    assert days_needed(0.95, 0.05, votes, reference, FIVE) is None


def test_a_small_baseline_limits_what_any_wait_can_find() -> None:
    """With 500 reference votes nobody sees 2 points at 95 %, however long."""
    assert votes_needed(0.95, 0.02, 500, 500, FIVE) is None
    drop = detectable(0.95, 500, 500, 10_000, FIVE)
    assert drop is not None
    assert drop > 0.03


def test_the_evidence_on_the_path_has_a_peak() -> None:
    """Against a small reference evidence grows, then shrinks again: the reference learns the new rate."""
    grown = log_r(0.95, 0.915, [200, 2000, 200_000], 5.0, 1000)
    assert int(np.argmax(grown)) == 1


def test_a_drop_to_nothing_is_the_largest() -> None:
    """A drop that is larger than the rate itself is a fall to 0."""
    assert votes_needed(0.3, 0.6, 500, 1000, FIVE) == votes_needed(0.3, 0.3, 500, 1000, FIVE)


def test_a_quarter_hour_is_the_least() -> None:
    """Nothing is found before the quarter hour ends in which it began."""
    assert votes_per_day_needed(0.95, 0.5, 0.004, 1000, FIVE) is None
    assert detectable(0.95, 1e6, 1000, 0.004, FIVE) is None


@pytest.mark.parametrize("p0", [-0.1, 1.1, float("nan")])
def test_the_planner_refuses_impossible_rates(p0: float) -> None:
    """A rate outside [0, 1] is refused."""
    with pytest.raises(ValueError, match="p0 must lie"):
        detectable(p0, 500, 1000, 1, FIVE)


@pytest.mark.parametrize("drop", [0.0, -0.1, float("nan")])
def test_the_planner_refuses_what_is_no_drop(drop: float) -> None:
    """A drop is above 0."""
    with pytest.raises(ValueError, match="drop must be"):
        votes_needed(0.95, drop, 500, 1000, FIVE)
