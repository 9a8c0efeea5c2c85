"""What can be found, and how fast? The evidence that a fall leaves behind (path.py), asked the other way round.

A fall to p0 - drop is found when ln R reaches ln arl, and reported at the end of that quarter hour. Given three of

    the drop, the days, the votes per day, the votes of the reference

the functions here give the fourth: the smallest that finds it. They look along a grid and interpolate between its
points; the results are good to a few per cent, the formula itself to some 20 % (tests/statistics/test_planner.py).

A reference counts as large enough for a drop when that is found within as many votes as the reference holds: smaller
ones may find it still, but after a wait that grows out of all proportion, or never.
"""

from __future__ import annotations

from math import isfinite, log

import numpy as np

from evaluator.drift.counts import FloatArray
from evaluator.drift.path import divergence, log_r

BUCKETS_PER_DAY = 96
POINTS, FEW, ROUNDS = 240, 12, 3
HALF, SURE = 0.5, 0.9
"""Found in half of the cases, and in nine of ten."""
SMALLEST_DROP = LOWEST = 0.001
FEW_VOTES = 100.0
EARLIER = 2.0 ** -np.arange(6.0)
"""Shares of the votes at hand: the evidence may have had its peak before the last vote came."""
RANGE = (1 / 16, 64.0)
"""Where an answer is looked for, in multiples of ln arl / K, which an observer of known rates would need."""


def votes_needed(
    p0: float, drop: float, votes_per_day: float, reference_votes: float, arl: float, *, chance: float = HALF
) -> float | None:
    """The votes after which a fall to p0 - drop is found; None when no number is enough: the reference is too small.

    >>> round(votes_needed(0.95, 0.05, 500, 3000, 14_400))
    380
    >>> round(votes_needed(0.95, 0.05, 500, 3000, 14_400, chance=SURE))
    815
    >>> votes_needed(0.95, 0.02, 500, 500, 14_400) is None
    True
    """
    p0 = _rate(p0, reference_votes, arl)
    _check(drop=drop, votes_per_day=votes_per_day)
    if not (votes_per_day and reference_votes):
        return None
    p1, per_bucket = max(p0 - drop, 0.0), votes_per_day / BUCKETS_PER_DAY
    votes = _grid(p0, p1, arl)
    found = _first(votes, log_r(p0, p1, votes, per_bucket, reference_votes, chance=chance), log(arl))
    return None if found is None else found + per_bucket / 2.0


def days_needed(
    p0: float, drop: float, votes_per_day: float, reference_votes: float, arl: float, *, chance: float = HALF
) -> float | None:
    """The days after which a fall to p0 - drop is found; None when no wait is enough.

    >>> round(days_needed(0.95, 0.05, 500, 3000, 14_400), 2)
    0.76
    """
    votes = votes_needed(p0, drop, votes_per_day, reference_votes, arl, chance=chance)
    return None if votes is None else votes / votes_per_day


def votes_per_day_needed(
    p0: float, drop: float, days: float, reference_votes: float, arl: float, *, chance: float = HALF
) -> float | None:
    """The votes per day with which a fall to p0 - drop is found within `days`; None when no number is enough.

    >>> round(votes_per_day_needed(0.95, 0.05, 1, 3000, 14_400))
    356
    """
    p0 = _rate(p0, reference_votes, arl)
    _check(drop=drop, days=days)
    buckets = days * BUCKETS_PER_DAY - 0.5
    if not reference_votes or buckets <= 0:
        return None
    p1 = max(p0 - drop, 0.0)
    votes = _grid(p0, p1, arl)
    shares = np.repeat(EARLIER, POINTS)
    every = np.tile(votes, len(EARLIER))
    evidence = log_r(p0, p1, shares * every, every / buckets, reference_votes, chance=chance)
    evidence = evidence.reshape(len(EARLIER), POINTS).max(0)
    found = _first(votes, evidence, log(arl))
    return None if found is None else found / buckets * BUCKETS_PER_DAY


