"""The evidence against exact arithmetic, and the properties that the promise rests on."""

from __future__ import annotations

from math import comb, exp, lgamma, log

import numpy as np
import pytest

from evaluator.drift.evidence import DROPS, log_e, prior


def _one(*values: float) -> np.ndarray:
    return np.array([[value] for value in values], dtype=float)


def _ln_beta(p: float, q: float) -> float:
    return lgamma(p) + lgamma(q) - lgamma(p + q)


def test_log_e_equals_the_formula_written_out() -> None:
    """One stratum, 80 of 100 against 95 of 100, by logarithms of the gamma function."""
    a, b, x, f = 95.5, 5.5, 80, 20
    m0 = _ln_beta(a + x, b + f) - _ln_beta(a, b)
    m1 = log(sum(exp(x * log(max(a / (a + b) - d, 0.01)) + f * log(1 - max(a / (a + b) - d, 0.01))) for d in DROPS) / 9)
    found = log_e(_one(x), _one(f), _one(a), _one(b), np.array([a / (a + b)]))
    assert found[0] == pytest.approx(m1 - m0, abs=1e-9)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_e_has_mean_at_most_one_when_nothing_changed(n: int) -> None:
    """Summed exactly over every outcome under the reference's own predictive distribution, the mean is at most 1."""
    a, b = 95.5, 5.5
    x = np.arange(n + 1.0)
    ln_beta = np.vectorize(_ln_beta)
    weight = np.exp(ln_beta(a + x, b + n - x) - ln_beta(a, b)) * [comb(n, int(k)) for k in x]
    ones = np.ones((n + 1, 1))
    e = np.exp(log_e(x[:, None], n - x[:, None], a * ones, b * ones, np.array([a / (a + b)])))
    assert weight.sum() == pytest.approx(1.0)
    assert 0.0 < weight @ e <= 1.0 + 1e-9


def test_large_counts_keep_their_precision() -> None:
    """Three passes and a fail against ten billion baseline votes agree with the predictive product to 1e-3."""
    a, b = 0.95e10, 0.05e10
    m0 = log(a / (a + b)) + log((a + 1) / (a + b + 1)) + log((a + 2) / (a + b + 2)) + log(b / (a + b + 3))
    m1 = log(sum(exp(3 * log(0.95 - d) + log(0.05 + d)) for d in DROPS) / len(DROPS))
    found = log_e(_one(3), _one(1), _one(a), _one(b), np.array([0.95]))
    assert found[0] == pytest.approx(m1 - m0, abs=1e-3)


def test_e_over_two_strata_has_mean_at_most_one() -> None:
    """Summed exactly over every pair of outcomes, everywhere and somewhere together keep a mean of at most 1."""
    n, a, b = 12, np.array([30.0, 8.0]), np.array([2.0, 5.0])
    x = np.array([[i, j] for i in range(n + 1) for j in range(n + 1)], dtype=float)
    ln_beta = np.vectorize(_ln_beta)
    combs = np.array([[comb(n, int(k)) for k in row] for row in x])
    weight = (np.exp(ln_beta(a + x, b + n - x) - ln_beta(a, b)) * combs).prod(1)
    ones = np.ones_like(x)
    e = np.exp(log_e(x, n - x, a * ones, b * ones, a / (a + b)))
    assert weight.sum() == pytest.approx(1.0)
    assert 0.0 < weight @ e <= 1.0 + 1e-9


def test_the_evidence_of_a_start_is_its_own() -> None:
    """A start with sparse strata beside one with many votes in each: both have the evidence that they have alone."""
    x, f = np.array([[40.0, 40.0], [40.0, 40.0]]), np.array([[10.0, 10.0], [10.0, 10.0]])
    a, b = np.array([[19.0, 19.0], [1900.0, 1900.0]]), np.array([[1.0, 1.0], [100.0, 100.0]])
    rate = np.array([0.95, 0.95])
    together = log_e(x, f, a, b, rate)
    alone = [log_e(*(part[i : i + 1] for part in (x, f, a, b)), rate)[0] for i in (0, 1)]
    assert together.tolist() == alone


def test_a_prior_stays_proper_for_perfect_and_hopeless_baselines() -> None:
    """All passes or none in every stratum leave both sides of the prior above 0."""
    for x in (np.array([30.0, 20.0]), np.zeros(2)):
        a, b = prior(np.array([30.0, 20.0]), x)
        assert (a > 0).all()
        assert (b > 0).all()


def test_a_stratum_without_baseline_borrows_the_pooled_rate() -> None:
    """Two pseudo-votes at the pooled rate are all that a new stratum knows."""
    a, b = prior(np.array([999.0, 0.0]), np.array([949.5, 0.0]))
    assert a[1] + b[1] == pytest.approx(2.0)
    assert a[1] / 2.0 == pytest.approx(0.95)
