"""Alerts, incidents and the channels they are told to, as Prometheus gauges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import get_args

from evaluator.alerts.silenced import Silenced
from evaluator.alerts.state import State
from evaluator.readings import OTHERS, Names, Reading
from evaluator.settings import Settings
from evaluator.settings_alerts import SeverityName
from store import alerts, incidents, outbox, tallies
from store.database import Connection
from store.incidents import Incident, Member
from store.records import Alert

SEVERITIES: tuple[str, ...] = get_args(SeverityName)
INCIDENT_STATES = ("firing", "acknowledged", "resolved")
UNKNOWN = "unknown"
"""The severity of an alert that has no incident yet."""
EXPLAINED = "explained"
SILENCED = "silenced"


def alerted(c: Connection, settings: Settings, now: datetime) -> Iterator[Reading]:
    """How many alerts and incidents there are by state, also where there is none, and each alert that fires."""
    by_state = tallies.alerts(c)
    yield from (Reading("alerts", (state,), by_state.get(state, 0)) for state in (State.FIRING, State.RESOLVED))
    found = Counter({(one.state, one.severity): one.n for one in tallies.incidents(c)})
    for state in INCIDENT_STATES:
        yield from (Reading("incidents", (state, severity), found[state, severity]) for severity in SEVERITIES)
    yield from _regressions(c, Silenced.read(c, settings, now))


def _regressions(c: Connection, silenced: Silenced) -> Iterator[Reading]:
    unresolved = {one.incident_id: one for one in incidents.unresolved(c)}
    members = {alert.alert_id: member for member, alert in incidents.members(c, list(unresolved))}
    firing = [(alert, members.get(alert.alert_id)) for alert in alerts.firing(c)]
    features = Names((_about(alert, "feature"), 1) for alert, _ in firing)
    judges = Names((_about(alert, "judge"), 1) for alert, _ in firing)
    counted = Counter[tuple[str, ...]]()
    for alert, member in firing:
        about = (features(_about(alert, "feature")), judges(_about(alert, "judge")), _about(alert, "metric"))
        rule = str((alert.evidence.get("rule") or {}).get("name", ""))
        quiet = member is not None and silenced.until(member, alert) is not None
        where = _where(member, unresolved.get(member.incident_id) if member else None, quiet=quiet)
        named = OTHERS not in about
        counted[*about, rule, *where[:3], where[3] if named else OTHERS] += 1
    yield from (Reading("regressions", labels, n) for labels, n in counted.items())


def _about(alert: Alert, what: str) -> str:
    return str(alert.evidence.get("monitor", {}).get(what, ""))


def _where(member: Member | None, incident: Incident | None, *, quiet: bool) -> tuple[str, str, str, str]:
    """Severity, the incident's state, why nobody is told now, and the incident."""
    if member is None or incident is None:
        return UNKNOWN, State.FIRING, "", ""
    explained = EXPLAINED if member.explained_by else incident.withheld or ""
    return member.severity, incident.state, SILENCED if quiet else explained, incident.incident_id


def owed(c: Connection, channels: Collection[str], now: datetime) -> Iterator[Reading]:
    """What each configured channel is owed, and each other one that something still waits for."""
    traffic = {one.channel: one for one in outbox.traffic(c, now)}
    failing, due = tallies.failing(c), tallies.kept_waiting(c, now)
    for name in sorted({*channels, *(one.channel for one in traffic.values() if one.waiting)}):
        one = traffic.get(name)
        yield Reading("deliveries_waiting", (name,), one.waiting if one else 0)
        yield Reading("deliveries_oldest_seconds", (name,), (now - due.get(name, now)).total_seconds())
        yield Reading("deliveries_dead", (name,), one.dead if one else 0)
        yield Reading("channel_failing", (name,), name in failing)
