"""How much evidence does a fall leave behind, vote by vote? The detector's own, on the path that it typically takes.

Idea: put what is expected into the detector's evidence (evidence.py) in place of what was counted. After n votes at p1,
against a reference of N votes at p0, X of them passes:

    ln R = ln E(n, X) + ln(1 + min(6/K, n)/v) + 1/4,   K = KL(p1 || p0),  v votes per bucket
    X    = n (p1 + z s),   s² = p1 (1 - p1)/n + p0 (1 - p0)/N

The second term counts starts: R sums over all, and those within some 1/K votes of the true one (but no more than there
are) have nearly as much evidence. z = 0 is the path that half of the cases are ahead of; at z = 1.28 the fall looks
smaller than it is by 1.28 of its standard errors: 9 in 10 are ahead of that. What a small reference costs is in E,
which learns from what it tests: ln R rises to a peak and falls again. A peak below ln arl belongs to a fall that no
wait finds.

Only the 6 and the 1/4 are fitted, to medians of simulated delays. tests/statistics/test_planner.py measures how well it
does, beside the polynomial that the design has for it.

Reference: G. Lorden, Ann. Math. Statist. 42 (1971) 1897, for the leading term ln arl / K; the rest is ours.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift.battery import FEWEST_FAILS
from evaluator.drift.counts import FloatArray
from evaluator.drift.evidence import log_e

NEARBY = 6.0
GAIN = 0.25


def log_r(
    p0: float, p1: ArrayLike, votes: ArrayLike, per_bucket: ArrayLike, reference: ArrayLike, *, chance: float = 0.5
) -> FloatArray:
    """ln R that the share `chance` of cases reaches; -inf below three fails. Arrays are broadcast to one shape (K,).

    >>> log_r(0.95, 0.85, [50, 100, 200], 5.0, 1000).round(1).tolist()
    [5.0, 8.0, 12.4]
    >>> log_r(0.95, 0.85, [100, 200], 5.0, 1000, chance=0.9).round(1).tolist()
    [4.3, 7.3]
    """
    given = np.broadcast_arrays(*(_floats(one) for one in (p1, votes, per_bucket, reference)))
    fall, n, v, ref = (np.atleast_1d(one) for one in given)
    spread = np.sqrt(fall * (1.0 - fall) / n + p0 * (1.0 - p0) / ref)
    passes = np.clip(n * (fall + _quantile(chance) * spread), 0.0, n)
    ref_passes, ref_fails = ref * p0 + 0.5, ref * (1.0 - p0) + 0.5
    passed, failed, before, lost = (one[:, None, None] for one in (passes, n - passes, ref_passes, ref_fails))
    evidence = log_e(passed, failed, before, lost, (ref_passes / (ref + 1.0))[:, None])[:, 0]
    starts = np.log1p(np.minimum(NEARBY / divergence(fall, p0), n) / v)
    return np.where(n - passes >= FEWEST_FAILS, evidence + starts + GAIN, -np.inf)


def divergence(p1: ArrayLike, p0: float) -> FloatArray:
    """KL(p1 || p0) of two coins, in nats.

    >>> divergence([0.9, 0.0], 0.95).round(4).tolist()
    [0.0207, 2.9957]
    """
    from scipy.special import rel_entr

    fall = _floats(p1)
    return _floats(rel_entr(fall, p0) + rel_entr(1.0 - fall, 1.0 - p0))


@lru_cache(maxsize=8)
def _quantile(chance: float) -> float:
    return NormalDist().inv_cdf(chance)


def _floats(values: ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
