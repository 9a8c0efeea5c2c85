"""Spans and log records as plain values, whichever encoding they came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Who sent it: resource attributes, and the instrumentation scope with its version."""

    attributes: Attributes = field(default_factory=dict)
    scope: str = ""
    scope_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A span event."""

    name: str
    time_unix_nano: int = 0
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span. Ids are lower-case hex ("" when absent); attribute values are JSON values, kvlist → dict, array → list.

    `status_code` 2 is an error. `dropped` counts attributes and events that the sender's limits cut off.
    """

    trace_id: str
    span_id: str
    resource: Resource
    parent_id: str = ""
    parent_is_remote: bool = False
    name: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status_code: int = 0
    status_message: str = ""
    attributes: Attributes = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One log record. `event_name` is the field or the attribute `event.name`; `at` is its time or when it was seen.

    `order` is that time in nanoseconds; `log_id` a hash of the record, the same whenever it is sent again.
    """

    resource: Resource
    log_id: str
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""
    at: datetime | None = None
    order: int = 0
    attributes: Attributes = field(default_factory=dict)
    body: Any = None
    dropped: int = 0
