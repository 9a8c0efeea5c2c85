"""What is told, and the deliveries owed for it: one row per event and channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from store import queries, rows
from store.records import Delivery, Json
from store.text import dump, parse

if TYPE_CHECKING:
    from store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What one event says, the same at every attempt and channel."""

    event_id: str
    event: str
    occurred_at: datetime
    data: Json
    incident_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How a channel fares: what waits, since when, what was given up, and what arrived since `since`."""

    channel: str
    waiting: int
    oldest_at: datetime | None
    dead: int
    delivered: int
    last_delivered_at: datetime | None


def save_notification(c: Connection, told: Notification) -> None:
    """Insert what is to be told, unless its event is known."""
    if get_notification(c, told.event_id) is None:
        rows.insert(c, "insert_notifications", [asdict(told) | {"data": dump(told.data)}])


def get_notification(c: Connection, event_id: str) -> Notification | None:
    """What this event says."""
    found = queries.rows(c, "notification_of_event", event_id=event_id)
    return next((Notification(**{**row, "data": parse(row["data"])}) for row in found), None)


def notifications(c: Connection, incident_id: str | None = None, limit: int = 1000) -> list[Notification]:
    """The newest events, of one incident where given, the newest first."""
    found = queries.rows(c, "find_notifications", incident_id=incident_id, limit=limit)
    return [Notification(**{**row, "data": parse(row["data"])}) for row in found]


def owe(c: Connection, added: Sequence[Delivery]) -> None:
    """Add deliveries, numbered in this order; what is owed to a channel already, or was delivered, stays as it is."""
    first = queries.rows(c, "next_delivery_seq")[0]["seq"]
    known = {(one.event_id, one.channel) for one in added if get(c, one.event_id, one.channel)}
    fresh = [one for one in added if (one.event_id, one.channel) not in known]
    rows.insert(c, "insert_deliveries", (asdict(one) | {"seq": first + n} for n, one in enumerate(fresh)))


def save(c: Connection, changed: Sequence[Delivery]) -> None:
    """Insert these deliveries, each in place of the one of its event and channel."""
    for one in changed:
        queries.run(c, "delete_delivery", event_id=one.event_id, channel=one.channel)
    rows.insert(c, "insert_deliveries", map(asdict, changed))


def get(c: Connection, event_id: str, channel: str) -> Delivery | None:
    """The delivery of this event to this channel."""
    found = queries.rows(c, "delivery_of_event", event_id=event_id, channel=channel)
    return next((Delivery(**row) for row in found), None)


def pending(c: Connection, channel: str | None = None) -> list[Delivery]:
    """What is still owed, to this channel or to all, in the order in which it came to be owed."""
    return [Delivery(**row) for row in queries.rows(c, "pending_deliveries", channel=channel)]


def of_incident(c: Connection, incident_id: str) -> list[Delivery]:
    """Every delivery of one incident, in order."""
    return [Delivery(**row) for row in queries.rows(c, "deliveries_of_incident", incident_id=incident_id)]


def of_incidents(c: Connection, incident_ids: Sequence[str]) -> list[Delivery]:
    """Every delivery of these incidents, in order."""
    return [Delivery(**row) for row in queries.rows(c, "deliveries_of_incidents", ids=list(incident_ids))]


def newest(c: Connection, incident_ids: Sequence[str]) -> dict[str, Notification]:
    """What was told last of each of these incidents, by incident id."""
    found = queries.rows(c, "newest_notifications", ids=list(incident_ids))
    return {row["incident_id"]: Notification(**{**row, "data": parse(row["data"])}) for row in found}


def find(c: Connection, state: str | None = None, limit: int = 1000) -> list[Delivery]:
    """The newest deliveries in this state (None: any)."""
    return [Delivery(**row) for row in queries.rows(c, "find_deliveries", state=state, limit=limit)]


def last_tests(c: Connection) -> dict[str, Delivery]:
    """The newest test of each channel, by channel."""
    found = queries.rows(c, "newest_of_channels", state=None, tests=True)
    return {row["channel"]: Delivery(**row) for row in found}


def last_dead(c: Connection) -> dict[str, Delivery]:
    """What was given up last of each channel, tests apart, by channel."""
    found = queries.rows(c, "newest_of_channels", state="dead", tests=False)
    return {row["channel"]: Delivery(**row) for row in found}


def arrived(c: Connection, channel: str, since: datetime, until: datetime) -> int:
    """How many messages this channel took from `since` to `until`."""
    messages: int = queries.rows(c, "arrived", channel=channel, since=since, until=until)[0]["messages"]
    return messages


def is_owed(c: Connection, delivery: Delivery, severity: str) -> bool:
    """Whether its channel is owed anything of this severity of the delivery's incident, or the delivery is."""
    of = {"event_id": delivery.event_id, "incident_id": delivery.incident_id, "channel": delivery.channel}
    return bool(queries.rows(c, "owed_of_severity", severity=severity, **of))


def overtaken(c: Connection, delivery: Delivery) -> bool:
    """Whether its channel took something that came to be owed later."""
    return bool(queries.rows(c, "delivered_later", channel=delivery.channel, seq=delivery.seq))


def took_the_end(c: Connection, delivery: Delivery) -> bool:
    """Whether its channel heard that the incident is over."""
    found = of_incident(c, delivery.incident_id) if delivery.incident_id else []
    return (delivery.channel, "resolved", "delivered") in {(one.channel, one.event, one.state) for one in found}


def traffic(c: Connection, since: datetime) -> list[Traffic]:
    """How every channel fares that was ever owed something; `delivered` counts from `since` on."""
    return [Traffic(**row) for row in queries.rows(c, "channel_traffic", since=since)]
