"""From alerts to messages that are owed: a pass puts alerts into incidents, decides what is told, and writes it down.

A pass is one transaction of the store's writer, so that a decision and what is owed for it are there together or not at
all. What a crash cut off is found by the next pass, because what has no incident yet is a query.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

import structlog

from evaluator.alerts import actions, grouping, inhibition, muting, policy, telling
from evaluator.alerts import alarm as alarms
from evaluator.alerts.alarm import Alarm
from evaluator.alerts.evidence import speaks_of
from evaluator.alerts.grouping import Group
from evaluator.alerts.message import Event
from evaluator.alerts.outbox import Owed
from evaluator.alerts.policy import Answer, Standing, Why
from evaluator.alerts.severity import Severity, severity
from evaluator.alerts.state import State
from evaluator.settings import Settings
from store import alerts as alert_store
from store import audit, incidents, outbox, silences
from store import monitors as monitor_store
from store.audit import Entry
from store.database import Connection
from store.incidents import Incident, Member
from store.records import Alert, Clock, DriftCheck, Json
from store.silences import Silence
from store.store import Store

log = structlog.get_logger(__name__)

TRAFFIC = timedelta(days=7)
"""Over how long the share of the traffic is measured that a severity speaks of."""
AFTERMATH = timedelta(days=1)
"""How long a broken judge or an outage that is over still explains what it explained: votes come late."""

Told = tuple[Incident, Event]


class Incidents:
    """The incidents of one store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    async def settle(self, as_of: datetime | None = None) -> list[Told]:
        """Makes one pass; the incidents that something is told of, and what. The traffic is measured `as_of` then.

        All else is of the present, also after a look back: people are told now, in the silences and quiet hours of now.
        """
        now = self._clock()
        one_pass = partial(settle, settings=self._settings, now=now, as_of=as_of)
        told = await asyncio.wrap_future(self._store.run(one_pass))
        for incident, event in told:
            log.warning("incident", incident_id=incident.incident_id, told=event.value, severity=incident.severity)
        return told

    async def burning(self) -> dict[str, list[Json]]:
        """What fires now and is told, by channel, as the data of messages about it."""
        return await asyncio.to_thread(self._burning, self._clock())

    def _burning(self, now: datetime) -> dict[str, list[Json]]:
        with self._store.read() as c:
            return burning(c, self._settings, now)


def burning(c: Connection, settings: Settings, now: datetime) -> dict[str, list[Json]]:
    """The open incidents that each channel heard of and nothing silences or explains, as the data of a message."""
    known = [one for one in incidents.unresolved(c) if one.told_at is not None]
    found = incidents.members(c, [one.incident_id for one in known])
    held = Held({one.incident_id: one for one in known}, found, Ledger.read(c, settings, now))
    told: dict[str, list[Json]] = {}
    for incident_id, incident in held.incidents.items():
        standing = held.standing(c, incident_id)
        if standing.loud:
            explained_by = {alert_id: one.explained_by for alert_id, one in held.members.items()}
            case = telling.Case(incident, standing, Answer(Event.FIRING, Why.BEGAN), explained_by)
            for channel in _hearing(c, incident_id, now):
                told.setdefault(channel, []).append(telling.data(case, settings))
    return told


def _hearing(c: Connection, incident_id: str, now: datetime) -> set[str]:
    """The channels that something of the incident is told to, not those where it waits for quiet hours to end."""
    owed = [one for one in outbox.of_incident(c, incident_id) if one.state != Owed.SKIPPED]
    return {one.channel for one in owed if one.attempts or one.next_attempt_at <= now}


def settle(c: Connection, *, settings: Settings, now: datetime, as_of: datetime | None = None) -> list[Told]:
    """One pass, for Store.run; the share of the traffic is that of the days before `as_of`."""
    fresh, known = incidents.without_incident(c), incidents.unresolved(c)
    if not fresh and not known:
        return []
    found = incidents.members(c, [one.incident_id for one in known])
    ledger = Ledger.read(c, settings, now, as_of)
    held = Held({one.incident_id: one for one in known}, found, ledger)
    held.take_in([ledger.alarm(alert) for alert in fresh])
    told = [one for incident_id in list(held.incidents) if (one := _advance(c, held, incident_id))]
    held.save(c, {one.incident_id: one for one in known}, {member.alert_id: member for member, _ in found})
    return told


