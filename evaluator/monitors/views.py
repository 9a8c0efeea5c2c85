"""Monitors as people see them: pass rates with intervals, evidence, and what would be noticed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

from evaluator.alerts import evidence
from evaluator.alerts.state import State
from evaluator.api.baseline_shapes import Predecessor
from evaluator.api.shapes import (
    Bounded,
    Detectable,
    EvidencePoint,
    Interval,
    MonitorView,
    SeriesPoint,
    SeriesView,
)
from evaluator.buckets import floor
from evaluator.drift.drop import Drop
from evaluator.drift.planner import detectable
from evaluator.monitors import levels, marks, refreshed, spans, succession
from evaluator.monitors.budget import arls
from evaluator.monitors.levels import MISSING_DATA, bounded, missing_data
from evaluator.monitors.metrics import METRICS, Kind, Metric, metric_of, worse
from evaluator.monitors.spans import DAY, RECENT_DAYS, Sums, Waits
from evaluator.settings import Settings
from store import alerts as alert_store
from store import incidents as incident_store
from store import markers, rollup
from store import monitors as monitor_store
from store.database import Connection
from store.incidents import Incident
from store.records import Alert, Baseline, DriftCheck, Monitor
from store.rollup import Total
from store.samples import EARLIEST

EVIDENCE_DAYS = 90
ENDED = frozenset({State.SUPERSEDED, State.OFF})
"""States of monitors that are not watched."""
PLACES = {name: place for place, name in enumerate(METRICS)}
HORIZONS = (1, 3, 7)
Rate = TypeVar("Rate", bound=Interval)
Make = Callable[[], list[MonitorView]]
"""Makes the views of some monitors."""


@dataclass(frozen=True, slots=True)
class Watched:
    """All that is stored of one monitor."""

    monitor: Monitor
    baseline: Baseline | None
    check: DriftCheck | None
    alert: Alert | None
    incident: Incident | None = None


Keep = Callable[[Connection, int, datetime, Make], list[MonitorView]]
"""Answers what is made as of a time, or was made under the same key before."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What views are made with: the settings, who knows what waits for a verdict, and who keeps what was made."""

    settings: Settings
    waiting: Waits
    keep: Keep | None = None


def watched(c: Connection) -> list[Watched]:
    """Every monitor with its baseline, last check and firing alert, by feature, judge and metric."""
    return sorted(_watched(c, monitor_store.monitors(c)), key=_order)


def find(c: Connection, monitor_id: str) -> Watched | None:
    """One monitor with the same; None when the id is unknown."""
    known = monitor_store.current(c, [monitor_id])
    return next(iter(_watched(c, [one.monitor for one in known.values()], [monitor_id])), None)


def _watched(c: Connection, monitors: Sequence[Monitor], ids: Sequence[str] | None = None) -> list[Watched]:
    """These monitors, the `ids` of which are None when they are all."""
    baselines = {baseline.monitor_id: baseline for baseline in monitor_store.baselines(c, ids)}
    checks = monitor_store.last_checks(c, ids)
    alerts = {alert.monitor_id: alert for alert in alert_store.firing(c)}
    incident_of = incident_store.of_alerts(c)
    found = []
    for one in monitors:
        alert = alerts.get(one.monitor_id)
        # A check against a baseline that was replaced since says nothing any more.
        check = checks.get(one.monitor_id) if one.checked_until else None
        incident = incident_of.get(alert.alert_id) if alert else None
        found.append(Watched(one, baselines.get(one.monitor_id), check, alert, incident))
    return found


def _order(one: Watched) -> tuple[str, bool, str, int, datetime]:
    """Judges before what belongs to the feature alone, metrics in their order."""
    series = one.monitor.series
    return series.feature, not series.judge, series.judge, PLACES.get(series.metric, 0), one.monitor.created_at


