"""From the store to counts: what the looks at many monitors need, in few queries over many series at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import structlog

from evaluator.buckets import STEP
from evaluator.monitors.counts import Counts, lay
from evaluator.monitors.follow import WINDOW
from evaluator.monitors.indicators import Indicators, indicators, of_rate
from evaluator.monitors.metrics import Kind, Metric
from store import cells
from store.cells import BASELINE, Stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from store.cells import Cells, Levels, Stratum
    from store.database import Connection
    from store.records import Baseline, Series

log = structlog.get_logger(__name__)

AT_ONCE = 400
"""Series that are read at a time: memory stays flat however many there are."""
MOST_ROWS = 2_500_000
"""Rows that are read at a time: it stays flat however much traffic there is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read: the stretch of a series, and how its metric is watched."""

    metric: Metric
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of one series."""

    stretch: Stretch
    indicators: Indicators
    cells: Cells


@dataclass(slots=True)
class Strata:
    """Which strata the hashes in cells stand for. Read once for many looks, and again where a cell has a new one."""

    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    names: tuple[Stratum, ...] = ()

    def number(self, c: Connection, found: Cells) -> Cells:
        """The cells with each stratum's number in `names` in place of its hash."""
        if not np.isin(found.stratum, self.hashes).all():
            self.hashes, self.names = cells.strata(c)
        return replace(found, stratum=self.hashes.searchsorted(found.stratum))

    def counts(self, rows: Rows) -> Counts:
        """The rows as counts."""
        return lay(rows.stretch, rows.cells, rows.indicators, self.names)


def wanted(series: Series, metric: Metric, baseline: Baseline, *, span: tuple[datetime, datetime, datetime]) -> Wanted:
    """What the looks of a series need: `span`: where its evidence begins, the last look taken (while an alert fires,
    the one that raised it), until when to look.

    Quarter hours begin a window before the first look that is owed; what lies before is read as sums.
    """
    restart, looked, until = span
    start = min(max(restart, looked - WINDOW * STEP), until)
    return Wanted(metric, Stretch(series, baseline.start_at, baseline.end_at, restart, start, until))


def read(c: Connection, wanted: Sequence[Wanted], strata: Strata, most: int = MOST_ROWS) -> Iterator[tuple[int, Rows]]:
    """What was read of each, with its place, in no order; without those whose baseline holds no vote.

    Not many more than `most` rows are read at a time.
    """
    rates = [place for place, one in enumerate(wanted) if one.metric.kind is Kind.RATE]
    others = [place for place, one in enumerate(wanted) if one.metric.kind is not Kind.RATE]
    for chosen, of_kind in ((rates, _rates), (others, _others)):
        if chosen:
            for place, rows in of_kind(c, [wanted[place] for place in chosen], strata, most):
                yield chosen[place], rows


def each(
    c: Connection, wanted: Sequence[Wanted], *, at_once: int = AT_ONCE, most: int = MOST_ROWS
) -> Iterator[tuple[int, Counts]]:
    """The counts of each with its place, in no order; without those whose baseline holds no vote."""
    strata = Strata()
    for first in range(0, len(wanted), at_once):
        for place, rows in read(c, wanted[first : first + at_once], strata, most):
            yield first + place, strata.counts(rows)


def _rates(c: Connection, chosen: Sequence[Wanted], strata: Strata, most: int) -> Iterator[tuple[int, Rows]]:
    stretches = [one.stretch for one in chosen]
    for portion in _portions(dict(enumerate(cells.rows_of_rates(c, stretches))), most):
        for at, own in zip(portion, cells.of_rates(c, [stretches[at] for at in portion]), strict=True):
            if own.votes[own.position == BASELINE].sum() > 0:
                yield at, Rows(stretches[at], of_rate(chosen[at].metric), strata.number(c, own))


def _others(c: Connection, chosen: Sequence[Wanted], strata: Strata, most: int) -> Iterator[tuple[int, Rows]]:
    """The levels of a stretch give its indicators, and by these its votes are read."""
    levels = cells.levels(c, [one.stretch for one in chosen])
    watched = {place: how for place, one in enumerate(chosen) if (how := _indicators(one, levels[place]))}
    for portion in _portions({place: int(levels[place].rows.sum()) for place in watched}, most):
        coded = [(chosen[at].stretch, levels[at], watched[at].coding) for at in portion]
        for at, own in zip(portion, cells.of_values(c, coded), strict=True):
            yield at, Rows(chosen[at].stretch, watched[at], strata.number(c, own))


def _portions(rows: Mapping[int, int], most: int) -> Iterator[list[int]]:
    """The places with so many rows each, in portions of at most `most` rows, or of one place.

    >>> list(_portions({0: 3, 1: 9, 2: 1, 3: 1}, 4))
    [[0], [1], [2, 3]]
    """
    portion: list[int] = []
    for place, n in rows.items():
        if portion and sum(rows[one] for one in portion) + n > most:
            yield portion
            portion = []
        portion.append(place)
    if portion:
        yield portion


def _indicators(one: Wanted, levels: Levels) -> Indicators | None:
    try:
        return indicators(one.metric, levels)
    except (ValueError, ArithmeticError) as error:
        # One series that cannot be looked at must not blind the others.
        series = one.stretch.series
        log.error("series not read", feature=series.feature, metric=series.metric, error=type(error).__name__)
        return None
