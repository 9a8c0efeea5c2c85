"""The JSON of alerts and of what channels are owed for them. Times are ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from evaluator.api.turns import Yielding


class AlertView(BaseModel):
    """One alert; `judge` is empty where the metric is the feature's alone; `evidence` as in docs/alerts.md.

    `state` is firing, acknowledged (its incident is) or resolved. `explained_by` is the alert of a broken judge or an
    outage that accounts for it, `silenced_until` the end of the silence or maintenance window that covers it now.
    `deliveries` are those of its incident.
    """

    alert_id: Yielding
    monitor_id: str
    feature: str
    judge: str
    metric: str
    state: str
    fired_at: datetime
    resolved_at: datetime | None
    evidence: dict[str, Any]
    deliveries: list[DeliveryView]
    incident_id: str | None = None
    severity: str | None = None
    explained_by: str | None = None
    silenced_until: datetime | None = None
    acknowledged_by: str | None = None
    assignee: str | None = None


class DeliveryView(BaseModel):
    """What one channel is owed. `state`: pending, delivered, dead (given up), skipped (a later message says more)."""

    event_id: str
    channel: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None
    last_error: str | None
    incident_id: str | None = None