def views(c: Connection, showing: Showing, now: datetime) -> list[MonitorView]:
    """Every monitor as of `now`."""
    found = [one for one in watched(c) if one.monitor.state != State.OFF]
    return _shown(c, [_as_of(c, one, now) for one in found], [one.monitor for one in found], showing, now)


@dataclass(frozen=True, slots=True)
class Frame:
    """What every view needs: up to when, the evidence that raises an alarm by monitor, and all monitors."""

    until: datetime
    arls: Mapping[str, float]
    showing: Showing
    known: Sequence[Monitor]


def _shown(
    c: Connection, chosen: Sequence[Watched], every: Sequence[Monitor], showing: Showing, now: datetime
) -> list[MonitorView]:
    """The chosen of all monitors: they may be kept, but for who sees to them, which is as it is now."""
    make = partial(_made, c, chosen, every, showing, now)
    made = showing.keep(c, _key(c, chosen, every), now, make) if showing.keep else make()
    return [_with_incident(one, view) for one, view in zip(chosen, made, strict=True)]


def _key(c: Connection, chosen: Sequence[Watched], every: Sequence[Monitor]) -> int:
    """Another one when monitors, looks, alerts or markers are others; what is counted is not in it."""
    stored = tuple((one.monitor, one.baseline, one.check, one.alert and one.alert.alert_id) for one in chosen)
    beside = tuple((one.series, one.state in ENDED) for one in every)
    return hash((stored, beside, markers.extent(c)))


def _made(
    c: Connection, chosen: Sequence[Watched], every: Sequence[Monitor], showing: Showing, now: datetime
) -> list[MonitorView]:
    watching = [one for one in every if one.state not in ENDED]
    return _views(c, chosen, Frame(now, arls(showing.settings, watching), showing, every))


def _with_incident(one: Watched, view: MonitorView) -> MonitorView:
    """A monitor that fires is acknowledged when its incident is."""
    if one.incident is None:
        return view
    acknowledged = one.monitor.state == State.FIRING and one.incident.state == State.ACKNOWLEDGED
    return view.model_copy(
        update={
            "state": State.ACKNOWLEDGED.value if acknowledged else view.state,
            "incident_id": one.incident.incident_id,
            "severity": one.incident.severity,
            "acknowledged_by": one.incident.acknowledged_by,
        }
    )


def _as_of(c: Connection, one: Watched, now: datetime) -> Watched:
    """The monitor as a look at `now` left it, when it was looked at later since."""
    until = floor(now)
    if one.monitor.checked_until is None or one.monitor.checked_until <= until:
        return one
    past = [check for check in monitor_store.checks(c, one.monitor.monitor_id) if check.looked_at <= until]
    state, looked_at = (past[-1].state, past[-1].looked_at) if past else (State.INSUFFICIENT.value, None)
    return Watched(
        monitor=replace(one.monitor, state=state, checked_until=looked_at),
        baseline=one.baseline if one.baseline and one.baseline.end_at <= until else None,
        check=past[-1] if past else None,
        alert=one.alert if one.alert and one.alert.fired_at <= until else None,
        incident=one.incident if one.alert and one.alert.fired_at <= until else None,
    )


def _views(c: Connection, found: Sequence[Watched], frame: Frame) -> list[MonitorView]:
    until, settings = frame.until, frame.showing.settings
    firing = [one for one in found if one.check and one.monitor.state == State.FIRING]
    drops = refreshed.since_alarm(c, firing, settings, floor(until))
    shown = [
        _burning(c, one, _view(one, sums, frame), drops)
        for one, sums in zip(found, spans.sums(c, found, until, frame.showing.waiting), strict=True)
    ]
    before = succession.predecessors(c, frame.known, [one.monitor.series for one in found], until)
    lacking = [one for one in found if one.baseline is None and one.monitor.state not in ENDED]
    gathering = succession.gathering(c, lacking, before, until, settings)
    return [
        view.model_copy(
            update={"predecessor": before.get(one.monitor.series), "collecting": gathering.get(one.monitor)}
        )
        for one, view in zip(found, shown, strict=True)
    ]


