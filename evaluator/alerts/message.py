"""What is sent, what can be sent to, and how sending fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from evaluator.errors import LeadlineError
from store.records import Json


class DeliveryError(LeadlineError):
    """A channel did not take a message. `retry` says whether trying again helps; its text holds no secret."""

    def __init__(self, message: str, *, retry: bool, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event of one alert on its way to a channel: all but `sent_at` is the same at every attempt."""

    event_id: str
    event: str
    occurred_at: datetime
    sent_at: datetime
    data: Json


class Channel(Protocol):
    """Somewhere a message can be sent. `send` returns when it was taken and raises DeliveryError when not."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Message) -> None: ...
