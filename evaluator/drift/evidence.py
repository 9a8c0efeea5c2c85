"""The evidence that the pass rate fell at a start: a stratified beta-binomial Bayes factor that is an e-value.

Before the start, stratum s has A_s passes and B_s fails (prior, baseline and the votes since); from the start on it
has X_s passes in N_s votes. With q_sj = max(p_s - d_j, .01):

    log m0_s = ln B(A_s + X_s, B_s + N_s - X_s) - ln B(A_s, B_s)                  nothing changed, rate unknown
    log E_sj = X_s ln q_sj + (N_s - X_s) ln(1 - q_sj) - log m0_s                  stratum s fell by d_j
    everywhere = mean_j prod_s E_sj,   somewhere = mean_j prod_s (3/4 + E_sj/4)   all fell, or each with chance 1/4
    together = mean_j (m - d_j)^X (1 - m + d_j)^(N - X) / m0,  m0 = prod m0_s     all had one rate m, which fell
    E = (everywhere + somewhere + together)/3 where sum X_s < sum N_s A_s/(A_s + B_s), else 0; one stratum: everywhere

With several strata E is divided by max(1, m0' / m0), where m0' is the larger of two more accounts of "nothing changed":
strata that are more alike (kappa 16 in place of 2), and strata with one rate (their sums).

Averaged over the reference's uncertainty, E has mean <= 1 while nothing changes, so no correction for a baseline that
is only an estimate is needed. Votes may be fractions: x -> q^x (1-q)^(1-x) is convex, so a vote in [0, 1] has at most
the mean E of a coin with the same rate. Own rates per stratum are what tells a change from a change of mix.

How much alike strata are nobody tells, and with kappa = 2 alone many sparse strata would break the promise. Divided as
above they keep it (tests/statistics/test_sparse_strata.py): E only gets smaller, so whichever account holds, its mean
stays <= 1. Where every stratum has 1000 votes before a start, they tell by themselves, and that start's E is not
divided. "Together" gives back what sparse strata lose: their own rates are too uncertain to fall from, the pooled one
is not.

Prior: a_s = x0_s + kappa m, b_s = n0_s - x0_s + kappa (1 - m), kappa = 2, m the pooled rate; one stratum: Jeffreys.

Reference: H. Jeffreys, Theory of Probability (1961), ch. V; P. Grünwald, R. de Heide, W. Koolen, "Safe testing",
JRSS-B 86 (2024). Deviations: m is (x0 + 1/2)/(n0 + 1) in the prior, so that an all-pass baseline stays proper.
"Somewhere" is ours: for "everywhere" the segments that did not fall speak against one that did; with both, a fall in
one of five is found more often than without strata (tests/statistics/test_onset_and_mix.py). Each alternative costs
ln 3 nats at most, and nothing with one stratum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.counts import FloatArray

DROPS = np.array([0.02, 0.03, 0.045, 0.0675, 0.10, 0.15, 0.225, 0.34, 0.50])
LOWEST_RATE = 0.01
KAPPA = 2.0
ALIKE = 16.0
ENOUGH = 1000.0  # votes: where every stratum has as many before a start, they tell by themselves how alike they are
FALLEN_SHARE = 0.25
HUGE = 600.0  # beyond it exp overflows, and one of two summands no longer counts


def prior(n0: FloatArray, x0: FloatArray, least: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Passes a and fails b per stratum (..., S) with which the watch begins; `least` pseudo-votes on either side.

    >>> [side.tolist() for side in prior(np.array([10.0]), np.array([9.0]))]
    [[9.5], [1.5]]
    >>> [side.round(3).tolist() for side in prior(np.array([10.0, 90.0]), np.array([10.0, 90.0]), 0.5)]
    [[11.99, 91.99], [0.5, 0.5]]
    """
    if n0.shape[-1] == 1:
        return x0 + 0.5, n0 - x0 + 0.5
    pooled = (x0.sum(-1, keepdims=True) + 0.5) / (n0.sum(-1, keepdims=True) + 1.0)
    return x0 + np.maximum(KAPPA * pooled, least), n0 - x0 + np.maximum(KAPPA * (1.0 - pooled), least)


def log_e(
    passes: FloatArray,
    fails: FloatArray,
    ref_passes: FloatArray,
    ref_fails: FloatArray,
    rate: FloatArray,
    *,
    drops: FloatArray = DROPS,
) -> FloatArray:
    """log E per start (..., K) from counts (..., K, S) and the baseline's rates p (..., S); -inf where nothing fell.

    >>> one = lambda *values: np.array([[value] for value in values], dtype=float)
    >>> ref = one(95.5, 95.5), one(5.5, 5.5)
    >>> log_e(one(80, 98), one(20, 2), *ref, np.array([0.95])).round(2).tolist()
    [4.13, -inf]
    """
    fell = passes.sum(-1) < ((passes + fails) * ref_passes / (ref_passes + ref_fails)).sum(-1)
    evidence = np.full(fell.shape, -np.inf)
    if fell.any():
        counts = _Counts(
            *(np.broadcast_to(part, passes.shape)[fell] for part in (passes, fails, ref_passes, ref_fails))
        )
        evidence[fell] = _log_e(counts, _rates(rate, fell, drops), drops)
    return evidence


@dataclass(frozen=True, slots=True)
class _Counts:
    """Passes and fails from a start on and before it, each of the starts where something fell by the strata (K, S)."""

    passes: FloatArray
    fails: FloatArray
    ref_passes: FloatArray
    ref_fails: FloatArray


Rates = tuple[FloatArray, FloatArray, NDArray[np.int64]]
"""ln q and ln(1 - q) of each series' stratum by fall (series x S, J), and the row of each start and stratum (K, S)."""