def _told(one: Watched, rate: Rate) -> Rate:
    """A rate as it is; its votes alone where no look has said yet which share of them is watched."""
    if one.check or METRICS[one.monitor.series.metric].kind in (Kind.RATE, Kind.FLAG):
        return rate
    return rate.model_copy(update=dict.fromkeys(rate.model_fields_set - {"n", "unscored"}))


def _burning(c: Connection, one: Watched, view: MonitorView, drops: Mapping[str, Drop]) -> MonitorView:
    """While it fires, with the marker nearest to the onset and the drop since the alarm."""
    if one.check is None or one.monitor.state != State.FIRING:
        return view
    fit = marks.beside(c, view.feature, one.check)
    drop = drops.get(view.monitor_id)
    since = (
        {}
        if drop is None
        else {
            "drop_refreshed": drop.size,
            "drop_refreshed_lo": drop.lo,
            "drop_refreshed_hi": drop.hi,
        }
    )
    return view.model_copy(update={"marker": fit and evidence.shown(fit), **since})


def _view(one: Watched, sums: Sums, frame: Frame) -> MonitorView:
    check, baseline, series = one.check, one.baseline, one.monitor.series
    metric = metric_of(frame.showing.settings, series)
    per_day = votes_per_day(sums.days, frame.until)
    level = _told(one, bounded(levels.shown(series, sums.reference), sums.reference.errors)) if baseline else None
    now = _told(one, bounded(levels.shown(series, sums.current), sums.current.errors + sums.waiting))
    arl, bad = frame.arls.get(one.monitor.monitor_id), worse(metric, check)
    return MonitorView(
        monitor_id=one.monitor.monitor_id,
        feature=series.feature,
        judge=series.judge,
        judge_version=series.judge_version,
        kind=one.monitor.kind,
        metric=series.metric,
        says=(check and check.says) or metric.noun,
        bad=bad,
        min_drop=metric.min_drop,
        state=one.monitor.state,
        reason=check.reason if check else "no_baseline",
        checked_until=one.monitor.checked_until,
        baseline=level,
        baseline_start=baseline and baseline.start_at,
        baseline_end=baseline and baseline.end_at,
        baseline_origin=baseline and baseline.origin,
        current=now,
        recent=[_told(one, levels.shown(series, total)) for total in spans.every_day(sums.days, frame.until)],
        recent_from=sums.days[0].start_at.date() if sums.days else None,
        log_evidence=check and check.log_evidence,
        log_threshold=arl and math.log(arl),
        drop=check and check.drop,
        drop_lo=check and check.drop_lo,
        drop_hi=check and check.drop_hi,
        onset=check and check.onset_at,
        onset_lo=check and check.onset_lo_at,
        onset_hi=check and check.onset_hi_at,
        detectable=_detectable((level, bad), sums.clean, per_day, (metric, arl)),
        votes_per_day=per_day,
        reference_votes=level.n + sums.clean if level else 0.0,
        alert_id=one.alert and one.alert.alert_id,
        flags=_flags(one, level, now, metric),
    )


def _flags(one: Watched, before: Interval | None, now: Bounded, metric: Metric) -> list[str]:
    """What the last look said, and whether a fall could be nothing but missing verdicts."""
    flags = list(one.check.flags) if one.check else []
    if one.alert and before and missing_data(before, now, metric) and MISSING_DATA not in flags:
        flags.append(MISSING_DATA)
    return flags


def one(c: Connection, monitor_id: str, showing: Showing, now: datetime) -> tuple[Watched, MonitorView] | None:
    """One monitor, as it is stored and as it is seen; None when the id is unknown."""
    found = find(c, monitor_id)
    return (found, _shown(c, [found], monitor_store.monitors(c), showing, now)[0]) if found else None


