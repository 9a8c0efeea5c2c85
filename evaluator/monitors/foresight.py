"""What a monitor could notice with a baseline of so many votes, in a sentence: the planner's answer for one window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from evaluator.drift.planner import detectable

DAYS = 7
FALL = 0.05
"""The fall that a good baseline shows."""
BEYOND = 0.9
"""Of numbers and labels no one rate is watched: a share of one in ten stands for the many."""
GROWTH, SIZES = 1.1, 80


@dataclass(frozen=True, slots=True)
class Held:
    """What a window holds: votes, the good share among them (None: many shares are watched), and today's votes a day.

    `arl` is the evidence that raises an alarm, `min_drop` the smallest drop that does.
    """

    votes: float
    rate: float | None
    per_day: float
    arl: float
    min_drop: float

    @property
    def planned(self) -> float:
        """The rate to plan with."""
        return BEYOND if self.rate is None else self.rate


def noticed(held: Held) -> float | None:
    """The smallest drop that is found half of the time within 7 days with this window alone; None when none is.

    >>> round(noticed(Held(600, 0.95, 480, 2880, 0.02)), 3)
    0.032
    """
    found = detectable(held.planned, held.per_day, held.votes, DAYS, held.arl)
    return None if found is None else max(found, held.min_drop)


def in_words(held: Held) -> str:
    """What the window holds, what would be noticed with it, and what it takes to notice a fall of 5 points.

    >>> print(in_words(Held(30, 0.95, 480, 2880, 0.02)).replace(". ", ".\\n").replace("; ", ";\\n"))
    The window holds 30 votes.
    With it, nothing smaller than 32 points would be noticed in 7 days at today's 480 votes a day;
    a baseline of 330 votes would notice 5 points.
    """
    holds = f"The window holds {held.votes:,.0f} vote{'' if round(held.votes) == 1 else 's'}."
    if held.per_day <= 0:
        return f"{holds} No votes came of late: there would be nothing to notice a fall in."
    smallest = noticed(held)
    least = "no fall at all" if smallest is None else f"nothing smaller than {_points(smallest)}"
    share = " in a share of one in ten" if held.rate is None else ""
    at = f"in {DAYS} days at today's {held.per_day:,.0f} votes a day"
    return f"{holds} With it, {least}{share} would be noticed {at}{_better(held, smallest)}."


def _better(held: Held, smallest: float | None) -> str:
    """The votes that would notice a fall of 5 points, where the window does not and more would."""
    if held.planned <= FALL or held.min_drop > FALL or (smallest is not None and smallest <= FALL):
        return ""
    needed = next((n for n in _sizes(held.votes) if (noticed(replace(held, votes=n)) or 1.0) <= FALL), None)
    return "" if needed is None else f"; a baseline of {needed:,.0f} votes would notice {_points(FALL)}"


def _sizes(votes: float) -> Iterator[float]:
    """Round numbers of votes above this one, each a tenth or so larger than the one before."""
    return (float(f"{size:.2g}") for size in (max(votes, 10.0) * GROWTH**i for i in range(1, SIZES)))


def _points(drop: float) -> str:
    return f"{100 * drop:.2g} points"
