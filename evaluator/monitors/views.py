"""Monitors as people see them: pass rates with intervals, evidence, and what would be noticed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluator.api.shapes import (
    AlertView,
    DeliveryView,
    Detectable,
    EvidencePoint,
    Interval,
    MonitorView,
    SeriesPoint,
    SeriesView,
)
from evaluator.drift.intervals import wilson
from evaluator.drift.planner import detectable
from evaluator.monitors.counts import PER_DAY, floor
from evaluator.settings import Settings
from store import alerts as alert_store
from store import monitors as monitor_store
from store import rollup
from store.database import Connection
from store.records import Alert, Baseline, DriftCheck, Monitor, Series
from store.rollup import Total
from store.samples import EARLIEST

DAY = timedelta(days=1)
RECENT_DAYS = 14
Span = tuple[Series, datetime, datetime]
HORIZONS = (1, 3, 7)


def threshold(settings: Settings, monitors: int) -> float:
    """The evidence that raises an alarm: buckets in 30 days over the monitor's equal share of the budget."""
    return 30 * PER_DAY * max(monitors, 1) / settings.drift.false_alarms_per_30_days


def interval(votes: float, passes: float) -> Interval:
    """A pass rate with its n and 95 % interval."""
    bounds = wilson(passes, votes)
    if bounds is None:
        return Interval(n=votes, rate=None, lo=None, hi=None)
    return Interval(n=votes, rate=passes / votes, lo=bounds[0], hi=bounds[1])


@dataclass(frozen=True, slots=True)
class Watched:
    """All that is stored of one monitor."""

    monitor: Monitor
    baseline: Baseline | None
    check: DriftCheck | None
    alert: Alert | None


def watched(c: Connection) -> list[Watched]:
    """Every monitor with its baseline, last check and firing alert, by feature and judge."""
    baselines = {baseline.monitor_id: baseline for baseline in monitor_store.baselines(c)}
    checks = monitor_store.last_checks(c)
    alerts = {alert.monitor_id: alert for alert in alert_store.find(c, state="firing")}
    found = [
        Watched(one, baselines.get(one.monitor_id), checks.get(one.monitor_id), alerts.get(one.monitor_id))
        for one in monitor_store.monitors(c)
    ]
    return sorted(found, key=lambda w: (w.monitor.series.feature, w.monitor.series.judge, w.monitor.created_at))


def views(c: Connection, settings: Settings, now: datetime) -> list[MonitorView]:
    """Every monitor as of `now`."""
    found = watched(c)
    return _views(c, found, now, threshold(settings, len(found)))


def _views(c: Connection, found: Sequence[Watched], now: datetime, arl: float) -> list[MonitorView]:
    until = floor(now)
    days = rollup.days(c, until - RECENT_DAYS * DAY, until)
    spans = [span for one in found for span in (_reference(one, until), _clean(one, until), _current(one, until))]
    totals = iter(rollup.windows(c, spans))
    return [
        _view(one, (next(totals), next(totals), next(totals)), days.get(one.monitor.series, []), (until, arl))
        for one in found
    ]


def _reference(one: Watched, until: datetime) -> Span:
    baseline = one.baseline
    return (one.monitor.series, baseline.start_at, baseline.end_at) if baseline else (one.monitor.series, until, until)


def _clean(one: Watched, until: datetime) -> Span:
    """What came after the baseline and before a fall: it enlarges the reference."""
    start = max(one.monitor.restart_at or until, one.baseline.end_at) if one.baseline else until
    end = _current(one, until)[1] if one.alert else until
    return one.monitor.series, start, max(start, end)


def _current(one: Watched, until: datetime) -> Span:
    """Since the onset while an alert fires, else the last day. A look may lose the onset; the alert still knows it."""
    since = until - DAY
    if one.alert and one.check:
        told = one.alert.evidence["onset"]["at"]
        since = one.check.onset_at or (datetime.fromisoformat(told) if told else one.alert.fired_at)
    return one.monitor.series, since, until


def _view(
    one: Watched, totals: tuple[Total, Total, Total], days: Sequence[Total], look: tuple[datetime, float]
) -> MonitorView:
    check, baseline, series = one.check, one.baseline, one.monitor.series
    reference, clean, current = totals
    per_day = _votes_per_day(days, look[0])
    level = interval(reference.votes, reference.passes) if baseline else None
    return MonitorView(
        monitor_id=one.monitor.monitor_id,
        feature=series.feature,
        judge=series.judge,
        judge_version=series.judge_version,
        kind=one.monitor.kind,
        state=one.monitor.state,
        reason=check.reason if check else "no_baseline",
        checked_until=one.monitor.checked_until,
        baseline=level,
        baseline_start=baseline and baseline.start_at,
        baseline_end=baseline and baseline.end_at,
        baseline_origin=baseline and baseline.origin,
        current=interval(current.votes, current.passes),
        recent=[interval(total.votes, total.passes) for total in days],
        log_evidence=check and check.log_evidence,
        log_threshold=math.log(look[1]),
        drop=check and check.drop,
        drop_lo=check and check.drop_lo,
        drop_hi=check and check.drop_hi,
        onset=check and check.onset_at,
        onset_lo=check and check.onset_lo_at,
        onset_hi=check and check.onset_hi_at,
        detectable=_detectable(level, clean.votes, per_day, look[1]),
        votes_per_day=per_day,
        alert_id=one.alert and one.alert.alert_id,
        flags=list(check.flags) if check else [],
    )


def series_view(c: Connection, one: Watched, settings: Settings, now: datetime, step_minutes: int) -> SeriesView:
    """One monitor with its whole history in steps."""
    arl = threshold(settings, len(monitor_store.monitors(c)))
    monitor = one.monitor
    totals = rollup.totals(c, monitor.series, EARLIEST, now, step_minutes)
    return SeriesView(
        monitor=_views(c, [one], now, arl)[0],
        step_minutes=step_minutes,
        points=[
            SeriesPoint(start=t.start_at, errors=t.errors, **interval(t.votes, t.passes).model_dump()) for t in totals
        ],
        evidence=[
            EvidencePoint(looked_at=k.looked_at, log_evidence=k.log_evidence, log_threshold=k.log_threshold)
            for k in monitor_store.checks(c, monitor.monitor_id)
        ],
    )


def _votes_per_day(days: Sequence[Total], until: datetime) -> float:
    """Mean over the last seven days, or over the time since the first vote when that is shorter."""
    week = [total for total in days if total.start_at > until - 8 * DAY]
    if not week:
        return 0.0
    span = max((until - week[0].start_at) / DAY, 1.0)
    return sum(total.votes for total in week) / span


def _detectable(reference: Interval | None, clean: float, per_day: float, arl: float) -> list[Detectable]:
    if reference is None or reference.rate is None:
        return []
    rate, votes = reference.rate, reference.n + clean
    return [Detectable(days=days, drop=detectable(rate, per_day, votes, days, arl)) for days in HORIZONS]


def alert_view(c: Connection, alert: Alert) -> AlertView:
    """One alert with its deliveries."""
    monitor = dict(alert.evidence.get("monitor", {}))
    return AlertView(
        alert_id=alert.alert_id,
        monitor_id=alert.monitor_id,
        feature=monitor.get("feature", ""),
        judge=monitor.get("judge", ""),
        state=alert.state,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        evidence=dict(alert.evidence),
        deliveries=[
            DeliveryView(
                channel=d.channel,
                event=d.event,
                state=d.state,
                attempts=d.attempts,
                delivered_at=d.delivered_at,
                last_error=d.last_error,
            )
            for d in alert_store.deliveries(c, alert.alert_id)
        ],
    )