def series_view(
    c: Connection, monitor_id: str, showing: Showing, now: datetime, step_minutes: int
) -> SeriesView | None:
    """One monitor with its history in steps and its evidence of the last 90 days; None when the id is unknown."""
    found = one(c, monitor_id, showing, now)
    return history(c, found, showing, now, step_minutes) if found else None


def history(
    c: Connection, found: tuple[Watched, MonitorView], showing: Showing, now: datetime, step_minutes: int
) -> SeriesView:
    """The same of one that was found."""
    chosen, monitor = found
    [totals] = rollup.steps(c, [spans.window(chosen, EARLIEST, now)], step_minutes)
    step = timedelta(minutes=step_minutes)
    owed = showing.waiting(c, [(chosen.monitor.series, t.start_at, t.start_at + step) for t in totals])
    return SeriesView(
        monitor=monitor,
        before=_before(c, chosen, monitor.predecessor, step_minutes),
        step_minutes=step_minutes,
        points=[_point(chosen, t, t.errors + n) for t, n in zip(totals, owed, strict=True)],
        evidence=[
            EvidencePoint(looked_at=k.looked_at, log_evidence=k.log_evidence, log_threshold=k.log_threshold)
            for k in monitor_store.checks(c, monitor.monitor_id, now - EVIDENCE_DAYS * DAY)
        ],
    )


def _before(c: Connection, one: Watched, old: Predecessor | None, step_minutes: int) -> list[SeriesPoint]:
    """The last two weeks of the judge version before this one, up to where this one begins."""
    if old is None:
        return []
    start = old.cut_at - RECENT_DAYS * DAY
    window = replace(
        spans.window(one, start, old.cut_at), series=replace(one.monitor.series, judge_version=old.judge_version)
    )
    [totals] = rollup.steps(c, [window], step_minutes)
    return [_point(one, total, total.errors) for total in totals]


def _point(one: Watched, total: Total, unscored: float) -> SeriesPoint:
    rate = _told(one, bounded(levels.shown(one.monitor.series, total), unscored))
    return SeriesPoint(start=total.start_at, errors=total.errors, **rate.model_dump())


def votes_per_day(days: Sequence[Total], until: datetime) -> float:
    """Mean over the last seven days, or over the time since the first vote when that is shorter."""
    week = [total for total in days if total.start_at > until - 8 * DAY]
    if not week:
        return 0.0
    span = max((until - week[0].start_at) / DAY, 1.0)
    return sum(total.votes for total in week) / span


def _detectable(
    told: tuple[Interval | None, str], clean: float, per_day: float, watched_as: tuple[Metric, float | None]
) -> list[Detectable]:
    """The smallest drops that would be found; of a share whose rise is worse, that of its complement is the same."""
    (reference, bad), (metric, arl) = told, watched_as
    if reference is None or reference.rate is None or arl is None:
        return []
    rate = reference.rate if bad == "down" else 1.0 - reference.rate
    votes = reference.n + clean
    odds = _coarse(rate / (1.0 - rate)) if rate < 1.0 else math.inf
    about = odds / (1.0 + odds) if rate < 1.0 else 1.0
    drops = [(days, _noticed(about, _coarse(per_day), _coarse(votes), days, _coarse(arl))) for days in HORIZONS]
    return [Detectable(days=days, drop=None if drop is None else max(drop, metric.min_drop)) for days, drop in drops]


def _coarse(value: float) -> float:
    """To the nearest of twenty steps per factor e: what is asked about it is good to a tenth at best."""
    return math.exp(round(math.log(value) * 20.0) / 20.0) if value > 0 else value


@lru_cache(maxsize=16_384)
def _noticed(rate: float, per_day: float, votes: float, days: int, arl: float) -> float | None:
    """The smallest drop that would be found; remembered, because hundreds of monitors are asked at every look."""
    return detectable(rate, per_day, votes, days, arl)
