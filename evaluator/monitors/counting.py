"""Before a look: verdicts and samples are counted, new series get a monitor, late ones call their looks back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from evaluator.alerts.state import State
from evaluator.buckets import floor
from evaluator.monitors.metrics import METRICS, monitor_id
from evaluator.monitors.segments import chosen
from evaluator.settings import Settings
from store import hours as traffic
from store import markers, rollup, samples, segments, usage, verdict_hours, verdicts
from store import monitors as monitor_store
from store.database import Connection
from store.records import Monitor, Series
from store.rollup import Counted, Source, source
from store.store import Store
from store.votes import OF_NO_SAMPLE

GRACE = timedelta(hours=1)
"""What a judge has not scored by then counts as unscored."""
Unscored = Callable[[Connection, Mapping[Source, datetime], datetime], Sequence[Counted]]
"""Answers what was not scored in the quarter hours before a time that are not counted (evaluator.waiting)."""


class Counting:
    """Keeps the rollup and the list of monitors up to date with what came in."""

    def __init__(self, store: Store, settings: Settings, unscored: Unscored) -> None:
        self._store = store
        self._settings = settings
        self._unscored = unscored

    def bring_up_to_date(self, until: datetime, now: datetime) -> None:
        """Counts everything that came in; hours and unscored samples up to `until`, the present being `now`."""
        with self._store.read() as c:
            unscored = self._unscored(c, rollup.unscored_until(c), floor(min(until, now) - GRACE))
        self._store.run(partial(_count, keys=self._keys, unscored=unscored, until=floor(until), now=now)).result()

    def choose_segments(self, windows: Mapping[str, tuple[datetime, datetime]], now: datetime) -> bool:
        """Chooses the segments of features that have none and get their first baseline; whether any was chosen."""
        with self._store.read() as c:
            known = segments.chosen(c)
            open_ = {
                feature: window
                for feature, window in windows.items()
                if feature not in known and self._settings.feature(feature).segments is None
            }
            found = {feature: chosen(segments.values(c, feature, *window)) for feature, window in open_.items()}
        if found:
            self._store.run(partial(segments.choose, found=found, chosen_at=now)).result()
        return any(found.values())

    def _keys(self, c: Connection) -> dict[str, tuple[str, ...]]:
        """By which metadata keys each feature is cut: those that are set, else those that were chosen."""
        found = segments.chosen(c)
        given = {feature: self._settings.feature(feature).segments for feature in samples.features(c)}
        return {feature: found.get(feature, ()) if keys is None else keys for feature, keys in given.items()}


def _count(
    c: Connection,
    keys: Callable[[Connection], Mapping[str, tuple[str, ...]]],
    unscored: Sequence[Counted],
    until: datetime,
    now: datetime,
) -> None:
    """One transaction: new versions, counts, monitors of new series, and looks that late verdicts call back."""
    markers.notice(c)
    usage.refresh(c)
    verdict_hours.refresh(c)
    counted = rollup.refresh(c, keys(c))
    changed = rollup.changed(c) if counted else {}
    hours = traffic.refresh(c, until, now)
    rollup.append_unscored(c, unscored)
    if not (counted or hours or unscored):
        return
    since = min([*changed.values(), *hours.values(), *(one.bucket for one in unscored)])
    known = {one.series: one for one in monitor_store.monitors(c)}
    unknown = [series for series in rollup.series(c, since) if series not in known and series.metric in METRICS]
    kinds = verdicts.kinds(c) if unknown else {}
    new = [_monitor(series, kinds.get(source(series), "traffic"), now) for series in unknown]
    late = [_called_back(one, first) for one in known.values() if (first := _first_changed(one.series, changed, hours))]
    monitor_store.save_monitors(c, [*new, *late])


def _first_changed(
    series: Series, changed: Mapping[Source, datetime], hours: Mapping[str, datetime]
) -> datetime | None:
    if series.metric == "volume":
        return hours.get(series.feature)
    return None if series.metric in OF_NO_SAMPLE else changed.get(source(series))


def _called_back(monitor: Monitor, first: datetime) -> Monitor:
    """Late verdicts change buckets that were looked at: such looks are taken anew. A firing alarm looks ahead only."""
    if monitor.checked_until is None or monitor.state == State.FIRING:
        return monitor
    return replace(monitor, checked_until=min(monitor.checked_until, first))


def _monitor(series: Series, kind: str, now: datetime) -> Monitor:
    return Monitor(monitor_id=monitor_id(series), series=series, kind=kind, created_at=now)
