"""Alerts, incidents and deliveries as people and programs see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from evaluator.alerts import actions, muting, routing, wording
from evaluator.alerts.evidence import in_brief, past, present
from evaluator.alerts.outbox import failing
from evaluator.alerts.severity import Severity
from evaluator.alerts.silenced import Silenced, labels_of
from evaluator.alerts.state import State
from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.incident_shapes import ChannelView, EntryView, IncidentView, NotificationView, SilenceView, WayView
from evaluator.settings import Settings
from evaluator.settings_alerts import AlertSettings
from store import audit, incidents, monitors, outbox, samples, silences
from store.audit import Entry
from store.database import Connection
from store.incidents import Incident, Member
from store.outbox import Notification, Traffic
from store.records import Alert, Delivery, Json
from store.silences import Silence


def alert_views(c: Connection, shown: Sequence[Alert], settings: Settings, now: datetime) -> list[AlertView]:
    """Alerts with their incidents and the deliveries of those, in a few queries for all of them."""
    members = incidents.members_of(c, [one.alert_id for one in shown])
    ids = sorted({one.incident_id for one in members.values()})
    known, owed, quiet = incidents.with_ids(c, ids), _owed(c, ids), Silenced.read(c, settings, now)
    shown = _by_now(c, shown, settings)
    return [
        _alert_view(alert, member, known[member.incident_id], owed[member.incident_id], quiet.until(member, alert))
        if (member := members.get(alert.alert_id))
        else _alert_view(alert, None, None, [], None)
        for alert in shown
    ]


def incident_views(
    c: Connection, shown: Sequence[Incident], settings: Settings, now: datetime, *, brief: bool = False
) -> list[IncidentView]:
    """Incidents with their alerts and deliveries, in a few queries for all of them.

    `brief`: of what the alerts know only what headlines need.
    """
    ids = [one.incident_id for one in shown]
    told, deliveries = outbox.newest(c, ids), _owed(c, ids)
    members: dict[str, list[tuple[Member, Alert]]] = {incident_id: [] for incident_id in ids}
    found = incidents.members(c, ids)
    for (member, _), known in zip(found, _by_now(c, [alert for _, alert in found], settings), strict=True):
        members[member.incident_id].append((member, known))
    quiet, endings = Silenced.read(c, settings, now), actions.endings(c, shown)
    views = []
    for one in shown:
        own, ending = members[one.incident_id], endings.get(one.incident_id)
        ends = [quiet.until(member, alert) for member, alert in own]
        view = _incident_view(one, own, deliveries[one.incident_id], told.get(one.incident_id), ends)
        view.resolved_by = ending.actor if ending else None
        for alert in view.alerts if brief else ():
            alert.evidence = in_brief(alert.evidence)
        views.append(view)
    return views


def _by_now(c: Connection, found: Sequence[Alert], settings: Settings) -> list[Alert]:
    """Alerts with links to this service, and those that fire with what their last look says."""
    firing = [one.monitor_id for one in found if one.resolved_at is None]
    checks = monitors.last_checks(c, firing) if firing else {}
    return [
        replace(
            one,
            evidence=present(
                one.evidence, checks.get(one.monitor_id) if one.resolved_at is None else None, settings.ui_address
            ),
        )
        for one in found
    ]


def _owed(c: Connection, incident_ids: Sequence[str]) -> dict[str, list[Delivery]]:
    """The deliveries of each of these incidents."""
    owed: dict[str, list[Delivery]] = {incident_id: [] for incident_id in incident_ids}
    for one in outbox.of_incidents(c, incident_ids):
        owed[one.incident_id or ""].append(one)
    return owed


def incident_view(c: Connection, incident: Incident, settings: Settings, now: datetime) -> IncidentView:
    """One incident with all that was told of it and its history."""
    [view] = incident_views(c, [incident], settings, now)
    told, history = outbox.notifications(c, incident.incident_id), audit.find(c, "incident", incident.incident_id)
    whole = {
        "notifications": [
            NotificationView(event_id=one.event_id, event=one.event, occurred_at=one.occurred_at, data=dict(one.data))
            for one in told
        ],
        "history": [entry_view(one) for one in reversed(history)],
    }
    return view.model_copy(update=whole)


def _incident_view(
    incident: Incident,
    found: Sequence[tuple[Member, Alert]],
    owed: Sequence[Delivery],
    newest: Notification | None,
    silent: Sequence[datetime | None],
) -> IncidentView:
    ends = [end for (_, alert), end in zip(found, silent, strict=True) if alert.resolved_at is None]
    lead = _lead(found, newest)
    return IncidentView(
        incident_id=incident.incident_id,
        title=wording.headline(lead, len(found)),
        state=incident.state,
        severity=incident.severity,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=incident.acknowledged_by,
        assignee=incident.assignee,
        withheld=incident.withheld,
        silenced_until=min((end for end in ends if end), default=None) if all(ends) else None,
        alerts=[
            _alert_view(alert, member, incident, [], end) for (member, alert), end in zip(found, silent, strict=True)
        ],
        deliveries=[delivery_view(one) for one in owed],
    )


def _lead(found: Sequence[tuple[Member, Alert]], newest: Notification | None) -> Json:
    """What the incident's title says: what was told last, with the rate of the last look while it fires."""
    if newest is None:
        return found[0][1].evidence if found else {}
    firing = {alert.alert_id: alert.evidence for _, alert in found if alert.resolved_at is None}
    evidence = firing.get(newest.data.get("alert_id", ""))
    if evidence:
        return {**newest.data, "drop": evidence.get("drop") or {}}
    return past(newest.data) if firing else newest.data


