"""The baselines that monitors have and had: what each window holds, and what can be noticed with those in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluator.api.baseline_shapes import BaselineView
from evaluator.buckets import STEP, floor
from evaluator.monitors import foresight, views
from evaluator.monitors.budget import arls
from evaluator.monitors.foresight import Held
from evaluator.monitors.metrics import Kind, metric_of
from evaluator.settings import Settings
from store import monitors as monitor_store
from store import rollup
from store.database import Connection
from store.records import Baseline, Monitor, Series
from store.rollup import Total, Window

WEEK = timedelta(days=8)
"""Days of votes that are read for the votes a day; the first of them is cut off."""
DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Lens:
    """How the monitors are watched: the settings, and the evidence that raises an alarm by monitor (others end)."""

    settings: Settings
    arls: Mapping[str, float]

    @classmethod
    def over(cls, settings: Settings, known: Sequence[Monitor]) -> Lens:
        """Over all monitors of a store."""
        return cls(settings, arls(settings, [one for one in known if one.state not in views.ENDED]))

    def window(self, series: Series, start: datetime, end: datetime) -> Window:
        """A span of the series, counting as passes what a rate is of."""
        return Window(series, start, end, metric_of(self.settings, series).rate_of)

    def held(self, monitor: Monitor, total: Total, per_day: float) -> Held | None:
        """What a window of the monitor holds; None of a monitor that is not watched."""
        arl, metric = self.arls.get(monitor.monitor_id), metric_of(self.settings, monitor.series)
        if arl is None:
            return None
        rate = _rate(metric.kind, total)
        good = rate if rate is None or metric.direction == "down" else 1.0 - rate
        return Held(total.votes, good, per_day, arl, metric.min_drop)

    def view(self, monitor: Monitor, made: Baseline, total: Total, per_day: float | None) -> BaselineView:
        """One baseline; `per_day` are the monitor's votes a day, None when a newer one is in its place."""
        held = None if per_day is None else self.held(monitor, total, per_day)
        series = monitor.series
        return BaselineView(
            monitor_id=made.monitor_id,
            feature=series.feature,
            judge=series.judge,
            judge_version=series.judge_version,
            metric=series.metric,
            version=made.version,
            origin=made.origin,
            start_at=made.start_at,
            end_at=made.end_at,
            created_at=made.created_at,
            note=made.note,
            in_use=per_day is not None,
            votes=total.votes,
            rate=_rate(metric_of(self.settings, series).kind, total),
            noticed=held and foresight.noticed(held),
            in_words=foresight.in_words(held) if held else "",
        )


def listed(
    c: Connection, settings: Settings, now: datetime, wanted: Callable[[Series], bool], *, replaced: bool
) -> list[BaselineView]:
    """The baselines of the series that are wanted, by series, newest first; with those that were `replaced`, or not."""
    known = {one.monitor_id: one for one in monitor_store.monitors(c)}
    lens = Lens.over(settings, list(known.values()))
    every = monitor_store.every_baseline(c) if replaced else monitor_store.baselines(c)
    found = [one for one in every if one.monitor_id in known and wanted(known[one.monitor_id].series)]
    in_use = {one.monitor_id: one.version for one in reversed(found)}
    totals = rollup.totals(c, [lens.window(known[b.monitor_id].series, b.start_at, b.end_at) for b in found])
    per_day = _per_day(c, [known[name] for name in in_use], floor(now) + STEP)
    shown = [
        lens.view(known[b.monitor_id], b, total, per_day[b.monitor_id] if b.version == in_use[b.monitor_id] else None)
        for b, total in zip(found, totals, strict=True)
    ]
    return sorted(shown, key=lambda one: (one.feature, not one.judge, one.judge, one.metric, one.judge_version))


def _per_day(c: Connection, chosen: Sequence[Monitor], until: datetime) -> dict[str, float]:
    days = rollup.steps(c, [Window(one.series, until - WEEK, until) for one in chosen], DAY_MINUTES)
    return {one.monitor_id: views.votes_per_day(d, until) for one, d in zip(chosen, days, strict=True)}


def _rate(kind: Kind, total: Total) -> float | None:
    """The share that a rate is; None of numbers and labels, and without votes."""
    return total.passes / total.votes if total.votes and kind in (Kind.RATE, Kind.FLAG) else None
