"""Making what is told of an incident a notification, and owing it to the channels that are to hear it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from evaluator.alerts import routing, wording
from evaluator.alerts.alarm import Alarm
from evaluator.alerts.evidence import iso, present
from evaluator.alerts.message import Event
from evaluator.alerts.outbox import Owed
from evaluator.alerts.policy import Answer, Standing, Why
from evaluator.alerts.state import State
from evaluator.settings import Settings
from store import outbox
from store.audit import Entry
from store.database import Connection
from store.incidents import Incident
from store.outbox import Notification
from store.records import Delivery

MOST_ALERTS = 250
"""How many alerts of an incident a message lists; `incident.count` has them all."""


@dataclass(frozen=True, slots=True)
class Case:
    """An incident after the decision, its alarms, what is told, which alert explains which, who ended it by hand."""

    incident: Incident
    standing: Standing
    answer: Answer
    explained_by: Mapping[str, str | None]
    ending: Entry | None = None

    @property
    def event(self) -> Event:
        assert self.answer.event is not None
        return self.answer.event

    @property
    def event_id(self) -> str:
        """The receiver's idempotency key: the same for every attempt and every channel."""
        # One that began was numbered, too, when its first message was taken back.
        number = f":{self.incident.updates}" if self.incident.updates and self.event is not Event.RESOLVED else ""
        return f"{self.incident.incident_id}:{self.event.value}{number}"


def tell(c: Connection, case: Case, settings: Settings, now: datetime) -> list[str]:
    """Saves the notification and owes it; the channels that are owed it. For Store.run."""
    told = Notification(
        event_id=case.event_id,
        incident_id=case.incident.incident_id,
        event=case.event,
        occurred_at=_occurred_at(case, now),
        data=data(case, settings),
    )
    outbox.save_notification(c, told)
    owed = sorted(_recipients(c, case, settings, now).items())
    deliveries = [
        Delivery(
            event_id=told.event_id,
            incident_id=told.incident_id,
            alert_id=case.standing.lead.alert.alert_id,
            channel=channel,
            event=told.event,
            state=Owed.PENDING,
            # Quiet hours are no fault of the channel: how long it is tried counts from their end.
            created_at=at,
            next_attempt_at=at,
        )
        for channel, at in owed
    ]
    outbox.owe(c, deliveries)
    return [channel for channel, _ in owed]


def data(case: Case, settings: Settings) -> dict[str, Any]:
    """What the message says: the lead's evidence, and the incident that it speaks for."""
    incident, lead = case.incident, case.standing.lead
    update = {"update": {"why": case.answer.why.value}} if case.event is Event.UPDATED else {}
    return {
        **_present(case, lead, settings),
        **update,
        "alert_id": lead.alert.alert_id,
        "state": State.RESOLVED if case.event is Event.RESOLVED else State.FIRING,
        "severity": incident.severity,
        "owner": lead.owner,
        "fired_at": iso(lead.alert.fired_at),
        "resolved_at": iso(incident.resolved_at) if case.event is Event.RESOLVED else None,
        "incident": {
            "incident_id": incident.incident_id,
            "state": incident.state,
            "severity": incident.severity,
            "opened_at": iso(incident.opened_at),
            "resolved_at": iso(incident.resolved_at),
            "acknowledged_by": incident.acknowledged_by,
            "assignee": incident.assignee,
            "resolved_by": case.ending and case.ending.actor,
            "resolved_note": case.ending and case.ending.detail.get("note"),
            "link": link(settings.ui_address, incident.incident_id),
            "count": len(case.standing.alarms),
            "alerts": list(_listed(case, settings)),
        },
    }


def link(ui_address: str, incident_id: str) -> str:
    """The address of the incident's page."""
    return f"{ui_address.rstrip('/')}/alerts?incident={incident_id}"


def _present(case: Case, one: Alarm, settings: Settings) -> dict[str, Any]:
    """An alarm's evidence by now; of one that is over only where people ended it."""
    by_hand = case.ending is not None and one.alert.resolved_at == case.ending.ts
    return present(one.alert.evidence, one.check if one.fires or by_hand else None, settings.ui_address)