def delivery_view(one: Delivery) -> DeliveryView:
    """One delivery."""
    return DeliveryView(
        event_id=one.event_id,
        channel=one.channel,
        event=one.event,
        state=one.state,
        attempts=one.attempts,
        created_at=one.created_at,
        next_attempt_at=one.next_attempt_at,
        delivered_at=one.delivered_at,
        last_error=one.last_error,
        incident_id=one.incident_id,
    )


def entry_view(one: Entry) -> EntryView:
    """One line of the audit log."""
    return EntryView(
        ts=one.ts,
        actor=one.actor,
        via=one.via,
        key=one.key,
        action=one.action,
        subject=one.subject,
        subject_id=one.subject_id,
        detail=dict(one.detail),
    )


def _alert_view(
    alert: Alert,
    member: Member | None,
    incident: Incident | None,
    owed: Sequence[Delivery],
    silenced_until: datetime | None,
) -> AlertView:
    monitor = dict(alert.evidence.get("monitor", {}))
    seen_to = incident is not None and incident.state == State.ACKNOWLEDGED and alert.state == State.FIRING
    return AlertView(
        alert_id=alert.alert_id,
        monitor_id=alert.monitor_id,
        feature=monitor.get("feature", ""),
        judge=monitor.get("judge", ""),
        metric=monitor.get("metric", "pass_rate"),
        state=State.ACKNOWLEDGED if seen_to else alert.state,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        evidence=dict(alert.evidence),
        deliveries=[delivery_view(one) for one in owed],
        incident_id=member and member.incident_id,
        severity=member and member.severity,
        explained_by=member and member.explained_by,
        silenced_until=silenced_until,
        acknowledged_by=incident and incident.acknowledged_by,
        assignee=incident and incident.assignee,
    )


def silence_views(c: Connection, settings: Settings, now: datetime) -> list[SilenceView]:
    """Every silence and maintenance window, those that hold first, and how many firing alerts each mutes now."""
    found = incidents.members(c, [one.incident_id for one in incidents.unresolved(c)])
    labels = [labels_of(member, alert, settings) for member, alert in found if alert.resolved_at is None]
    watched, rules = _monitors(c, settings), [{"rule": rule.name} for rule in settings.rules]
    shown = [
        _silence_view(one, labels, [*watched, *(rules if "rule" in one.matchers else ())], now)
        for one in silences.find(c)
    ]
    return sorted(shown, key=lambda one: ("active", "waiting", "over").index(one.state))


