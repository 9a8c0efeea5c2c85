"""The drop measured anew, from the votes that came after the alarm: at the alarm it tends to read too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluator.drift.drop import Drop, measure
from evaluator.monitors import reading
from evaluator.monitors.metrics import metric_of
from evaluator.monitors.reading import Wanted
from store.cells import Stretch

if TYPE_CHECKING:
    from collections.abc import Sequence
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


def since_alarm(c: Connection, known: Sequence[Watched], settings: Settings, until: datetime) -> dict[str, Drop]:
    """The drops of firing monitors since they fired, by monitor id; without those that have had no vote since."""
    firing = [
        (one.monitor, one.baseline, one.alert)
        for one in known
        if one.alert and one.baseline and one.alert.fired_at < until
    ]
    told = [
        Wanted(
            metric_of(settings, monitor.series),
            Stretch(monitor.series, base.start_at, base.end_at, alert.fired_at, alert.fired_at, until),
        )
        for monitor, base, alert in firing
    ]
    drops = {}
    for place, counts in reading.each(c, told):
        monitor, _, alert = firing[place]
        drop = between(counts, 0, len(counts), counts.indicators.told(alert.evidence))
        if drop is not None:
            drops[monitor.monitor_id] = drop
    return drops
