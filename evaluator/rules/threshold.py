"""What a plain rule says at each look: a pure function of counts per quarter hour.

Every rule is the same question: is the share of bad ones in the window above a limit? For "down 5 points" a bad one is
a failed vote and the limit the baseline's share plus 5 points; for "p95 above 10 s" it is a request of more than 10 s
and the limit 5 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evaluator.alerts.state import Action, State
from evaluator.buckets import PER_DAY

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
LONGEST = 30 * PER_DAY
"""A window of votes goes back no further, in quarter hours."""
ROUNDING = 1e-9
"""Sums of fractional votes may miss each other by this much; a share at the limit is not above it."""


class Reason(StrEnum):
    """Why a rule stands where it stands after a look."""

    OVER = "over"
    OVER_TOO_SHORT = "over_too_short"
    WITHIN = "within"
    WITHIN_TOO_SHORT = "within_too_short"
    INSUFFICIENT = "insufficient"
    NO_DATA = "no_data"
    NO_BASELINE = "no_baseline"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule as numbers: `at` is reached when `inclusive`, else it must be passed; None: nothing to compare with.

    `buckets` is the window's length, or None when it is `votes` long.
    """

    at: float | None
    buckets: int | None
    votes: int | None
    min_n: int
    for_looks: int
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """Per quarter hour, oldest first: how many there were, their weight, and the weight of the bad ones."""

    n: Floats
    weight: Floats
    bad: Floats

    def __len__(self) -> int:
        return len(self.n)


@dataclass(frozen=True, slots=True)
class Window:
    """What lay in the window at a look: how many, and the share of bad ones (None without any)."""

    n: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a look after `end` quarter hours said and did."""

    end: int
    window: Window
    action: Action
    reason: Reason
    state: State


def first_buckets(n: Floats, ends: Indices, rule: Threshold) -> Indices:
    """Where the window of each look begins; one of votes is the shortest of whole quarter hours that holds them.

    >>> rule = Threshold(0.1, None, 10, 10, 1)
    >>> first_buckets(np.array([6.0, 5.0, 0.0, 5.0]), np.array([1, 2, 4]), rule).tolist()
    [0, 0, 1]
    """
    if rule.buckets is not None:
        return np.maximum(ends - rule.buckets, 0)
    running = np.concatenate([[0.0], np.cumsum(n)])
    found = np.searchsorted(running, running[ends] - float(rule.votes or 0), side="right") - 1
    return np.maximum(np.maximum(found, ends - LONGEST), 0)


def over(n: Floats, share: Floats, rule: Threshold) -> NDArray[np.int8]:
    """Per look 1 over the limit, 0 within it, -1 when nothing can be said.

    >>> over(np.array([100.0, 100.0, 99.0]), np.array([0.03, 0.02, 0.5]), Threshold(0.02, 4, None, 100, 1)).tolist()
    [1, 0, -1]
    """
    if rule.at is None:
        return np.full(len(n), -1, dtype=np.int8)
    passed = share >= rule.at - ROUNDING if rule.inclusive else share > rule.at + ROUNDING
    return np.where(n >= rule.min_n, passed, -1).astype(np.int8)


def windows(tally: Tally, ends: Indices, rule: Threshold) -> tuple[Floats, Floats]:
    """How many lay in the window of each look, and the share of bad ones (NaN without any)."""
    first = first_buckets(tally.n, ends, rule)
    n, weight, bad = (_between(values, first, ends) for values in (tally.n, tally.weight, tally.bad))
    share = np.divide(bad, weight, out=np.full(len(ends), np.nan), where=weight > 0)
    return n, share


def judge(tally: Tally, ends: range, rule: Threshold, *, firing: bool) -> list[Judged]:
    """The looks after `ends` quarter hours, in order. It fires once `for_looks` in a row were over, and so it resolves.

    >>> table = Tally(np.full(4, 100.0), np.full(4, 100.0), np.array([1.0, 9.0, 9.0, 1.0]))
    >>> [str(one.action) for one in judge(table, range(1, 5), Threshold(0.05, 1, None, 100, 2), firing=False)]
    ['stay', 'stay', 'fire', 'stay']
    """
    if not len(ends):
        return []
    # The looks before the first one count for how long it has lasted.
    earlier = np.arange(max(ends[0] - rule.for_looks + 1, 1), ends[-1] + 1)
    n, share = windows(tally, earlier, rule)
    said = over(n, share, rule)
    lasting = _runs(said) >= rule.for_looks
    found: list[Judged] = []
    for end in ends:
        place = end - int(earlier[0])
        window = Window(float(n[place]), None if np.isnan(share[place]) else float(share[place]))
        one = _step(end, window, firing, (int(said[place]), bool(lasting[place]), rule.at is not None))
        found.append(one)
        firing = one.state is State.FIRING
    return found


def _runs(said: NDArray[np.int8]) -> Indices:
    """How many looks in a row, up to each, said the same."""
    place = np.arange(len(said))
    changed = np.concatenate([[True], said[1:] != said[:-1]])
    runs: Indices = place - np.maximum.accumulate(np.where(changed, place, 0)) + 1
    return runs


def _step(end: int, window: Window, firing: bool, said: tuple[int, bool, bool]) -> Judged:
    """What a look does; `said` is over, within or nothing, whether that lasts, and whether there is a limit at all."""
    now, lasts, comparable = said
    stays, waits = (State.FIRING, State.FIRING) if firing else (State.OK, State.PENDING)
    if now == 1:
        if lasts:
            return Judged(end, window, Action.STAY if firing else Action.FIRE, Reason.OVER, State.FIRING)
        return Judged(end, window, Action.STAY, Reason.OVER_TOO_SHORT, waits)
    if now == 0:
        if lasts:
            return Judged(end, window, Action.RESOLVE if firing else Action.STAY, Reason.WITHIN, State.OK)
        return Judged(end, window, Action.STAY, Reason.WITHIN_TOO_SHORT, stays)
    if not comparable:
        reason, state = Reason.NO_BASELINE, State.INSUFFICIENT
    elif window.n > 0:
        reason, state = Reason.INSUFFICIENT, State.INSUFFICIENT
    else:
        reason, state = Reason.NO_DATA, State.NO_DATA
    return Judged(end, window, Action.STAY, reason, State.FIRING if firing else state)


def _between(values: Floats, first: Indices, ends: Indices) -> Floats:
    running: Floats = np.concatenate([[0.0], np.cumsum(values)])
    between: Floats = running[ends] - running[first]
    return between
