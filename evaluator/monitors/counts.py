"""A series' votes as arrays: buckets of 15 minutes by strata, for each indicator of its metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from evaluator.buckets import EPOCH, STEP
from evaluator.monitors import strata as pooling
from evaluator.monitors.indicators import DIGITS, Indicators
from store.cells import Cells, Stratum

Floats = NDArray[np.float64]
Places = Mapping[int, int]
"""The column of each stratum, by the hash that stands for it."""


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


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of one series: its reference and the clean votes over time, and the buckets of [start, until)."""

    start: datetime
    until: datetime
    reference: Cells
    clean: Cells
    buckets: Cells


def lay(rows: Rows, indicators: Indicators, strata: Mapping[int, Stratum]) -> Counts:
    """The rows on the grid; `strata` names the strata by their hash."""
    before, after = _votes(rows.reference, strata), _votes(rows.buckets, strata)
    for stratum, votes in _votes(rows.clean, strata).items():
        after[stratum] += votes
    own = pooling.grouped(before, after, by_hour=indicators.by_hour)
    names = tuple(sorted(set(own.values())))
    places = {key: names.index(own[stratum]) for key, stratum in strata.items() if stratum in own}
    grid = _Grid(indicators, places, len(names))
    length = max((rows.until - rows.start) // STEP, 0)
    n, x, r, rr = grid.sums(rows.buckets, (rows.start - EPOCH) // STEP, length)
    totals = (grid.totals(rows.reference), grid.totals(rows.clean))
    return Counts(rows.start, n, x, r, rr, names, *totals, indicators)


@dataclass(frozen=True, slots=True)
class _Grid:
    indicators: Indicators
    places: Places
    width: int

    def totals(self, cells: Cells) -> Totals:
        n, x, r, rr = self.sums(cells, 0, 1)
        return Totals(n[0], x[:, 0], r[0], rr[0])

    def sums(self, cells: Cells, first: int, length: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Votes (T, S), outcomes (J, T, S), ridits and their squares (T, S) of the buckets from `first` on."""
        at = (cells.bucket - first) * self.width + self._columns(cells)

        def laid(values: Floats) -> Floats:
            summed = np.bincount(at, weights=values, minlength=length * self.width)
            return np.asarray(summed, dtype=np.float64).round(DIGITS).reshape(length, self.width)

        outcomes, ridits = self.indicators.outcomes(cells), self.indicators.ridits(cells)
        x = np.stack([laid(outcome) for outcome in outcomes])
        return laid(cells.votes), x, laid(cells.votes * ridits), laid(cells.votes * ridits * ridits)

    def _columns(self, cells: Cells) -> NDArray[np.int64]:
        keys, at = np.unique(cells.stratum, return_inverse=True)
        columns = np.array([self.places[int(key)] for key in keys], dtype=np.int64)
        return columns[at] if len(keys) else np.zeros(0, dtype=np.int64)


def _votes(cells: Cells, strata: Mapping[int, Stratum]) -> defaultdict[Stratum, float]:
    found: defaultdict[Stratum, float] = defaultdict(float)
    keys, at = np.unique(cells.stratum, return_inverse=True)
    for key, votes in zip(keys, np.bincount(at, weights=cells.votes, minlength=len(keys)), strict=True):
        found[strata[int(key)]] += float(votes)
    return found
