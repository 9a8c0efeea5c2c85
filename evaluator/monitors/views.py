"""Monitors as people see them: pass rates with intervals, evidence, and what would be noticed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
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
from store import monitors as monitor_store
from store import rollup
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


@dataclass(frozen=True, slots=True)
class Watched:
    """All that is stored of one monitor."""

    monitor: Monitor
    baseline: Baseline | None
    check: DriftCheck | None
    alert: Alert | None
    incident: Incident | None = None


def watched(c: Connection) -> list[Watched]:
    """Every monitor with its baseline, last check and firing alert, by feature, judge and metric."""
    baselines = {baseline.monitor_id: baseline for baseline in monitor_store.baselines(c)}
    checks = monitor_store.last_checks(c)
    alerts = {alert.monitor_id: alert for alert in alert_store.firing(c)}
    incident_of = incident_store.of_alerts(c)
    found = []
    for one in monitor_store.monitors(c):
        alert = alerts.get(one.monitor_id)
        # A check against a baseline that was replaced since says nothing any more.
        check = checks.get(one.monitor_id) if one.checked_until else None
        incident = incident_of.get(alert.alert_id) if alert else None
        found.append(Watched(one, baselines.get(one.monitor_id), check, alert, incident))
    return sorted(found, key=_order)


def _order(one: Watched) -> tuple[str, bool, str, int, datetime]:
    """Judges before what belongs to the feature alone, metrics in their order."""
    series = one.monitor.series
    return series.feature, not series.judge, series.judge, PLACES.get(series.metric, 0), one.monitor.created_at


def views(c: Connection, settings: Settings, now: datetime, waiting: Waits) -> list[MonitorView]:
    """Every monitor as of `now`."""
    found = [one for one in watched(c) if one.monitor.state != State.OFF]
    return _views(c, [_as_of(c, one, now) for one in found], _frame(settings, found, now, waiting))


@dataclass(frozen=True, slots=True)
class Frame:
    """What every view needs: up to when, the evidence that raises an alarm by monitor, the settings, what waits, and
    all monitors."""

    until: datetime
    arls: Mapping[str, float]
    settings: Settings
    waiting: Waits
    known: Sequence[Monitor]


def _frame(settings: Settings, found: Sequence[Watched], until: datetime, waiting: Waits) -> Frame:
    known = [one.monitor for one in found]
    watching = [one for one in known if one.state not in ENDED]
    return Frame(until, arls(settings, watching), settings, waiting, known)


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
    until = frame.until
    firing = [one for one in found if one.check and one.monitor.state == State.FIRING]
    drops = refreshed.since_alarm(c, firing, frame.settings, floor(until))
    shown = [
        _burning(c, one, _view(one, sums, frame), drops)
        for one, sums in zip(found, spans.sums(c, found, until, frame.waiting), strict=True)
    ]
    before = succession.predecessors(c, frame.known, [one.monitor.series for one in found], until)
    lacking = [one for one in found if one.baseline is None and one.monitor.state not in ENDED]
    gathering = succession.gathering(c, lacking, before, until, frame.settings)
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
    metric = metric_of(frame.settings, series)
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
        state=_state(one),
        reason=check.reason if check else "no_baseline",
        checked_until=one.monitor.checked_until,
        baseline=level,
        baseline_start=baseline and baseline.start_at,
        baseline_end=baseline and baseline.end_at,
        baseline_origin=baseline and baseline.origin,
        current=now,
        recent=[_told(one, levels.shown(series, total)) for total in sums.days],
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
        incident_id=one.incident and one.incident.incident_id,
        severity=one.incident and one.incident.severity,
        acknowledged_by=one.incident and one.incident.acknowledged_by,
    )


def _state(one: Watched) -> str:
    """A monitor that fires is acknowledged when its incident is."""
    seen_to = one.monitor.state == State.FIRING and one.incident and one.incident.state == State.ACKNOWLEDGED
    return State.ACKNOWLEDGED if seen_to else one.monitor.state


def _flags(one: Watched, before: Interval | None, now: Bounded, metric: Metric) -> list[str]:
    """What the last look said, and whether a fall could be nothing but missing verdicts."""
    flags = list(one.check.flags) if one.check else []
    if one.alert and before and missing_data(before, now, metric) and MISSING_DATA not in flags:
        flags.append(MISSING_DATA)
    return flags


def one(
    c: Connection, monitor_id: str, settings: Settings, now: datetime, waiting: Waits
) -> tuple[Watched, MonitorView] | None:
    """One monitor, as it is stored and as it is seen; None when the id is unknown."""
    found = watched(c)
    chosen = [one for one in found if one.monitor.monitor_id == monitor_id]
    return (chosen[0], _views(c, chosen, _frame(settings, found, now, waiting))[0]) if chosen else None


def series_view(
    c: Connection, monitor_id: str, settings: Settings, now: datetime, step_minutes: int, *, waiting: Waits
) -> SeriesView | None:
    """One monitor with its history in steps and its evidence of the last 90 days; None when the id is unknown."""
    found = watched(c)
    chosen = [one for one in found if one.monitor.monitor_id == monitor_id]
    if not chosen:
        return None
    [totals] = rollup.steps(c, [spans.window(chosen[0], EARLIEST, now)], step_minutes)
    step = timedelta(minutes=step_minutes)
    owed = waiting(c, [(chosen[0].monitor.series, t.start_at, t.start_at + step) for t in totals])
    [monitor] = _views(c, chosen, _frame(settings, found, now, waiting))
    return SeriesView(
        monitor=monitor,
        before=_before(c, chosen[0], monitor.predecessor, step_minutes),
        step_minutes=step_minutes,
        points=[_point(chosen[0], t, t.errors + n) for t, n in zip(totals, owed, strict=True)],
        evidence=[
            EvidencePoint(looked_at=k.looked_at, log_evidence=k.log_evidence, log_threshold=k.log_threshold)
            for k in monitor_store.checks(c, monitor_id, now - EVIDENCE_DAYS * DAY)
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
