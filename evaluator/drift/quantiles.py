"""Below which value does a share of the votes lie? Quantiles of votes that are counted in bins, with their interval.

    Q(p)      the value below which a share p of the votes lies; within a bin from v to r v, v r^f with f the part of
              the bin's votes that it takes
    interval  from Q(p - z s) to Q(p + z s), s = sqrt(p (1 - p) / n)

Reference: H. A. David, H. N. Nagaraja, Order Statistics (2003), 7.1: an interval between order statistics, whatever the
distribution. Deviations: its normal approximation; n may be a fraction, because a session's vote may be.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike


def quantile(values: ArrayLike, votes: ArrayLike, share: float, ratio: float = 1.0) -> float | None:
    """The quantile of `votes` (L,) at the increasing low edges `values` (L,) of bins; None without votes.

    With a ratio of 1 they are the values themselves, not bins.

    >>> quantile([1, 2, 3, 4], [1, 1, 1, 1], 0.5), quantile([100, 200], [50, 50], 0.25, ratio=4.0)
    (2.0, 200.0)
    >>> quantile([1], [0], 0.5) is None
    True
    """
    if not 0.0 <= share <= 1.0 or not ratio >= 1.0:
        raise ValueError(f"a quantile needs a share in [0, 1] and a ratio of at least 1, not {share}, {ratio}")
    levels, weight = np.asarray(values, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    reached = np.cumsum(weight)
    if not len(weight) or reached[-1] <= 0.0:
        return None
    wanted = share * reached[-1]
    place = int(np.searchsorted(reached, wanted * (1.0 - 1e-12)))
    place = min(max(place, int(np.argmax(weight > 0))), len(weight) - 1)
    part = (wanted - (reached[place] - weight[place])) / weight[place] if weight[place] else 0.0
    return float(levels[place] * ratio ** min(max(part, 0.0), 1.0))


def quantile_interval(
    values: ArrayLike, votes: ArrayLike, share: float, ratio: float = 1.0, *, z: float = 1.96
) -> tuple[float, float] | None:
    """The interval of the quantile; None where the votes are too few to bound it on both sides.

    >>> quantile_interval(range(1, 101), [1] * 100, 0.5)
    (41.0, 60.0)
    >>> quantile_interval([1, 2], [3, 3], 0.99) is None
    True
    """
    n = float(np.sum(np.asarray(votes, dtype=np.float64)))
    if n <= 0.0:
        return None
    half = z * sqrt(share * (1.0 - share) / n)
    if share - half <= 0.0 or share + half >= 1.0:
        return None
    lo, hi = (quantile(values, votes, end, ratio) for end in (share - half, share + half))
    assert lo is not None
    assert hi is not None
    return lo, hi


def beyond(values: ArrayLike, votes: ArrayLike, value: float, ratio: float = 1.0) -> float:
    """How many of the votes lie above `value`; of its own bin, the part that does.

    >>> beyond([1, 2, 3], [5, 6, 7], 2), beyond([100], [10], 200, ratio=4.0)
    (7.0, 5.0)
    """
    levels, weight = np.asarray(values, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    above = float(weight[levels > value].sum())
    own = (levels > 0.0) & (levels <= value) & (value < levels * ratio)
    parts = 1.0 - np.log(value / levels[own]) / log(ratio) if own.any() else np.zeros(0)
    return above + float((weight[own] * parts).sum())
