"""A series' votes as arrays: buckets of 15 minutes by strata, for each indicator of its metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from evaluator.buckets import STEP
from evaluator.monitors import strata as pooling
from evaluator.monitors.indicators import Indicators
from store.cells import BASELINE, CLEAN, FIRST, Cells, Stratum, Stretch

Floats = NDArray[np.float64]
DIGITS = 9
"""Sums of votes are rounded to so many digits, so that they do not depend on the order of the rows."""
WHOLE_DAY = timedelta(days=1)
"""A shorter baseline has not seen every hour: hours that it has not seen would have nothing to be compared with."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Votes n (S,) and, per indicator, those with its outcome x (J, S); sums of ridits and of their squares (S,)."""

    n: Floats
    x: Floats
    r: Floats
    rr: Floats

    def __add__(self, other: Totals) -> Totals:
        return Totals(self.n + other.n, self.x + other.x, self.r + other.r, self.rr + other.rr)


@dataclass(frozen=True, slots=True)
class Counts:
    """Votes `n` (T, S), outcomes `x` (J, T, S) of T consecutive buckets from `start`, oldest first, in S strata.

    `r` and `rr` (T, S) are sums of ridits and of their squares. `reference` is what they are compared with, `clean` the
    votes between the last restart of the watching and `start`.
    """

    start: datetime
    n: Floats
    x: Floats
    r: Floats
    rr: Floats
    strata: tuple[Stratum, ...]
    reference: Totals
    clean: Totals
    indicators: Indicators

    def __len__(self) -> int:
        return len(self.n)

    def index(self, moment: datetime) -> int:
        """The bucket index of `moment`, clipped to [0, T]."""
        return min(max((moment - self.start) // STEP, 0), len(self))

    def time(self, index: int) -> datetime:
        """The start of bucket `index`."""
        return self.start + index * STEP

    def total(self, start: int, end: int) -> Totals:
        """The votes of buckets [start, end)."""
        n, r, rr = (values[start:end].sum(axis=0) for values in (self.n, self.r, self.rr))
        return Totals(n, self.x[:, start:end].sum(axis=1), r, rr)


def buckets(stretch: Stretch) -> int:
    """How many quarter hours are looked at one by one."""
    return max((stretch.until - stretch.start_at) // STEP, 0)


def lay(stretch: Stretch, cells: Cells, indicators: Indicators, strata: Sequence[Stratum]) -> Counts:
    """The cells of a stretch on the grid; `strata` are the strata by the number that cells have for them."""
    by_hour = stretch.baseline_end_at - stretch.baseline_at >= WHOLE_DAY
    names, column = _columns(cells, by_hour, strata)
    length = buckets(stretch) - BASELINE
    at = (cells.position - BASELINE) * len(names) + column

    def laid(values: Floats, place: NDArray[np.int64] = at, width: int = 1) -> Floats:
        summed = np.bincount(place, weights=values, minlength=length * len(names) * width)
        return np.asarray(summed, dtype=np.float64).reshape(length, len(names), width)

    kinds = indicators.patterns.shape[1]
    by_pattern = laid(cells.passes, at * kinds + cells.pattern, kinds)
    ridit = cells.votes * cells.ridit
    n, r, rr = (laid(values)[..., 0].round(DIGITS) for values in (cells.votes, ridit, ridit * cells.ridit))
    x = np.ascontiguousarray(np.moveaxis(by_pattern @ indicators.patterns.T.astype(float), -1, 0)).round(DIGITS)
    first = FIRST - BASELINE
    before, clean = (Totals(n[row], x[:, row], r[row], rr[row]) for row in (BASELINE - BASELINE, CLEAN - BASELINE))
    return Counts(stretch.start_at, n[first:], x[:, first:], r[first:], rr[first:], names, before, clean, indicators)


def _columns(cells: Cells, by_hour: bool, strata: Sequence[Stratum]) -> tuple[tuple[Stratum, ...], NDArray[np.int64]]:
    """The strata that votes are compared in, and which of them each cell lies in."""
    is_before = cells.position == BASELINE
    before, seen = (
        np.bincount(cells.stratum, weights=cells.votes * part, minlength=len(strata))
        for part in (is_before, ~is_before)
    )
    here = np.flatnonzero(before + seen).tolist()
    own = pooling.grouped(
        {strata[at]: float(before[at]) for at in here}, {strata[at]: float(seen[at]) for at in here}, by_hour=by_hour
    )
    names = tuple(sorted(set(own.values())))
    column = np.zeros(len(strata), dtype=np.int64)
    column[here] = [names.index(own[strata[at]]) for at in here]
    return names, column[cells.stratum]
