"""The drop measured anew, from the votes that came after the alarm: at the alarm it tends to read too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluator.drift.drop import Drop, measure
from evaluator.monitors import reading
from evaluator.monitors.metrics import metric_of
from evaluator.monitors.reading import Names, Wanted

if TYPE_CHECKING:
    from datetime import datetime

    from evaluator.monitors.counts import Counts
    from evaluator.monitors.views import Watched
    from evaluator.settings import Settings
    from store.database import Connection


def between(counts: Counts, start: int, end: int, reading: int) -> Drop | None:
    """How much worse than the baseline the votes of buckets [start, end) are at the same mix; None without any."""
    votes, reference = counts.total(start, end), counts.reference
    if not votes.n.sum() > 0 or not reference.n.sum() > 0:
        return None
    x, ref_x = votes.x[reading], reference.x[reading]
    if counts.indicators.bad[reading] == "up":
        x, ref_x = votes.n - x, reference.n - ref_x
    return measure(votes.n, x.clip(0.0, votes.n), reference.n, ref_x.clip(0.0, reference.n))


def since_alarm(c: Connection, one: Watched, settings: Settings, until: datetime) -> Drop | None:
    """The drop of a firing monitor since it fired; None while no vote has come since."""
    if one.alert is None or one.baseline is None or one.alert.fired_at >= until:
        return None
    fired = one.alert.fired_at
    metric = metric_of(settings, one.monitor.series)
    wanted = Wanted(one.monitor.series, metric, one.baseline, fired, fired, until)
    [rows] = reading.read(c, [wanted])
    names = Names()
    names.know(c, rows)
    counts = reading.counts(wanted, rows, names)
    if counts is None:
        return None
    return between(counts, 0, len(counts), counts.indicators.told(one.alert.evidence))