def channel_views(c: Connection, settings: AlertSettings, now: datetime) -> list[ChannelView]:
    """Every channel that is configured or was ever owed something."""
    known = {one.channel: one for one in outbox.traffic(c, now - timedelta(days=1))}
    kinds = {one.name: one.kind for one in settings.channels}
    names = [*kinds, *sorted(known.keys() - kinds.keys())]
    tests, dead = outbox.last_tests(c), outbox.last_dead(c)
    views = []
    for name in names:
        trouble = failing(outbox.pending(c, name)) if name in known and known[name].waiting else None
        view = _channel_view(name, kinds.get(name, ""), known.get(name), trouble)
        test, lost = tests.get(name), trouble or dead.get(name)
        tried = {"tested_at": test and test.created_at, "test_error": test and test.last_error}
        views.append(view.model_copy(update={**tried, "last_error": lost and lost.last_error}))
    return views


def way_views(c: Connection, settings: Settings, feature: str | None, at: datetime) -> list[WayView]:
    """Who is told of an alert of each severity, of one feature or of every feature that is known."""
    names = [feature] if feature else sorted({*samples.features(c), *settings.features}) or ["(any feature)"]
    return [_way_view(name, severity, settings, at) for name in names for severity in Severity]


def _way_view(feature: str, severity: Severity, settings: Settings, at: datetime) -> WayView:
    owner = settings.feature(feature).owner
    found = routing.way({"feature": feature, "owner": owner, "severity": severity.value}, settings.alerts, at)
    return WayView(
        feature=feature,
        owner=owner,
        severity=severity,
        route=found.route,
        channels=list(found.channels),
        held_until=found.held_until,
    )


def _monitors(c: Connection, settings: Settings) -> list[dict[str, str]]:
    """What matchers know of each monitor."""
    return [
        {
            "feature": one.series.feature,
            "judge": one.series.judge,
            "metric": one.series.metric,
            "owner": settings.feature(one.series.feature).owner,
            "monitor": one.monitor_id,
            "rule": "",
        }
        for one in monitors.monitors(c)
    ]


def _concerns(one: Silence, watched: Mapping[str, str]) -> bool:
    """Whether the silence could ever mute this monitor or rule, as far as its labels are known before it fires."""
    return muting.matches({name: glob for name, glob in one.matchers.items() if name in watched}, watched)


def _silence_view(
    one: Silence, firing: Sequence[Mapping[str, str]], watched: Sequence[Mapping[str, str]], now: datetime
) -> SilenceView:
    holds, over = muting.active(one, now), muting.over(one, now)
    return SilenceView(
        silence_id=one.silence_id,
        kind=one.kind,
        matchers=dict(one.matchers),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        every=one.every,
        reason=one.reason,
        created_at=one.created_at,
        created_by=one.created_by,
        ended_at=one.ended_at,
        ended_by=one.ended_by,
        state="active" if holds else "over" if over else "waiting",
        covers=sum(muting.matches(one.matchers, labels) for labels in firing) if holds else 0,
        concerns=sum(_concerns(one, labels) for labels in watched),
    )


def _channel_view(name: str, kind: str, seen: Traffic | None, trouble: Delivery | None) -> ChannelView:
    return ChannelView(
        name=name,
        kind=kind,
        state="removed" if not kind else "failing" if trouble else "ok",
        waiting=seen.waiting if seen else 0,
        oldest_at=seen and seen.oldest_at,
        failures=trouble.attempts if trouble else 0,
        last_error=None,
        retry_at=trouble and trouble.next_attempt_at,
        dead=seen.dead if seen else 0,
        delivered_last_day=seen.delivered if seen else 0,
        last_delivered_at=seen and seen.last_delivered_at,
    )
