"""When might it have begun? A thinned set of starts, dense for recent buckets.

Idea: a change that began a buckets ago is found almost as well from a start a few per cent earlier, so old starts
may stand for their neighbours. Ages 1..32 are all kept; after that each kept age is 6 % above the last:

    age_1..age_32 = 1..32,  age_i = max(age_(i-1) + 1, round(1.06 age_(i-1))),  the last one is T (bucket 0)

A start stands for the ages (age_(i-1), age_i] and weighs their number, so the weights sum to T.

Reference: J. Shin, A. Ramdas, A. Rinaldo, "E-detectors: a nonparametric framework for sequential change detection",
New England Journal of Statistics in Data Science 2 (2023); thinning by age is ours, as is the choice of the oldest
bucket to speak for its group (bucket 0, the end of the baseline, is then always a start).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.counts import FloatArray

EXACT = 32
GROWTH = 1.06
FINEST = 256


@dataclass(frozen=True, slots=True)
class Starts:
    """Candidate starts in time order: `first` bucket (the start itself), `last` bucket it stands for, `weight`."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    weight: FloatArray


@lru_cache(maxsize=4096)
def starts(buckets: int) -> Starts:
    """The starts of a series of that many buckets.

    >>> starts(3).first.tolist(), starts(3).weight.tolist()
    ([0, 1, 2], [1.0, 1.0, 1.0])
    >>> len(starts(2880).first), float(starts(2880).weight.sum())
    (110, 2880.0)
    """
    ages = [0]
    while ages[-1] < buckets:
        step = max(ages[-1] + 1, round(GROWTH * ages[-1])) if ages[-1] >= EXACT else ages[-1] + 1
        ages.append(min(step, buckets))
    return _between(buckets - np.array(ages[::-1], dtype=np.int64))


def refined(grid: Starts, lo: int, hi: int) -> Starts:
    """The same starts with every bucket of [lo, hi] and of the groups beside it on its own, or at most 256 groups.

    The groups beside it count because a group's oldest bucket speaks for it: where the change lies inside a group, the
    next one may have more evidence.

    >>> refined(starts(100), 9, 13).first[:16].tolist(), starts(100).first[:5].tolist()
    ([0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18], [0, 4, 9, 14, 19])
    """
    lo = int(grid.first[max(int(np.searchsorted(grid.first, lo, side="right")) - 2, 0)])
    hi = int(grid.last[min(int(np.searchsorted(grid.last, hi)) + 1, len(grid.last) - 1)])
    step = -(-(hi - lo + 1) // FINEST)
    end = int(grid.last[-1]) + 1
    return _between(np.unique(np.concatenate([grid.first, np.arange(lo, hi + 1, step), [hi + 1, end]])))


def _between(edges: NDArray[np.int64]) -> Starts:
    first, last = edges[:-1], edges[1:] - 1
    weight = (last - first + 1).astype(np.float64)
    for array in (first, last, weight):
        array.setflags(write=False)
    return Starts(first, last, weight)


def with_markers(grid: Starts, markers: tuple[int, ...], weight: float) -> Starts:
    """The same starts plus one of that weight at each marker's bucket, still in time order.

    >>> with_markers(starts(3), (1,), 28.8).weight.tolist()
    [1.0, 1.0, 28.8, 1.0]
    """
    if not markers:
        return grid
    extra = np.array(markers, dtype=np.int64)
    first = np.concatenate([grid.first, extra])
    order = np.argsort(first, kind="stable")
    last = np.concatenate([grid.last, extra])
    weights = np.concatenate([grid.weight, np.full(len(extra), weight)])
    return Starts(first[order], last[order], weights[order])
