"""Alerts: what fired, and whether it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Alert
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


def with_ids(c: Connection, ids: Sequence[str]) -> list[Alert]:
    """The alerts with these ids, the first to fire first."""
    return [_alert(row) for row in queries.rows(c, "alerts_of_ids", ids=list(ids))] if ids else []


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(**{**row, "evidence": parse(row["evidence"])})
