"""Many questions at once: which of K answers still count? Holm and e-BH.

With p_(1) <= ... <= p_(K), e_[1] >= ... >= e_[K] and the level alpha:

    Holm  p_(i) becomes max_(j<=i) (K - j + 1) p_(j)      up to alpha: no false finding at all with chance 1 - alpha
    e-BH  e_[1] to e_[k] count, k the largest with        on average at most alpha of the findings are false
          e_[k] >= K / (k alpha)

Both hold however the questions depend on each other.

e-BH takes logarithms of e-values: mean at most 1 while nothing is wrong. The detector's R after T buckets has mean <= T
(plus arl .001 per marker), so ln R - ln T is one; R below 1, shown as 1, is never among the findings.

References: S. Holm, Scand. J. Statist. 6 (1979) 65; R. Wang, A. Ramdas, JRSS-B 84 (2022) 822. Deviations: none;
adjusted p-values end at 1.
"""

from __future__ import annotations

from math import isfinite, log

import numpy as np
from numpy.typing import ArrayLike


def holm(p: ArrayLike) -> list[float]:
    """Adjusted p-values in the order given.

    >>> holm([0.01, 0.04, 0.03]), holm([])
    ([0.03, 0.06, 0.06], [])
    """
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or not all(isfinite(one) and 0.0 <= one <= 1.0 for one in values):
        raise ValueError("p-values must be a list of numbers in [0, 1]")
    order, adjusted = np.argsort(values, kind="stable"), np.empty_like(values)
    worth = values[order] * np.arange(len(values), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(worth), 1.0)
    return [float(one) for one in adjusted]


def e_bh(log_e: ArrayLike, fdr: float) -> list[bool]:
    """Which of the e-values, given as logarithms, count when a share `fdr` of the findings may be false.

    >>> e_bh(np.log([100.0, 21.0, 3.0]), 0.1), e_bh([], 0.1)
    ([True, True, False], [])
    """
    values = np.asarray(log_e, dtype=np.float64)
    if values.ndim != 1 or np.isnan(values).any() or not 0.0 < fdr < 1.0:
        raise ValueError(f"e_bh needs a list of log e-values without NaN and 0 < fdr < 1, not fdr={fdr}")
    rank = np.arange(1, len(values) + 1)
    needed = np.log(len(values) / rank) - log(fdr) if len(values) else values
    reached = np.flatnonzero(np.sort(values)[::-1] >= needed - 1e-12)
    count = int(reached[-1]) + 1 if len(reached) else 0
    found = np.zeros(len(values), dtype=bool)
    found[np.argsort(-values, kind="stable")[:count]] = True
    return [bool(one) for one in found]
