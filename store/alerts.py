"""Alerts and the deliveries owed for them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Alert, Delivery
from store.text import dump, parse

if TYPE_CHECKING:
    from store.database import Connection


def find(c: Connection, state: str | None = None, monitor_id: str | None = None, limit: int = 100) -> list[Alert]:
    """The alerts in this state and of this monitor (None: any), newest first."""
    return [_alert(row) for row in queries.rows(c, "find_alerts", state=state, monitor_id=monitor_id, limit=limit)]


def firing(c: Connection) -> list[Alert]:
    """Every alert that fires now, newest first."""
    return [_alert(row) for row in queries.rows(c, "firing_alerts")]


def get(c: Connection, alert_id: str) -> Alert | None:
    """The alert with this id."""
    return next((_alert(row) for row in queries.rows(c, "alert_of_id", alert_id=alert_id)), None)


def save(c: Connection, alert: Alert) -> None:
    """Insert the alert in place of the one with its id."""
    queries.run(c, "delete_alert", alert_id=alert.alert_id)
    rows.insert(c, "insert_alerts", [asdict(alert) | {"evidence": dump(alert.evidence)}])


def save_delivery(c: Connection, delivery: Delivery) -> None:
    """Insert the delivery in place of the one of its event and channel."""
    queries.run(c, "delete_delivery", event_id=delivery.event_id, channel=delivery.channel)
    rows.insert(c, "insert_deliveries", [asdict(delivery)])


def due(c: Connection, now: datetime) -> list[Delivery]:
    """The pending deliveries whose next attempt is due, oldest first."""
    return [Delivery(**row) for row in queries.rows(c, "due_deliveries", now=now)]


def deliveries(c: Connection, alert_id: str) -> list[Delivery]:
    """Every delivery of one alert, oldest first."""
    return [Delivery(**row) for row in queries.rows(c, "deliveries_of_alert", alert_id=alert_id)]


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(**{**row, "evidence": parse(row["evidence"])})
