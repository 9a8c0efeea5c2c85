"""From the store to counts: what the looks at many monitors need, in few queries, some dozens of series at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evaluator.buckets import STEP
from evaluator.monitors.counts import Counts, Rows, lay
from evaluator.monitors.follow import WINDOW
from evaluator.monitors.indicators import indicators
from evaluator.monitors.metrics import Kind, Metric
from store import cells
from store.rollup import Window

if TYPE_CHECKING:
    from store.cells import Cells, Stratum
    from store.database import Connection
    from store.records import Baseline, Series

AT_ONCE = 48
"""Series that are read at a time: memory stays flat however many there are."""
WHOLE_DAY = timedelta(days=1)
"""A shorter baseline has not seen every hour: hours that it has not seen would have nothing to be compared with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read: a series with its baseline, the evidence since `restart`, buckets of [start, until)."""

    series: Series
    metric: Metric
    baseline: Baseline
    restart: datetime
    start: datetime
    until: datetime


def wanted(series: Series, metric: Metric, baseline: Baseline, *, span: tuple[datetime, datetime, datetime]) -> Wanted:
    """What the looks of a series need: `span`: where its evidence begins, the last look taken (while an alert fires,
    the one that raised it), until when to look.

    Buckets begin a window before the first look that is owed; what lies before is read as sums.
    """
    restart, looked, until = span
    return Wanted(series, metric, baseline, restart, min(max(restart, looked - WINDOW * STEP), until), until)


def read(c: Connection, chunk: Sequence[Wanted]) -> Iterator[Rows]:
    """The rows of each, in order; some dozens at a time keep memory flat."""
    rates = [one for one in chunk if one.metric.kind is Kind.RATE]
    others = [one for one in chunk if one.metric.kind is not Kind.RATE]
    found = {id(one): parts for one, parts in _parts(c, rates, cells.of_rates)}
    found |= {id(one): parts for one, parts in _parts(c, others, cells.of_values)}
    for one in chunk:
        yield Rows(one.start, one.until, *found[id(one)])


@dataclass(slots=True)
class Names:
    """What the hashes in rows stand for. Read once for many series, and again where a row has a new one."""

    strata: Mapping[int, Stratum] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)

    def know(self, c: Connection, rows: Rows) -> None:
        """Makes sure that all hashes in these rows are known."""
        parts = (rows.reference, rows.clean, rows.buckets)
        strata = {int(key) for part in parts for key in np.unique(part.stratum)}
        labels = {int(key) for part in parts for key in np.unique(part.label)} - {0}
        if not (strata <= self.strata.keys() and labels <= self.labels.keys()):
            self.strata, self.labels = cells.strata(c), cells.labels(c)


def counts(one: Wanted, rows: Rows, names: Names) -> Counts | None:
    """The rows as counts; None where the baseline holds no vote."""
    by_hour = one.baseline.end_at - one.baseline.start_at >= WHOLE_DAY
    found = indicators(one.metric, rows.reference, names.labels, by_hour=by_hour)
    return None if found is None else lay(rows, found, names.strata)


def _parts(
    c: Connection, chosen: Sequence[Wanted], read: cells.Read
) -> Iterator[tuple[Wanted, tuple[Cells, Cells, Cells]]]:
    """Reference, clean votes and buckets of each."""
    if not chosen:
        return
    reference = read(c, [Window(one.series, one.baseline.start_at, one.baseline.end_at) for one in chosen], summed=True)
    clean = read(c, [Window(one.series, one.restart, one.start) for one in chosen], summed=True)
    buckets = read(c, [Window(one.series, one.start, one.until) for one in chosen])
    parts = zip(*(found.split(len(chosen)) for found in (reference, clean, buckets)), strict=True)
    yield from zip(chosen, parts, strict=True)
