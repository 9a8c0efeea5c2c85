"""Which labels count, so that they are a random part of a known time? Those before which in the order none is lacking.

Each verdict has a place in [0, 1) that knows nothing of it (place_of in store/sql). People are asked in the order of
places, passes and fails apart. So of everything judged in a time [start, end), the labelled passes up to the first one
that nobody labelled are a random part of its passes, and fails likewise: whoever labels something else, or leaves
something out, changes how many labels count, never which way they lean.

Traffic goes on: some of what came since has a place before labelled ones. Until those are labelled too, labels beyond
the first of them count only for a time that ends before it came. Of all ends, the one is taken for which most pairs
of a pass and a fail count, and of equal ones the latest. It follows from places and times alone, so it cannot lean.

This is bottom-k sampling with permanent random numbers: E. Cohen, H. Kaplan, PODC 2007, "Summarizing data using
bottom-k sketches"; E. Ohlsson, in "Business Survey Methods" (1995), ch. 9. Deviation: the end is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from store.labels import Judged

Bools = np.typing.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Horizon:
    """The time [start, end) that labels tell of, and the places of the first pass and fail that nobody labelled."""

    start: datetime
    end: datetime
    first_pass: float
    first_fail: float

    def counts(self, one: Judged) -> bool:
        """Whether the label on this verdict counts."""
        first = self.first_pass if one.verdict else self.first_fail
        return self.start <= one.judged_at < self.end and one.place < first


def horizon(drawn: Sequence[Judged], passed_over: Sequence[Judged], window: timedelta, now: datetime) -> Horizon:
    """Where most of the verdicts that were `drawn` count; nobody labelled those that were `passed_over`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> drawn = [Judged(place, noon, True) for place in (0.1, 0.2, 0.3)]
    >>> late = [Judged(0.15, noon + timedelta(hours=1), True)]
    >>> found = horizon(drawn, late, timedelta(days=30), noon + timedelta(hours=2))
    >>> found.end - noon, [found.counts(one) for one in drawn]
    (datetime.timedelta(seconds=3600), [True, True, True])
    """
    labelled, lacking = _Places(drawn), _Places(passed_over)
    best, most = Horizon(now - window, now, 1.0, 1.0), -1
    for end in [now, *sorted({one.judged_at for one in passed_over if one.judged_at < now}, reverse=True)]:
        start = end - window
        tried = Horizon(start, end, lacking.first(start, end, True), lacking.first(start, end, False))
        if (pairs := labelled.pairs(tried)) > most:
            best, most = tried, pairs
    return best


class _Places:
    """Verdicts as arrays: a horizon is tried at every time at which something was passed over."""

    def __init__(self, found: Sequence[Judged]) -> None:
        self.place = np.array([one.place for one in found])
        self.at = np.array([one.judged_at.timestamp() for one in found])
        self.passed = np.array([one.verdict for one in found], dtype=bool)

    def first(self, start: datetime, end: datetime, passed: bool) -> float:
        """The first place of a pass or a fail in this time; 1 where there is none."""
        return float(self.place[self._within(start, end) & (self.passed == passed)].min(initial=1.0))

    def pairs(self, tried: Horizon) -> int:
        """How many pairs of a pass and a fail count; one of each is added, because one kind alone tells something."""
        within = self._within(tried.start, tried.end)
        passes = within & self.passed & (self.place < tried.first_pass)
        fails = within & ~self.passed & (self.place < tried.first_fail)
        return int((passes.sum() + 1) * (fails.sum() + 1))

    def _within(self, start: datetime, end: datetime) -> Bools:
        return np.asarray((self.at >= start.timestamp()) & (self.at < end.timestamp()))