@dataclass(slots=True)
class Ledger:
    """What a pass knows besides the incidents, and the lines of history that it adds."""

    now: datetime
    settings: Settings
    silences: Sequence[Silence]
    shares: Mapping[str, float]
    checks: Mapping[str, DriftCheck]
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def read(cls, c: Connection, settings: Settings, now: datetime, as_of: datetime | None = None) -> Ledger:
        """What is stored now, and the traffic as of another time."""
        until = as_of or now
        shares = incidents.traffic_shares(c, until - TRAFFIC, until)
        return cls(now, settings, silences.find(c), shares, monitor_store.last_checks(c))

    def note(self, incident_id: str, action: str, **detail: Any) -> None:
        """A line of the incident's history."""
        self.entries.append(
            Entry(ts=self.now, action=action, subject="incident", subject_id=incident_id, detail=detail)
        )

    def alarm(self, alert: Alert, known: str | None = None) -> Alarm:
        """An alert with its owner, its severity, and how far its share got worse by the last look.

        A severity only rises: what was critical once is not made less so by a better hour.
        """
        told = alert.evidence.get("monitor", {})
        feature, metric = told.get("feature", ""), told.get("metric", "pass_rate")
        last = self.checks.get(alert.monitor_id)
        check = last if last and alert.resolved_at is None and speaks_of(last, alert.evidence) else None
        drop = None if check is None or check.drop is None else (check.drop, check.drop_lo, check.drop_hi)
        sizes = [size for size in (drop and drop[0], alarms.at_alarm(alert.evidence)[0]) if size is not None]
        share, limits = self.shares.get(feature, 0.0), self.settings.alerts.severity
        own = severity(metric, max(sizes, default=None), share, limits)
        worse = Severity(known) if known and Severity(known).rank > own.rank else own
        owner = self.settings.feature(feature).owner
        return alarms.alarm(alert, owner=owner, severity=worse, drop=drop, check=last)


class Held:
    """The incidents that are not over, with their alarms."""

    def __init__(self, known: dict[str, Incident], found: Iterable[tuple[Member, Alert]], ledger: Ledger) -> None:
        self.incidents = known
        self.ledger = ledger
        self.members: dict[str, Member] = {}
        self.groups = {incident_id: Group(incident_id) for incident_id in known}
        for member, alert in found:
            self.members[member.alert_id] = member
            self.groups[member.incident_id].alarms.append(ledger.alarm(alert, member.severity))

    def take_in(self, fresh: Sequence[Alarm]) -> None:
        """Each new alarm joins an incident or opens one. What only history knows is by itself: nobody is told."""
        past = [one for one in fresh if one.alert.evidence.get("told", True) is False]
        live = [one for one in fresh if one not in past]
        burning = [one for one in self.groups.values() if any(alarm.fires for alarm in one.alarms)]
        found = grouping.group(live, burning, storm=self.ledger.settings.alerts.storm_incidents)
        for group in [*(Group(None, [one]) for one in past), *found]:
            self._join(group.incident_id or self._open(group.alarms), group.alarms)

    def _open(self, group: Sequence[Alarm]) -> str:
        first = min(group, key=lambda one: (one.alert.fired_at, one.alert.alert_id)).alert
        incident_id = f"inc_{hashlib.sha256(first.alert_id.encode()).hexdigest()[:16]}"
        self.incidents[incident_id] = Incident(
            incident_id=incident_id, state=State.FIRING, severity=Severity.INFO, opened_at=first.fired_at
        )
        self.groups[incident_id] = Group(incident_id)
        self.ledger.note(incident_id, "opened", alerts=len(group))
        return incident_id

    def _join(self, incident_id: str, group: Sequence[Alarm]) -> None:
        for one in group:
            if self.groups[incident_id].alarms:
                self.ledger.note(incident_id, "joined", alert_id=one.alert.alert_id, **one.monitor)
            self.groups[incident_id].alarms.append(one)
            self.members[one.alert.alert_id] = Member(
                alert_id=one.alert.alert_id,
                incident_id=incident_id,
                joined_at=self.ledger.now,
                severity=one.severity,
            )

    @cached_property
    def sources(self) -> list[Alarm]:
        """What can explain others, once all alarms are taken in."""
        return inhibition.sources(one for group in self.groups.values() for one in group.alarms)

    def standing(self, c: Connection, incident_id: str) -> Standing:
        """The incident's alarms, with those that a silence covers or a broken judge or an outage explains."""
        own = self.groups[incident_id].alarms
        silenced = {
            one.alert.alert_id for one in own if muting.muting(self.ledger.silences, one.labels, self.ledger.now)
        }
        before = {one.alert.alert_id for one in own if self.members[one.alert.alert_id].explained_by}
        for one in own:
            self._account_for(c, one, silenced=one.alert.alert_id in silenced)
        explained = {one.alert.alert_id for one in own if self.members[one.alert.alert_id].explained_by}
        surfaced = {one.alert.alert_id for one in own if one.fires} & before - explained
        return Standing(own, frozenset(silenced), frozenset(explained), frozenset(surfaced))

    def _account_for(self, c: Connection, one: Alarm, *, silenced: bool) -> None:
        """Notes what explains an alarm, and how severe it is.

        In a silence an explanation stays: that it no longer holds is news, which the end of the silence must find. What
        is over stays explained.
        """
        member = self.members[one.alert.alert_id]
        source = inhibition.explanation(one, self.sources) if one.fires else None
        stays = silenced or not one.fires
        kept = member.explained_by if stays else self._aftermath(c, member.explained_by)
        by = source.alert.alert_id if source else kept
        if by != member.explained_by:
            action, of = ("explained", by) if by else ("no longer explained", member.explained_by)
            self.ledger.note(member.incident_id, action, alert_id=member.alert_id, by=of)
        self.members[one.alert.alert_id] = replace(member, explained_by=by, severity=one.severity)

    def _aftermath(self, c: Connection, alert_id: str | None) -> str | None:
        """What explained an alarm still does, as long as it is not over for long."""
        source = alert_store.get(c, alert_id) if alert_id else None
        if source is None:
            return None
        ended = source.resolved_at
        return alert_id if ended is None or ended + AFTERMATH > self.ledger.now else None

    def save(self, c: Connection, before: Mapping[str, Incident], members: Mapping[str, Member]) -> None:
        """Writes what changed."""
        incidents.save(c, [one for one in self.incidents.values() if one != before.get(one.incident_id)])
        incidents.save_members(c, [one for one in self.members.values() if one != members.get(one.alert_id)])
        audit.append(c, self.ledger.entries)


