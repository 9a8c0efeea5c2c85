"""Ridits against ranks, and the property that the term's promise rests on: no votes are too few."""

from __future__ import annotations

from math import erf, exp, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from evaluator.drift.ridit import Direction, log_ridit_e, ridits, spread

UNIFORM = np.array([1 / 12])


def _e(n: float, r: float, n0: float, r0: float, bad: Direction = "up") -> float:
    at = [(np.array([[votes]]), np.array([[sums]])) for votes, sums in ((n, r), (n0, r0))]
    return float(log_ridit_e(at[0], at[1], UNIFORM, bad)[0])


def test_the_mean_ridit_is_the_mann_whitney_statistic() -> None:
    """With ties, the mean ridit of new values equals U / (n n0) of scipy."""
    rng = np.random.default_rng(1)
    base, new = rng.integers(0, 9, 80), rng.integers(2, 12, 30)
    levels, votes = np.unique(base, return_counts=True)
    assert ridits(new, levels, votes).mean() == pytest.approx(mannwhitneyu(new, base).statistic / (80 * 30))


def test_the_baseline_has_a_mean_ridit_of_one_half() -> None:
    """Whatever the ties, the baseline's own ridits average to 1/2."""
    levels, votes = np.array([1.0, 2.0, 7.0]), np.array([5.0, 1.0, 14.0])
    assert float(votes @ ridits(levels, levels, votes)) / 20 == pytest.approx(0.5)


@pytest.mark.parametrize("bad", ["up", "down", "both"])
def test_log_e_equals_the_integral_it_stands_for(bad: Direction) -> None:
    """The closed form is the likelihood ratio averaged over normal shifts of .1 to the bad side."""
    n, n0, shift, t = 200.0, 1000.0, 0.04, 0.1
    v = (1 / n + 1 / n0) / 12
    mu = np.linspace(0.0, 1.0, 200_001) if bad != "both" else np.linspace(-1.0, 1.0, 400_001)
    side = -shift if bad == "down" else shift
    density = (2.0 if bad != "both" else 1.0) * np.exp(-(mu**2) / (2 * t * t)) / (t * sqrt(2 * pi))
    expected = log(np.trapezoid(density * np.exp(side * mu / v - mu**2 / (2 * v)), mu))
    assert _e(n, n * (0.5 + shift), n0, n0 / 2, bad) == pytest.approx(expected, abs=1e-6)


def test_log_e_is_the_formula_of_the_design() -> None:
    """One stratum, written out with the error function."""
    v, d, t = (1 / 50 + 1 / 500) / 12, 0.1, 0.1
    phi = 0.5 * (1 + erf(d * t / sqrt(v * (v + t * t)) / sqrt(2)))
    expected = 2 * sqrt(v / (v + t * t)) * exp(d * d * t * t / (2 * v * (v + t * t))) * phi
    assert _e(50, 30, 500, 250) == pytest.approx(log(expected))


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=8), st.floats(-40.0, 40.0))
def test_ridits_are_no_wilder_than_a_uniform_number(weights: list[float], slope: float) -> None:
    """For every distribution, ties and all, the mean of exp(l (ridit - 1/2)) is at most exp(l²/24)."""
    share = np.array(weights) / sum(weights)
    ridit = ridits(np.arange(len(share)), np.arange(len(share)), share)
    assert float(share @ np.exp(slope * (ridit - 0.5))) <= exp(slope * slope / 24) * (1 + 1e-9)


@pytest.mark.parametrize("rare", [0.001, 0.01, 0.1, 0.5])
def test_e_has_mean_at_most_one_with_few_and_tied_votes(rare: float) -> None:
    """Summed exactly over outcomes of two levels against a huge baseline, the mean of E is at most 1 for any n."""
    n0 = 1e9
    low, high = (1 - rare) / 2, 1 - rare / 2
    for n in (1, 3, 10, 60):
        chance = np.array([1.0])
        for _ in range(n):
            chance = np.convolve(chance, [1 - rare, rare])
        mean = sum(p * exp(_e(n, k * high + (n - k) * low, n0, n0 / 2)) for k, p in enumerate(chance))
        assert mean <= 1.0 + 1e-9


def test_a_stratum_is_compared_with_itself() -> None:
    """Votes that move to the stratum with the higher ridits are no shift; a shift within each is one."""
    reference = (np.array([[500.0, 500.0]]), np.array([[150.0, 350.0]]))
    v = np.array([1 / 12, 1 / 12])
    moved = log_ridit_e((np.array([[10.0, 190.0]]), np.array([[3.0, 133.0]])), reference, v, "up")
    worse = log_ridit_e((np.array([[10.0, 190.0]]), np.array([[4.0, 152.0]])), reference, v, "up")
    assert moved[0] < 0.0
    assert worse[0] > 5.0


def test_a_stratum_that_the_baseline_lacks_has_no_weight() -> None:
    """Without reference votes there is nothing to compare with."""
    reference = (np.array([[500.0, 0.0]]), np.array([[250.0, 0.0]]))
    v = np.array([1 / 12, 1 / 12])
    with_new = log_ridit_e((np.array([[50.0, 90.0]]), np.array([[25.0, 90.0]])), reference, v, "up")
    assert with_new[0] == pytest.approx(_e(50, 25, 500, 250))


def test_a_stratum_of_extremes_counts_with_its_own_spread() -> None:
    """A stratum whose ridits lie at both ends spreads more than the whole; others count with 1/12."""
    assert spread(np.array([100.0, 100.0]), np.array([50.0, 50.0]), np.array([45.0, 25.0])) == pytest.approx(
        [0.2, 1 / 12]
    )


@pytest.mark.parametrize(
    ("levels", "votes", "says"),
    [([1, 2], [0, 0], "with votes"), ([2, 1], [1, 1], "increasing"), ([1], [1, 1], "as many votes")],
)
def test_a_baseline_that_gives_no_ridits_is_refused(levels: list[int], votes: list[int], says: str) -> None:
    """No votes, levels out of order or of another length are named."""
    with pytest.raises(ValueError, match=says):
        ridits([1], levels, votes)
