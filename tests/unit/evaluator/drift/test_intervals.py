"""Intervals of rates, and the size of a drop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.drop import measure
from evaluator.drift.intervals import wilson


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