def _advance(c: Connection, held: Held, incident_id: str) -> Told | None:
    """Decides what is told of one incident, owes it, and moves the incident on."""
    incident, standing, ledger = held.incidents[incident_id], held.standing(c, incident_id), held.ledger
    incident = telling.take_back(c, incident, standing, ledger.now)
    unheard = telling.unheard(c, incident, standing, ledger.settings, ledger.now)
    standing = replace(standing, unheard=unheard)
    repeat = timedelta(hours=ledger.settings.alerts.repeat_hours)
    answer = policy.decide(incident, standing, ledger.now, repeat)
    after = _moved(incident, standing, answer, ledger.now)
    held.incidents[incident_id] = after
    if after.state == State.RESOLVED:
        ledger.note(incident_id, after.state, why=answer.why.value)
    elif after.withheld not in (None, incident.withheld):
        ledger.note(incident_id, after.withheld, why=answer.why.value)
    if answer.event is None:
        return None
    explained_by = {alert_id: one.explained_by for alert_id, one in held.members.items()}
    ending = actions.endings(c, [after]).get(incident_id)
    case = telling.Case(after, standing, answer, explained_by, ending)
    owed = telling.tell(c, case, ledger.settings, ledger.now)
    ledger.note(incident_id, "told", event=answer.event.value, why=answer.why.value, channels=owed)
    return after, answer.event


def _moved(incident: Incident, standing: Standing, answer: Answer, now: datetime) -> Incident:
    """The incident after the pass."""
    ended = [one.alert.resolved_at for one in standing.alarms if one.alert.resolved_at]
    over = not standing.firing
    going_on = State.ACKNOWLEDGED if incident.acknowledged_at else State.FIRING
    after = replace(
        incident,
        state=State.RESOLVED if over else going_on,
        resolved_at=max(ended) if over else None,
        severity=standing.severity,
    )
    if answer.event is None:
        return after if incident.told_at else replace(after, withheld=incident.withheld or answer.why.value)
    return replace(
        after,
        told_at=now,
        told_severity=standing.severity,
        told_drop=standing.lead.drop,
        updates=incident.updates + (answer.event is Event.UPDATED),
        withheld=None,
    )
