"""The incidents of a period: what fell, since when, how far, beside which marker, and who has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evaluator.alerts.state import State
from evaluator.monitors.words import noun
from evaluator.report.rates import change
from evaluator.report.shapes import AlertFact, Began, IncidentFact
from store import incidents as incident_store
from store.incidents import Incident, Member
from store.records import Alert, Json

if TYPE_CHECKING:
    from evaluator.api.shapes import MonitorView
    from evaluator.report.asked import Asked
    from store.database import Connection

RESOLVED = "resolved"
NEWEST = 1000
MOST_ALERTS = 10


def incidents(c: Connection, asked: Asked, every: Sequence[MonitorView]) -> tuple[IncidentFact, ...]:
    """Those that were open at some time of the period: the open ones first, the newest first.

    An alert that nobody has put into an incident yet is told as one of its own. What still fires is told as its
    monitor shows it now: at the alarm a drop tends to read too large, and the onset is known less well.
    """
    firing = {view.alert_id: view for view in every if view.alert_id and view.state == State.FIRING}
    known = [*incident_store.unresolved(c), *incident_store.find(c, RESOLVED, NEWEST)]
    of_time = {one.incident_id: one for one in known if _meets(one.opened_at, one.resolved_at, asked)}
    alerts: dict[str, list[tuple[Alert, bool]]] = defaultdict(list)
    for member, alert in incident_store.members(c, list(of_time)):
        if _is_told(alert, asked) and alert.fired_at < asked.end:
            alerts[member.incident_id].append((alert, _is_explained(member)))
    found = [_incident(one, alerts[name], asked) for name, one in of_time.items() if alerts[name]]
    found += [_alone(alert, asked) for alert in incident_store.without_incident(c) if _is_alone(alert, asked)]
    told = (_as_shown(one, firing) for one in found)
    return tuple(sorted(told, key=lambda one: (one.is_open, one.opened_at), reverse=True))


def _as_shown(one: IncidentFact, firing: Mapping[str, MonitorView]) -> IncidentFact:
    alerts = tuple(_refreshed(alert, firing.get(alert.alert_id)) for alert in one.alerts)
    return one.model_copy(update={"alerts": alerts})


def _refreshed(alert: AlertFact, view: MonitorView | None) -> AlertFact:
    """The alert as its monitor shows it now, where that speaks of the same share."""
    if view is None or view.says != alert.says or view.baseline is None:
        return alert
    onset, lo, hi = view.onset, view.onset_lo, view.onset_hi
    since = Began(likely=onset, lo=lo, hi=hi) if onset and lo and hi else alert.began
    drop = change(view.drop_refreshed, view.drop_refreshed_lo, view.drop_refreshed_hi)
    now = {"before": view.baseline.rate, "now": view.current.rate, "began": since}
    return alert.model_copy(update=now | ({"drop": drop, "is_at_alarm": False} if drop else {}))


def _meets(start: datetime, end: datetime | None, asked: Asked) -> bool:
    return start < asked.end and (end is None or end >= asked.start)


def _is_alone(alert: Alert, asked: Asked) -> bool:
    return _is_told(alert, asked) and _meets(alert.fired_at, alert.resolved_at, asked)


def _is_told(alert: Alert, asked: Asked) -> bool:
    """Not what a new plain rule would have raised in the past, had it been there: that is history."""
    return alert.evidence.get("told", True) is not False and asked.takes(_feature(alert))


def _is_explained(member: Member) -> bool:
    return member.explained_by is not None and member.explained_by != member.alert_id


def _incident(one: Incident, found: Sequence[tuple[Alert, bool]], asked: Asked) -> IncidentFact:
    ordered = sorted(found, key=lambda pair: pair[1])
    return IncidentFact(
        incident_id=one.incident_id,
        is_open=_is_open(one.resolved_at, asked),
        severity=one.severity,
        opened_at=one.opened_at,
        resolved_at=_past(one.resolved_at, asked),
        who=one.assignee or one.acknowledged_by or "",
        acknowledged=one.acknowledged_at is not None and one.acknowledged_at < asked.end,
        alerts=tuple(_alert(alert, asked, explained=explained) for alert, explained in ordered[:MOST_ALERTS]),
        more=max(len(ordered) - MOST_ALERTS, 0),
    )


def _alone(alert: Alert, asked: Asked) -> IncidentFact:
    return IncidentFact(
        incident_id=alert.alert_id,
        is_open=_is_open(alert.resolved_at, asked),
        severity="",
        opened_at=alert.fired_at,
        resolved_at=_past(alert.resolved_at, asked),
        who="",
        acknowledged=False,
        alerts=(_alert(alert, asked, explained=False),),
        more=0,
    )


def _is_open(resolved_at: datetime | None, asked: Asked) -> bool:
    return _past(resolved_at, asked) is None


def _past(moment: datetime | None, asked: Asked) -> datetime | None:
    """A time that had come by the end of the period."""
    return moment if moment and moment < asked.end else None


def _feature(alert: Alert) -> str:
    return str(alert.evidence.get("monitor", {}).get("feature", ""))


def _alert(alert: Alert, asked: Asked, *, explained: bool) -> AlertFact:
    told = alert.evidence
    monitor: Mapping[str, Any] = told.get("monitor", {})
    metric = monitor.get("metric", "pass_rate")
    drop = told.get("drop") or {}
    now = drop.get("now") or drop.get("refreshed")
    best = now or drop.get("at_alarm") or {}
    return AlertFact(
        alert_id=alert.alert_id,
        feature=monitor.get("feature", ""),
        judge=monitor.get("judge", ""),
        metric=metric,
        says=told.get("says") or noun(metric),
        bad=told.get("bad", "down"),
        before=(told.get("baseline") or {}).get("rate"),
        now=(told.get("value") or {}).get("rate"),
        drop=change(best.get("size"), best.get("lo"), best.get("hi")),
        is_at_alarm=not now,
        began=_began(told),
        fired_at=alert.fired_at,
        resolved_at=_past(alert.resolved_at, asked),
        rule=(told.get("rule") or {}).get("in_words", ""),
        marker=(told.get("marker") or {}).get("in_words", ""),
        why=told.get("why") or "",
        where=next((one["name"] for one in told.get("where") or ()), ""),
        explained=explained,
        link=told.get("link", ""),
    )


def _began(told: Json) -> Began | None:
    times = [(told.get("onset") or {}).get(name) for name in ("at", "lo_at", "hi_at")]
    if not all(times):
        return None
    likely, lo, hi = (datetime.fromisoformat(str(time)) for time in times)
    return Began(likely=likely, lo=lo, hi=hi)
