"""The windows of a monitor that people see, and what is counted in them: its baseline, since then, now, day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.monitors.metrics import METRICS
from evaluator.waiting import Span
from store import rollup
from store.database import Connection
from store.rollup import Total, Window

if TYPE_CHECKING:
    from evaluator.monitors.views import Watched

DAY = timedelta(days=1)
RECENT_DAYS = 14
DAY_MINUTES = 1440
Waits = Callable[[Connection, Sequence[Span]], Sequence[int]]
"""Answers how many samples of each span of a series wait for their verdict (evaluator.waiting)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What is counted of one monitor: in its baseline, votes in the clean time after it, now with what waits there, and
    in each of the last days."""

    reference: Total
    clean: float
    current: Total
    waiting: int
    days: Sequence[Total]


def sums(c: Connection, found: Sequence[Watched], until: datetime, waiting: Waits) -> list[Sums]:
    """What is counted of each as of `until`, in one query per kind of window."""
    now = [current(one, until) for one in found]
    columns = (
        rollup.totals(c, [_reference(one, until) for one in found]),
        rollup.votes(c, [_clean(one, until) for one in found]),
        rollup.totals(c, now),
        waiting(c, [(one.series, one.start_at, one.end_at) for one in now]),
        rollup.steps(c, [window(one, until - RECENT_DAYS * DAY, until) for one in found], DAY_MINUTES),
    )
    return [Sums(*row) for row in zip(*columns, strict=True)]


def window(one: Watched, start: datetime, end: datetime) -> Window:
    """A span of the monitor's series, counting the share that its last look spoke of."""
    series = one.monitor.series
    return Window(series, start, end, one.check.share if one.check else METRICS[series.metric].rate_of)


def current(one: Watched, until: datetime) -> Window:
    """Since the onset while an alert fires, else the last day. A look may lose the onset; the alert still knows it."""
    since = until - DAY
    if one.alert and one.check:
        told = one.alert.evidence["onset"]["at"]
        since = one.check.onset_at or (datetime.fromisoformat(told) if told else one.alert.fired_at)
    return window(one, since, until)


def every_day(days: Sequence[Total], until: datetime) -> list[Total]:
    """The UTC days from the first that has anything to the one of `until`; those without votes count nothing."""
    if not days:
        return []
    known, first = {total.start_at: total for total in days}, days[0].start_at
    count = max((until - first) // DAY + 1, 1)
    return [known.get(day, Total(day)) for day in (first + n * DAY for n in range(count))]


def _reference(one: Watched, until: datetime) -> Window:
    return window(one, one.baseline.start_at, one.baseline.end_at) if one.baseline else window(one, until, until)


def _clean(one: Watched, until: datetime) -> Window:
    """What came after the baseline and before a fall: it enlarges the reference."""
    start = max(one.monitor.restart_at or until, one.baseline.end_at) if one.baseline else until
    end = current(one, until).start_at if one.alert else until
    return window(one, start, max(start, end))
