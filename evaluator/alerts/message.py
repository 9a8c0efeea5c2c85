"""What is sent, what can be sent to, and how sending fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from evaluator.errors import LeadlineError
from store.records import Json


class Event(StrEnum):
    """What a message tells: of an incident, the report of the day or week, or that somebody tries the channel."""

    FIRING = "firing"
    UPDATED = "updated"
    RESOLVED = "resolved"
    DIGEST = "digest"
    TEST = "test"


class DeliveryError(LeadlineError):
    """A channel did not take a message. `retry` says whether trying again helps; its text holds no secret."""

    def __init__(self, message: str, *, retry: bool, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along where the channel takes files: a chart (image/png), a report (text/html)."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event on its way to a channel: all but `sent_at` is the same at every attempt.

    `data` is the evidence as docs/alerts.md lists it; its title and text are made by evaluator.alerts.wording.
    """

    event_id: str
    event: str
    occurred_at: datetime
    sent_at: datetime
    data: Json
    attachments: tuple[Attachment, ...] = ()


class Channel(Protocol):
    """Somewhere a message can be sent. `send` returns when it was taken and raises DeliveryError when not."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Message) -> None: ...
