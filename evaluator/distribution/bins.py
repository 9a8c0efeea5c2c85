"""Bins that can be read: some forty out of hundreds that grow by 5 %, a few labels out of many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log

from store.levels import Level

RATIO = 1.05
"""How much larger the edge of each stored bin is than that of the one before it (bin_edge in SQL)."""
MOST = 36
"""Bins of numbers, beside those for zero and for what lies beyond both ends."""
TAIL = 0.0005
"""Of a side's votes, no more than this lie beyond either end."""
MOST_SCORES = 21
MOST_LABELS = 15
NEAR = 1e-9

Placed = Sequence[tuple[int, Level]]
"""Levels with their place on the scale of ratios."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Votes before and now of [low, high); None: without an end; equal ends: a value by itself. Or of a label."""

    low: float | None
    high: float | None
    before: float
    now: float
    label: str | None = None
    pooled: int = 0


def of_numbers(levels: Sequence[Level], *, whole: bool) -> list[Bin]:
    """Bins of equal ratio over what nearly all votes measured, zero by itself, and what is beyond at both ends.

    Of whole numbers, a bin that holds none joins the one after it.

    >>> found = of_numbers([Level(0.0, None, 2, 1), Level(1.0, None, 3, 0), Level(1.05, None, 0, 4)], whole=False)
    >>> [(one.low, one.high, one.before, one.now) for one in found]
    [(0.0, 0.0, 2, 1), (1.0, 1.05, 3, 0), (1.05, 1.1025, 0, 4)]
    """
    zero = [_summed(levels, 0.0, 0.0)] if any(one.value == 0.0 for one in levels) else []
    placed = [(round(log(one.value) / log(RATIO)), one) for one in levels if one.value]
    if not placed:
        return zero
    edges = _edges(*_ends(placed), whole=whole)
    below = _between(placed, None, edges[0])
    above = _between(placed, edges[-1], None)
    inner = [_between(placed, low, high) for low, high in pairwise(edges)]
    return [*zero, *(one for one in (below, *inner, above) if one in inner or one.before or one.now)]


def of_scores(levels: Sequence[Level]) -> list[Bin]:
    """Each score by itself while they are few; else twentieths from 0 to 1, the last one with the 1.

    >>> found = of_scores([Level(i / 100, None, 1, 0) for i in range(101)])
    >>> len(found), found[0].before, found[-1].before
    (20, 5, 6)
    """
    if len(levels) <= MOST_SCORES:
        return [
            _summed(levels, value, value) for value in sorted({one.value for one in levels if one.value is not None})
        ]
    edges = [round(i / 20, 2) for i in range(21)]
    return [_summed(levels, low, high if high < 1.0 else 1.0 + NEAR) for low, high in pairwise(edges)]


def of_labels(levels: Sequence[Level]) -> list[Bin]:
    """The labels with the largest shares on either side, those that were frequent before first; the rest as one.

    >>> found = of_labels([Level(None, f"l{i:02}", 20 - i, 1) for i in range(20)])
    >>> found[0].label, len(found), found[-1].label, found[-1].pooled
    ('l00', 15, '', 6)
    """
    before, now = (max(sum(votes), NEAR) for votes in zip(*((one.before, one.now) for one in levels), strict=True))
    ranked = sorted(levels, key=lambda one: (-max(one.before / before, one.now / now), one.label or ""))
    single = ranked if len(ranked) <= MOST_LABELS else ranked[: MOST_LABELS - 1]
    rest = ranked[len(single) :]
    shown = sorted(single, key=lambda one: (-one.before, -one.now, one.label or ""))
    found = [Bin(None, None, one.before, one.now, one.label or "") for one in shown]
    if rest:
        found.append(Bin(None, None, _before(rest), _now(rest), "", len(rest)))
    return found


def _ends(placed: Placed) -> tuple[int, int]:
    """Between which places all votes of both sides lie but for the tails."""
    firsts, lasts = [], []
    for side in ("before", "now"):
        votes = [(place, float(getattr(one, side))) for place, one in placed]
        allowed = TAIL * sum(n for _, n in votes)
        if any(n for _, n in votes):
            firsts.append(_reaches(votes, allowed))
            lasts.append(_reaches(votes[::-1], allowed))
    return min(firsts), max(lasts)


def _reaches(votes: Sequence[tuple[int, float]], allowed: float) -> int:
    """The place at which more votes than allowed lie behind."""
    behind = 0.0
    for place, n in votes:
        behind += n
        if behind > allowed:
            return place
    return votes[-1][0]


def _edges(first: int, last: int, *, whole: bool) -> list[int]:
    width = ceil((last - first + 1) / MOST)
    edges = [first + width * i for i in range(ceil((last - first + 1) / width) + 1)]
    if not whole:
        return edges
    kept = edges[:1]
    for edge in edges[1:]:
        if ceil(RATIO ** kept[-1] - NEAR) < RATIO**edge - NEAR:
            kept.append(edge)
    return [*kept[:-1], edges[-1]] if len(kept) > 1 else edges


def _between(placed: Placed, first: int | None, last: int | None) -> Bin:
    held = [one for at, one in placed if (first is None or at >= first) and (last is None or at < last)]
    low, high = (None if end is None else RATIO**end for end in (first, last))
    return Bin(low, high, _before(held), _now(held))


def _summed(levels: Sequence[Level], low: float, high: float) -> Bin:
    held = [one for one in levels if one.value is not None and (low <= one.value < high or one.value == low)]
    return Bin(low, min(high, 1.0) if high > low else low, _before(held), _now(held))


def _before(held: Iterable[Level]) -> float:
    return sum(one.before for one in held)


def _now(held: Iterable[Level]) -> float:
    return sum(one.now for one in held)
