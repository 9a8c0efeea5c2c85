"""Intervals of rates, and what can be detected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.drop import measure
from evaluator.drift.intervals import wilson
from evaluator.drift.planner import detectable, votes_needed


def test_wilson_of_nothing_is_none() -> None:
    """Without votes there is no interval."""
    assert wilson(0, 0) is None


@given(st.floats(0.0, 1.0), st.floats(0.01, 1e9))
def test_wilson_holds_its_rate(share: float, n: float) -> None:
    """The interval lies in [0, 1] and contains the rate, also for fractions of a vote."""
    bounds = wilson(share * n, n)
    assert bounds is not None
    rate = min(share * n / n, 1.0)
    assert 0.0 <= bounds[0] <= rate <= bounds[1] <= 1.0


@pytest.mark.parametrize(("passes", "n"), [(2, 1), (-1, 1), (float("nan"), 1), (0, -1)])
def test_wilson_refuses_impossible_counts(passes: float, n: float) -> None:
    """More passes than votes, negative counts and NaN are refused."""
    with pytest.raises(ValueError, match="wilson needs"):
        wilson(passes, n)


def test_a_drop_in_one_mix_is_zero_when_only_the_mix_moved() -> None:
    """The reference is weighted by the tested votes' strata."""
    found = measure(np.array([10.0, 90.0]), np.array([9.5, 63.0]), np.array([9e5, 1e5]), np.array([8.55e5, 0.7e5]))
    assert found.size == pytest.approx(0.0, abs=1e-4)


def test_planner_gives_the_design_figures() -> None:
    """At 95 % and 500 votes a day, 100 monitors and 3000 reference votes: 5.3, 3.2, 2.4 points in 1, 3, 7 days."""
    drops = [detectable(0.95, 500, 3000, days, 100 * 2880) for days in (1, 3, 7)]
    assert [round(100 * drop, 1) for drop in drops if drop] == [5.3, 3.2, 2.4]


def test_planner_inverts_its_own_formula() -> None:
    """The votes needed for the detectable drop are the votes at hand."""
    drop = detectable(0.9, 300, 5000, 4, 2880)
    assert drop is not None
    assert votes_needed(0.9, drop, 5000, 2880) == pytest.approx(1200, rel=1e-6)


@pytest.mark.parametrize(("votes", "reference"), [(500, 2), (0, 1000), (500, 0)])
def test_planner_says_none_when_nothing_can_be_found(votes: float, reference: float) -> None:
    """A baseline too small for every drop, or no votes, gives None."""
    assert detectable(0.95, votes, reference, 7, 2880) is None


def test_a_small_baseline_limits_what_any_wait_can_find() -> None:
    """With 1000 reference votes nobody sees 2 points at 95 %, however long."""
    assert votes_needed(0.95, 0.02, 1000, 2880) is None
    drop = detectable(0.95, 500, 1000, 10_000, 2880)
    assert drop is not None
    assert drop > 0.03


@pytest.mark.parametrize("p0", [-0.1, 1.1, float("nan")])
def test_planner_refuses_impossible_rates(p0: float) -> None:
    """A rate outside [0, 1] is refused."""
    with pytest.raises(ValueError, match="p0 must lie"):
        detectable(p0, 500, 1000, 1, 2880)