def _listed(case: Case, settings: Settings) -> Iterator[dict[str, Any]]:
    lead = case.standing.lead
    others = [one for one in case.standing.alarms if one is not lead]
    for one in [lead, *others][:MOST_ALERTS]:
        alert, told = one.alert, _present(case, one, settings)
        yield {
            "alert_id": alert.alert_id,
            "monitor_id": alert.monitor_id,
            **{name: one.monitor[name] for name in ("feature", "judge", "metric")},
            "state": alert.state,
            "severity": one.severity.value,
            "owner": one.owner,
            "fired_at": iso(alert.fired_at),
            "resolved_at": iso(alert.resolved_at),
            "title": wording.title({**told, "state": alert.state}),
            "link": told.get("link"),
            "silenced": alert.alert_id in case.standing.silenced,
            "explained_by": case.explained_by.get(alert.alert_id),
        }


def _occurred_at(case: Case, now: datetime) -> datetime:
    if case.event is Event.RESOLVED:
        return case.incident.resolved_at or now
    return case.standing.lead.alert.fired_at if case.event is Event.FIRING else now


def unheard(c: Connection, incident: Incident, standing: Standing, settings: Settings, now: datetime) -> frozenset[str]:
    """The channels that what is loud goes to, and that were never owed anything of the incident."""
    if incident.told_at is None or not standing.loud:
        return frozenset()
    known = {one.channel for one in outbox.of_incident(c, incident.incident_id)}
    return frozenset(_routed(standing, standing.severity, settings, now).keys() - known)


def take_back(c: Connection, incident: Incident, standing: Standing, now: datetime) -> Incident:
    """The incident as if nobody was told, where quiet hours hold all of it back and nothing of it is loud any more."""
    if incident.told_at is None or standing.loud or not standing.firing:
        return incident
    owed = [one for one in outbox.of_incident(c, incident.incident_id) if one.state != Owed.SKIPPED]
    if not owed or len(_held(owed, now)) < len(owed):
        return incident
    why = "silenced or explained before it was sent"
    outbox.save(c, [replace(one, state=Owed.SKIPPED, last_error=why) for one in owed])
    return replace(incident, told_at=None, told_severity=None, told_drop=None, updates=incident.updates + 1)


def _held(owed: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those that wait for the end of quiet hours."""
    return [one for one in owed if one.state == Owed.PENDING and not one.attempts and one.next_attempt_at > now]


def _recipients(c: Connection, case: Case, settings: Settings, now: datetime) -> dict[str, datetime]:
    """The channels of the alarms' routes, and those that heard before; when at the earliest.

    What still waits for the end of quiet hours there is skipped: this message says more, and waits as long. That
    something is over is told to those who heard of it, in their quiet hours neither. Channels that are no longer
    configured are told nothing more.
    """
    routed = _routed(case.standing, case.incident.severity, settings, now)
    if case.answer.why is Why.WIDER:
        return {channel: at for channel, at in routed.items() if channel in case.standing.unheard}
    known = outbox.of_incident(c, case.incident.incident_id)
    held = _held(known, now)
    outbox.save(c, [replace(one, state=Owed.SKIPPED, last_error="a later message said more") for one in held])
    there = {channel.name for channel in settings.alerts.channels}
    heard = {one.channel: now for one in known} | {one.channel: one.next_attempt_at for one in held}
    told = {**heard, **routed}
    if case.event is Event.RESOLVED and known:
        told = {channel: told[channel] for channel in heard}
    return {channel: at for channel, at in told.items() if channel in there}


def _routed(standing: Standing, severity: str, settings: Settings, now: datetime) -> dict[str, datetime]:
    """Where the routes send what is loud, or all of it when nothing is."""
    of: list[Alarm] = standing.loud or list(standing.alarms)
    return routing.recipients([{**one.labels, "severity": severity} for one in of], settings.alerts, now)
