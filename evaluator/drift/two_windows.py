"""Are two windows' values alike? A test and an effect size for numbers, and for categories.

    numbers     Kolmogorov-Smirnov, D = max |F1 - F0|, the largest gap between the two distribution functions
    categories  chi-square on the table of counts, V² = sum_k (p1_k - p0_k)² / (2 (p0_k + p1_k))

V is Cramér's, as if both windows were equally large, so that it does not shrink when one is much larger. Both effects
go from 0 to 1, and .1 is small. Categories expected less than five times on a side are taken together first: a normal
approximation on rare labels cries wolf.

References: N. Smirnov, Ann. Math. Statist. 19 (1948) 279; K. Pearson (1900); H. Cramér, Mathematical Methods of
Statistics (1946), 21.9; W. G. Cochran, Biometrics 10 (1954) 417 for the five. Deviation: ties make the test for
numbers err on the quiet side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift.counts import FloatArray

FEWEST = 20
LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Difference:
    """How large (0 alike, 1 nothing in common) and how likely by chance."""

    effect: float
    p: float


def kolmogorov_smirnov(before: ArrayLike, now: ArrayLike) -> Difference | None:
    """Kolmogorov and Smirnov's test; NaN is left out; None with fewer than 20 values on a side.

    >>> found = kolmogorov_smirnov(range(100), range(30, 130))
    >>> round(found.effect, 2), round(found.p, 6)
    (0.3, 0.000174)
    >>> kolmogorov_smirnov([1, 2], [3, 4]) is None
    True
    """
    from scipy.stats import ks_2samp

    one, two = _finite(before), _finite(now)
    if min(len(one), len(two)) < FEWEST:
        return None
    found = ks_2samp(one, two, method="asymp")
    return Difference(float(found.statistic), float(found.pvalue))


def chi_square(before: Sequence[object], now: Sequence[object]) -> Difference | None:
    """Pearson's test; a missing value is a category of its own; None when there is nothing to compare.

    >>> found = chi_square(["de"] * 50 + ["en"] * 50, ["de"] * 80 + ["en"] * 20)
    >>> round(found.effect, 3), round(found.p, 6)
    (0.314, 9e-06)
    >>> chi_square(range(100), range(100)) is None
    True
    """
    from scipy.special import chdtrc

    if min(len(before), len(now)) < FEWEST:
        return None
    table = _pooled(Counter(map(str, before)), Counter(map(str, now)))
    if table.shape[1] < 2:
        return None
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    p0, p1 = table / table.sum(1, keepdims=True)
    effect = float(np.sqrt(((p1 - p0) ** 2 / (2.0 * (p0 + p1))).sum()))
    return Difference(effect, float(chdtrc(table.shape[1] - 1, statistic)))


def medians(before: ArrayLike, now: ArrayLike) -> tuple[float, float] | None:
    """The median of each side; None where one has no values.

    >>> medians([1, 2, 9], [4, 4, float("nan")])
    (2.0, 4.0)
    """
    one, two = _finite(before), _finite(now)
    return (float(np.median(one)), float(np.median(two))) if len(one) and len(two) else None


def most_moved(before: Sequence[object], now: Sequence[object]) -> tuple[str | None, float, float] | None:
    """The category whose share moved most, with its share of each side; its name is None for a missing value.

    >>> most_moved(["de", "en", "en", None], ["de", "de", "de", None])
    ('de', 0.25, 0.75)
    """
    if not len(before) or not len(now):
        return None
    old, new = Counter(before), Counter(now)
    shares = {name: (old[name] / len(before), new[name] / len(now)) for name in old | new}
    # Of two that moved as far, as they always do when there are two, the one that came more often.
    name = max(shares, key=lambda one: (round(abs(shares[one][1] - shares[one][0]), 9), shares[one][1], str(one)))
    return (None if name is None else str(name), *shares[name])


def _pooled(before: Counter[str], now: Counter[str]) -> FloatArray:
    """Counts (2, K) with the rare categories, least first, taken together until all are expected often enough."""
    names = sorted(before | now, key=lambda name: (before[name] + now[name], name))
    table = np.array([[side[name] for name in names] for side in (before, now)], dtype=np.float64)
    total = table.sum(0)
    needed = LEAST_EXPECTED * table.sum() / table.sum(1).min()
    rare = int(np.searchsorted(total, needed))
    if 0 < rare < len(total) and total[:rare].sum() < needed:
        rare += 1
    return np.column_stack([table[:, :rare].sum(1), table[:, rare:]]) if rare else table


def _finite(values: ArrayLike) -> FloatArray:
    array = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)  # type: ignore[arg-type]
    return array[np.isfinite(array)]