def reference_needed(p0: float, drop: float, days: float, arl: float) -> float | None:
    """The votes of a reference that is large enough for a fall to p0 - drop, found in so many days; None: no size is.

    >>> round(reference_needed(0.95, 0.05, 1, 14_400))
    796
    >>> reference_needed(0.95, 0.005, 1, 14_400) is None  # the evidence is of falls by 2 points and more
    True
    """
    p0 = _rate(p0, FEW_VOTES, arl)
    _check(drop=drop, days=days)
    p1 = max(p0 - drop, 0.0)
    votes = _grid(p0, p1, arl)
    per_bucket = votes / max(days * BUCKETS_PER_DAY - 0.5, 1.0)
    found = _first(votes, log_r(p0, p1, votes, per_bucket, votes), log(arl))
    # So many at least, or the reference could not tell p0 from 1 (_rate).
    return None if found is None else max(found, 0.5 / (1.0 - p0))


def detectable(
    p0: float, votes_per_day: float, reference_votes: float, days: float, arl: float, *, chance: float = HALF
) -> float | None:
    """The smallest drop that is found within `days`; None when none is.

    >>> round(detectable(0.95, 500, 3000, 3, 14_400), 3)
    0.025
    >>> detectable(0.95, 500, 2, 7, 14_400) is None
    True
    """
    p0 = _rate(p0, reference_votes, arl)
    _check(votes_per_day=votes_per_day, days=days)
    votes = votes_per_day * (days - 0.5 / BUCKETS_PER_DAY)
    if votes <= 0 or reference_votes <= 0 or p0 <= SMALLEST_DROP:
        return None
    per_bucket = votes_per_day / BUCKETS_PER_DAY

    def smallest(lo: float, hi: float) -> tuple[float, float] | None:
        """Between which of the drops from `lo` to `hi` the smallest one lies that is found."""
        drops = np.geomspace(lo, hi, FEW)
        falls = np.tile(np.maximum(p0 - drops, 0.0), len(EARLIER))
        earlier = np.repeat(votes * EARLIER, FEW)
        evidence = log_r(p0, falls, earlier, per_bucket, reference_votes, chance=chance)
        hits = np.flatnonzero(evidence.reshape(len(EARLIER), FEW).max(0) >= log(arl))
        return (float(drops[max(hits[0] - 1, 0)]), float(drops[hits[0]])) if len(hits) else None

    found = smallest(SMALLEST_DROP, p0)
    for _ in range(ROUNDS - 1):
        found = smallest(*found) if found else None
    return found[1] if found else None


def _grid(p0: float, p1: float, arl: float) -> FloatArray:
    known = log(arl) / float(divergence(p1, p0))
    return known * np.geomspace(*RANGE, POINTS)


def _first(values: FloatArray, evidence: FloatArray, threshold: float) -> float | None:
    """Where the evidence first reaches the threshold, between two points as on a line."""
    hits = np.flatnonzero(evidence >= threshold)
    if not len(hits):
        return None
    at = int(hits[0])
    if at == 0 or not isfinite(evidence[at - 1]):
        return float(values[at])
    return float(np.interp(threshold, evidence[at - 1 : at + 1], values[at - 1 : at + 1]))


def _rate(p0: float, reference_votes: float, arl: float) -> float:
    """The rate to plan with: an all-pass baseline does not promise that no vote ever fails."""
    _check(reference_votes=reference_votes)
    if not 0.0 <= p0 <= 1.0 or not (isfinite(arl) and arl > 1.0):
        raise ValueError(f"p0 must lie in [0, 1] and arl be above 1, not p0={p0}, arl={arl}")
    return min(max(p0, LOWEST), 1.0 - 0.5 / (reference_votes + 1.0))


def _check(**numbers: float) -> None:
    for name, value in numbers.items():
        if not (isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be a number of at least 0, not {value}")
    if not numbers.get("drop", 1.0) > 0:
        raise ValueError("drop must be above 0")
