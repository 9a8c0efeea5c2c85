"""How many alerts and incidents there are, and which channels refuse what they are given."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries

if TYPE_CHECKING:
    from store.database import Connection


class IncidentTally(NamedTuple):
    """How many incidents of this severity are in this state."""

    state: str
    severity: str
    n: int


def alerts(c: Connection) -> dict[str, int]:
    """Alerts by state, those that are over too."""
    return {row["state"]: row["n"] for row in queries.rows(c, "alerts_by_state")}


def incidents(c: Connection) -> list[IncidentTally]:
    """Incidents by state and severity, those that are over too."""
    return [IncidentTally(**row) for row in queries.rows(c, "incidents_by_state")]


def failing(c: Connection) -> set[str]:
    """Channels of which the last message that was tried did not arrive: it waits for another try, or was given up."""
    return {row["channel"] for row in queries.rows(c, "failing_channels")}


def kept_waiting(c: Connection, now: datetime) -> dict[str, datetime]:
    """Since when each channel has kept a message waiting that is due; what is put off on purpose is not due."""
    return {row["channel"]: row["since"] for row in queries.rows(c, "due_since", now=now)}
