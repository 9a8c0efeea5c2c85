"""The JSON of incidents, silences, channels and the audit log. Times are ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.moment import Moment

Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=4000)]


class NotificationView(BaseModel):
    """What one event told: firing, updated or resolved; `data` as in docs/alerts.md."""

    event_id: str
    event: str
    occurred_at: datetime
    data: dict[str, Any]


class EntryView(BaseModel):
    """One line of the audit log: who did what to what. `via` is api, command, ui or leadline (by itself)."""

    ts: datetime
    actor: str
    via: str
    key: str | None
    action: str
    subject: str
    subject_id: str
    detail: dict[str, Any]


class IncidentView(BaseModel):
    """Alerts that began together. `state` is firing, acknowledged or resolved; `severity` critical, warning or info.

    `withheld` says why nobody was told (silenced, explained, past); null when somebody was, or nothing was to tell.
    `silenced_until` is when the first silence ends of those that cover all that fires of it, `resolved_by` who ended it
    by hand. Notifications and history come with a single incident only.
    """

    incident_id: str
    title: str
    state: str
    severity: str
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assignee: str | None
    withheld: str | None
    silenced_until: datetime | None = None
    resolved_by: str | None = None
    alerts: list[AlertView]
    deliveries: list[DeliveryView]
    notifications: list[NotificationView] = []
    history: list[EntryView] = []


class Request(BaseModel):
    """What somebody asks for; `by` is who."""

    model_config = ConfigDict(extra="forbid")
    by: Name


class AckRequest(Request):
    """`note` is kept with it."""

    note: Text = ""


class AssignRequest(Request):
    """`to` sees to it from now on; null: nobody."""

    to: Name | None


class CommentRequest(Request):
    """`text` joins the incident's history."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class SilenceRequest(Request):
    """Nobody is told of alerts that all `matchers` (label to glob) match, from `starts_at` (default: now) to `ends_at`.

    A maintenance window may come again every day or week, at the same time UTC, until it is ended.
    """

    matchers: dict[Literal["feature", "judge", "metric", "owner", "severity", "rule", "monitor"], Name] = Field(
        min_length=1
    )
    starts_at: Moment | None = None
    ends_at: Moment
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    kind: Literal["silence", "maintenance"] = "silence"
    every: Literal["day", "week"] | None = None


class SilenceView(BaseModel):
    """A silence or maintenance window. `state` is active, waiting or over; `covers` counts the alerts it mutes now.

    `concerns` counts the monitors and plain rules that it could ever mute, whatever their severity.
    """

    silence_id: str
    kind: str
    matchers: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    every: str | None
    reason: str
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    ended_by: str | None
    state: str
    covers: int
    concerns: int = 0


class ChannelView(BaseModel):
    """How a channel fares. `state`: ok, failing (its messages wait, one at a time is tried) or removed.

    `retry_at` is when the next attempt is due, `dead` how many messages were given up, `last_error` why the last one
    did not arrive that waits or was given up. `tested_at` is when it was tried last, `test_error` why that failed.
    """

    name: str
    kind: str
    state: str
    waiting: int
    oldest_at: datetime | None
    failures: int
    last_error: str | None
    retry_at: datetime | None
    dead: int
    delivered_last_day: int
    last_delivered_at: datetime | None
    tested_at: datetime | None = None
    test_error: str | None = None


class RetryRequest(Request):
    """A delivery that was given up is owed again."""

    event_id: str
    channel: str


class WayView(BaseModel):
    """Where an alert with these labels goes: the route that decides, its channels, and the end of its quiet hours."""

    feature: str
    owner: str
    severity: str
    route: str
    channels: list[str]
    held_until: datetime | None
