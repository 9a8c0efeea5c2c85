"""Which questions with yes or no watch a number or a score: cuts through its baseline distribution.

Idea: a change in any part of a distribution moves the share beyond a cut near that part. Numbers are cut at the
baseline's percentiles, dense towards the bad end:

    large is bad: the share from p50, p75, p90, p95, p99 on;  small is bad: below p50, p25, p10, p5, p1;  both: all ten

Values with at most ten levels, such as scores, are cut between all neighbours: <= 1, ..., <= 4 of 1..5. Values come
binned (a bin is told by its low edge) and cuts lie on edges: each is the edge whose share is nearest to the asked one,
as a ratio; cuts that fall together count once. Where no cut leaves 5 % or less on the bad side, and where the metric
was constant, one more lies beyond everything seen, because such a metric could change unnoticed; not below 0, which no
metric is.

Reference: A. N. Kolmogorov, Giornale dell'Istituto Italiano degli Attuari 4 (1933), who compares two distributions at
every cut at once. Deviations: a few fixed cuts, each with an e-value, so that one may look again and again; which
percentiles is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, inf, log, log10, nextafter
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluator.drift.counts import Bad, FloatArray
from evaluator.drift.ridit import Direction

BEYOND = (0.50, 0.25, 0.10, 0.05, 0.01)
FEW_LEVELS = 10
RARE = 0.05
SMALLEST = 1e-9  # per cent


@dataclass(frozen=True, slots=True)
class Cut:
    """An indicator that counts the bad outcome: values of at least `level` ("up"), or below it ("down").

    `name` is "p90", "≤ 3" or "> 512"; `share` is the baseline's share of votes with that outcome; `shown` is the number
    to tell: the level, or where scores are cut the last value on the bad side.
    """

    level: float
    direction: Literal["up", "down"]
    name: str
    share: float
    shown: float

    @property
    def bad(self) -> Bad:
        """Its direction in a battery: it counts the bad outcome, so more is worse."""
        return "up"

    def holds(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Which of these values, or low edges of bins, have the bad outcome.

        >>> Cut(3.0, "down", "≤ 2", 0.1, 2.0).holds([1, 2, 3]).tolist()
        [True, True, False]
        """
        found = np.asarray(values, dtype=np.float64)
        return found >= self.level if self.direction == "up" else found < self.level


def cuts(values: ArrayLike, votes: ArrayLike, direction: Direction) -> tuple[Cut, ...]:
    """The cuts of a baseline with `votes` (L,) at the increasing low edges `values` (L,); `direction` is the bad one.

    >>> [(cut.name, cut.level, cut.share) for cut in cuts(range(100), [1] * 100, "up")]
    [('p50', 50.0, 0.5), ('p75', 75.0, 0.25), ('p90', 90.0, 0.1), ('p95', 95.0, 0.05), ('p99', 99.0, 0.01)]
    >>> [(cut.name, cut.share) for cut in cuts([1, 2, 3, 4, 5], [2, 3, 5, 30, 60], "down")]
    [('≤ 4', 0.4), ('≤ 3', 0.1), ('≤ 2', 0.05), ('≤ 1', 0.02)]
    >>> [(cut.name, cut.share) for cut in cuts([512], [400], "both")]
    [('> 512', 0.0), ('< 512', 0.0)]
    """
    if direction not in ("up", "down", "both"):
        raise ValueError(f'the direction must be "down", "up" or "both", not {direction!r}')
    levels, weight = _distribution(values, votes)
    upper = () if direction == "down" else _upper(levels, weight)
    return upper if direction == "up" else upper + _lower(levels, weight)


def _distribution(values: ArrayLike, votes: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Levels that have votes, and how many each has."""
    levels, weight = np.asarray(values, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    if levels.ndim != 1 or levels.shape != weight.shape or not (np.diff(levels) > 0).all():
        raise ValueError("cuts need increasing values and as many votes")
    if not np.isfinite(levels).all() or not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum() > 0:
        raise ValueError("cuts need finite values and a baseline with votes, none of them negative")
    return levels[weight > 0], weight[weight > 0]


def _upper(levels: FloatArray, weight: FloatArray) -> tuple[Cut, ...]:
    share = np.cumsum(weight[::-1])[::-1][1:] / weight.sum()
    few = len(levels) <= FEW_LEVELS
    chosen = range(len(share)) if few else _nearest(share)
    found = [
        Cut(
            float(levels[i + 1]),
            "up",
            f"≥ {levels[i + 1]:g}" if few else _percentile(1.0 - share[i]),
            float(share[i]),
            float(levels[i + 1]),
        )
        for i in chosen
    ]
    top = float(levels[-1])
    beyond = Cut(nextafter(top, inf), "up", f"> {top:g}", 0.0, top)
    return (*found, beyond) if _blind(found) else tuple(found)


def _lower(levels: FloatArray, weight: FloatArray) -> tuple[Cut, ...]:
    share = np.cumsum(weight)[:-1] / weight.sum()
    few = len(levels) <= FEW_LEVELS
    chosen = range(len(share))[::-1] if few else _nearest(share)
    found = [
        Cut(
            float(levels[i + 1]),
            "down",
            f"≤ {levels[i]:g}" if few else _percentile(share[i]),
            float(share[i]),
            float(levels[i] if few else levels[i + 1]),
        )
        for i in chosen
    ]
    bottom = float(levels[0])
    beyond = Cut(bottom, "down", f"< {bottom:g}", 0.0, bottom)
    return (*found, beyond) if _blind(found) and (bottom > 0 or not found) else tuple(found)


def _nearest(share: FloatArray) -> list[int]:
    """Positions of the cuts whose shares are nearest to the wanted ones, each once."""
    return list(dict.fromkeys(int(np.abs(np.log(share) - log(wanted)).argmin()) for wanted in BEYOND))


def _percentile(below: float) -> str:
    """The cut's place in the baseline, to a whole percentile where that is near enough; never p0 or p100.

    >>> _percentile(0.902), _percentile(0.9991), _percentile(0.99996), _percentile(0.004)
    ('p90', 'p99.9', 'p99.996', 'p0.4')
    """
    percent = 100.0 * below
    near_end = max(min(percent, 100.0 - percent), SMALLEST)
    return f"p{percent:.{max(1 + floor(-log10(2.0 * near_end)), 0)}f}"


def _blind(found: list[Cut]) -> bool:
    """Is there nothing that notices values beyond all that were seen?"""
    return min((cut.share for cut in found), default=1.0) > RARE
