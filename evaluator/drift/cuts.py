"""Which questions with yes or no watch a number or a score: cuts through its baseline distribution.

Idea: a change in any part of a distribution moves the share beyond a cut near that part. Numbers are cut at the
baseline's percentiles, dense towards the bad end:

    large is bad: share beyond p50, p75, p90, p95, p99;  small is bad: below p50, p25, p10, p5, p1;  both: all of these

Scores with at most ten distinct values are cut between all neighbours (1..5: <= 1, <= 2, <= 3, <= 4). Values come
binned (a bin is told by its low edge) and cuts lie on edges, so a cut is the edge whose share is closest to what the
percentile asks for, cuts that fall together count once, and none has all of the baseline on its good side but for the
one beyond the last level, which a metric that was constant needs: it could not fall otherwise.

Reference: design of this detector; the choice of percentiles is ours. tests/statistics/test_battery_delay.py prints how
much later it is than with raw values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift.counts import FloatArray
from evaluator.drift.ridit import Direction

Side = Literal["at least", "below"]
PERCENTILES = (50, 75, 90, 95, 99)
FEW_VALUES = 10


@dataclass(frozen=True, slots=True)
class Cut:
    """An indicator: the value is `side` `level`. It counts the bad outcome (bad="up" in a battery).

    `name` is "p90" or "≤ 3"; `share` is the baseline's share of votes with that outcome; `shown` is the number to tell:
    the level, or the highest value on the bad side where scores are below it.
    """

    level: float
    side: Side
    name: str
    share: float
    shown: float

    def holds(self, values: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Which of these values, or low edges of bins, have the bad outcome.

        >>> Cut(3.0, "below", "≤ 2", 0.1, 2.0).holds([1, 2, 3]).tolist()
        [True, True, False]
        """
        found = np.asarray(values, dtype=np.float64)
        return found >= self.level if self.side == "at least" else found < self.level


def cuts(values: ArrayLike, votes: ArrayLike, direction: Direction) -> tuple[Cut, ...]:
    """The cuts of a baseline with `votes` (L,) at the distinct low edges `values` (L,); `direction` is the bad one.

    >>> [(cut.name, cut.level, cut.share) for cut in cuts(range(100), [1] * 100, "up")]
    [('p50', 50.0, 0.5), ('p75', 75.0, 0.25), ('p90', 90.0, 0.1), ('p95', 95.0, 0.05), ('p99', 99.0, 0.01)]
    >>> [(cut.name, cut.share) for cut in cuts([1, 2, 3, 4, 5], [2, 3, 5, 30, 60], "down")]
    [('≤ 4', 0.4), ('≤ 3', 0.1), ('≤ 2', 0.05), ('≤ 1', 0.02)]
    >>> [(cut.name, cut.share) for cut in cuts([512], [400], "both")]
    [('> 512', 0.0), ('< 512', 0.0)]
    """
    levels, weight = _distribution(values, votes)
    if direction not in ("up", "down", "both"):
        raise ValueError(f'the direction must be "down", "up" or "both", not {direction!r}')
    sides: list[Side] = [side for side, word in (("at least", "up"), ("below", "down")) if direction in (word, "both")]
    return tuple(cut for side in sides for cut in _one_side(levels, weight / weight.sum(), side))