def _rates(rate: FloatArray, fell: NDArray[np.bool_], drops: FloatArray) -> Rates:
    fallen = np.maximum(rate[..., None] - drops, LOWEST_RATE).reshape(-1, len(drops))
    row = np.arange(rate.size).reshape(rate.shape)[..., None, :]
    return np.log(fallen), np.log1p(-fallen), np.broadcast_to(row, (*fell.shape, rate.shape[-1]))[fell]


def _log_e(counts: _Counts, rates: Rates, drops: FloatArray) -> FloatArray:
    """log E (K,). A stratum that has no votes from a start on says nothing there, and costs nothing."""
    _, _, row = rates
    if counts.passes.shape[-1] == 1:
        x, y, a, b = (part[:, 0] for part in (counts.passes, counts.fails, counts.ref_passes, counts.ref_fails))
        whole = log_sum_exp(_each(x, y, row[:, 0], rates) - _log_m0(x, y, a, b)[:, None])
        return cast("FloatArray", whole - np.log(len(drops)))
    pair = np.nonzero(counts.passes + counts.fails)
    first = np.flatnonzero(np.diff(pair[0], prepend=-1))
    x, y, a, b = (part[pair] for part in (counts.passes, counts.fails, counts.ref_passes, counts.ref_fails))
    log_m0 = _log_m0(x, y, a, b)
    each = _each(x, y, row[pair], rates)
    each -= log_m0[:, None]
    own = np.add.reduceat(log_m0, first)
    alternatives = (
        log_sum_exp(np.add.reduceat(each, first)),
        log_sum_exp(np.add.reduceat(_with_chance(each), first)),
        _log_pooled(counts, drops) - own,
    )
    whole = log_sum_exp(np.stack(alternatives, axis=-1)) - np.log(len(alternatives) * len(drops))
    sparse = (counts.ref_passes + counts.ref_fails).min(-1) < ENOUGH
    if sparse.any():
        whole = whole - np.where(sparse, np.maximum(_alike(counts, pair, first) - own, 0.0), 0.0)
    return cast("FloatArray", whole)


def _each(passes: FloatArray, fails: FloatArray, row: NDArray[np.int64], rates: Rates) -> FloatArray:
    """ln q^X (1 - q)^(N - X) of each start and stratum, by fall (pairs, J)."""
    log_pass, log_fail, _ = rates
    each = log_pass[row]
    each *= passes[:, None]
    fail = log_fail[row]
    fail *= fails[:, None]
    each += fail
    return each


def _log_pooled(counts: _Counts, drops: FloatArray) -> FloatArray:
    """ln of the summed probability (K,) that all votes have one rate, fallen from the reference's pooled one."""
    passes, fails = counts.ref_passes.sum(-1), counts.ref_fails.sum(-1)
    fallen = np.maximum((passes / (passes + fails))[:, None] - drops, LOWEST_RATE)
    x, y = counts.passes.sum(-1)[:, None], counts.fails.sum(-1)[:, None]
    return log_sum_exp(x * np.log(fallen) + y * np.log1p(-fallen))


def _alike(counts: _Counts, pair: tuple[NDArray[np.int64], ...], first: NDArray[np.int64]) -> FloatArray:
    """The larger log m0 (K,) of strata that are more alike than kappa says: kappa 16, and one rate for all."""
    passes, fails = counts.ref_passes.sum(-1), counts.ref_fails.sum(-1)
    pooled = passes / (passes + fails)
    x, y, a, b = (part[pair] for part in (counts.passes, counts.fails, counts.ref_passes, counts.ref_fails))
    m = pooled[pair[0]]
    more = ALIKE - KAPPA
    similar = np.add.reduceat(_log_m0(x, y, a + more * m, b + more * (1.0 - m)), first)
    votes = KAPPA * counts.passes.shape[-1]
    a_all = np.maximum(passes - votes * pooled, 0.0) + 0.5
    b_all = np.maximum(fails - votes * (1.0 - pooled), 0.0) + 0.5
    return np.maximum(similar, _log_m0(counts.passes.sum(-1), counts.fails.sum(-1), a_all, b_all))


def _log_m0(passes: FloatArray, fails: FloatArray, ref_passes: FloatArray, ref_fails: FloatArray) -> FloatArray:
    """ln B(A + X, B + N - X) - ln B(A, B), by the gamma function: ln B of scipy takes twice as long."""
    from scipy.special import gammaln

    whole = ref_passes + ref_fails
    found = gammaln(ref_passes + passes) - gammaln(ref_passes) + (gammaln(ref_fails + fails) - gammaln(ref_fails))
    return np.asarray(found - (gammaln(whole + (passes + fails)) - gammaln(whole)), dtype=np.float64)


def _with_chance(each: FloatArray) -> FloatArray:
    """ln(3/4 + E/4)."""
    mixed = np.minimum(each, HUGE)
    np.exp(mixed, out=mixed)
    mixed *= FALLEN_SHARE
    mixed += 1.0 - FALLEN_SHARE
    np.log(mixed, out=mixed)
    return np.where(each > HUGE, each + np.log(FALLEN_SHARE), mixed)


def log_sum_exp(values: FloatArray) -> FloatArray:
    """ln sum exp over the last axis, -inf for nothing.

    >>> float(log_sum_exp(np.array([-1000.0, -1000.0])).round(4)), float(log_sum_exp(np.array([-np.inf])))
    (-999.3069, -inf)
    """
    top = np.maximum(values.max(-1, keepdims=True), -1e300)
    with np.errstate(divide="ignore"):
        return cast("FloatArray", top[..., 0] + np.log(np.exp(values - top).sum(-1)))
