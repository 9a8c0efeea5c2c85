"""Incidents: alarms that began together and are told together, and which alert belongs to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from store import alerts, queries, rows
from store.records import Alert

if TYPE_CHECKING:
    from store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Alarms with one cause, as far as can be told. `state` is firing, acknowledged or resolved.

    `told_at`, `told_severity` and `told_drop` are what its last message said, None when nobody was told; `withheld`
    says why (silenced, explained, past). `updates` counts the messages between the first and the last.
    """

    incident_id: str
    state: str
    severity: str
    opened_at: datetime
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    assignee: str | None = None
    told_at: datetime | None = None
    told_severity: str | None = None
    told_drop: float | None = None
    updates: int = 0
    withheld: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An alert of an incident. `explained_by` is the alert (a broken judge, an outage) that accounts for it."""

    alert_id: str
    incident_id: str
    joined_at: datetime
    severity: str
    explained_by: str | None = None


def find(c: Connection, state: str | None = None, limit: int = 100) -> list[Incident]:
    """The newest incidents in this state; `open` means firing or acknowledged, None any."""
    return [Incident(**row) for row in queries.rows(c, "find_incidents", state=state, limit=limit)]


def unresolved(c: Connection) -> list[Incident]:
    """Every incident that is not over, the oldest first."""
    return [Incident(**row) for row in queries.rows(c, "unresolved_incidents")]


def get(c: Connection, incident_id: str) -> Incident | None:
    """The incident with this id."""
    return with_ids(c, [incident_id]).get(incident_id)


def with_ids(c: Connection, ids: Sequence[str]) -> dict[str, Incident]:
    """The incidents with these ids, by id."""
    return {row["incident_id"]: Incident(**row) for row in queries.rows(c, "incidents_of_ids", ids=list(ids))}


def of_alerts(c: Connection) -> dict[str, Incident]:
    """The incident of each firing alert, by alert id."""
    found = queries.rows(c, "incidents_of_firing_alerts")
    return {row.pop("alert_id"): Incident(**row) for row in found}


def save(c: Connection, changed: Sequence[Incident]) -> None:
    """Insert these incidents, each in place of the one with its id."""
    queries.run(c, "delete_incidents", ids=[one.incident_id for one in changed])
    rows.insert(c, "insert_incidents", map(asdict, changed))


def members(c: Connection, ids: Sequence[str]) -> list[tuple[Member, Alert]]:
    """The alerts of these incidents with how they belong to them, the first to fire first."""
    found = queries.rows(c, "members_of_incidents", ids=list(ids))
    names = Member.__slots__
    known = {one.alert_id: one for one in alerts.with_ids(c, [row["alert_id"] for row in found])}
    return [(Member(**{name: row[name] for name in names}), known[row["alert_id"]]) for row in found]


def member(c: Connection, alert_id: str) -> Member | None:
    """How this alert belongs to its incident; None before the first pass over it."""
    return members_of(c, [alert_id]).get(alert_id)


def members_of(c: Connection, alert_ids: Sequence[str]) -> dict[str, Member]:
    """How each of these alerts belongs to its incident, by alert id; not those that no pass has seen."""
    return {row["alert_id"]: Member(**row) for row in queries.rows(c, "members_of_alerts", ids=list(alert_ids))}


def save_members(c: Connection, changed: Sequence[Member]) -> None:
    """Insert these, each in place of the one of its alert."""
    queries.run(c, "delete_members", ids=[one.alert_id for one in changed])
    rows.insert(c, "insert_members", map(asdict, changed))


def without_incident(c: Connection) -> list[Alert]:
    """Alerts that nobody has put into an incident yet, the first to fire first."""
    return alerts.with_ids(c, [row["alert_id"] for row in queries.rows(c, "alerts_without_incident")])


def traffic_shares(c: Connection, since: datetime, until: datetime) -> dict[str, float]:
    """The share of all samples of [since, until) that each feature has."""
    found = queries.rows(c, "traffic_of_features", since=since, until=until)
    total = sum(row["n"] for row in found)
    return {row["feature"]: row["n"] / total for row in found} if total else {}
