"""The outbox: what is owed to a channel is a row, written with the alert itself and kept when it arrived or is dead."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import structlog

from evaluator.alerts.evidence import iso
from evaluator.alerts.message import Channel, DeliveryError, Message
from evaluator.settings import AlertSettings
from store import alerts
from store.database import Connection
from store.records import Alert, Clock, Delivery
from store.store import Store

log = structlog.get_logger(__name__)

FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0


class Owed(StrEnum):
    """How far a delivery got."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


def event_id(alert: Alert, event: str) -> str:
    """The receiver's idempotency key: the same for every attempt and every channel."""
    return f"{alert.alert_id}:{event}"


def enqueue(c: Connection, alert: Alert, event: str, channels: Iterable[str], now: datetime) -> None:
    """Owes one event ("firing" or "resolved") to each channel, by name; call it in the operation that saves the alert.

    What is owed already, or was delivered, stays as it is.
    """
    key = event_id(alert, event)
    known = {delivery.channel for delivery in alerts.deliveries(c, alert.alert_id) if delivery.event_id == key}
    for channel in set(channels) - known:
        alerts.save_delivery(
            c,
            Delivery(
                event_id=key,
                alert_id=alert.alert_id,
                channel=channel,
                event=event,
                state=Owed.PENDING,
                created_at=now,
                next_attempt_at=now,
            ),
        )


class Courier:
    """Delivers what the outbox owes, at least once: each channel on its own, within a channel the oldest first."""

    def __init__(
        self, store: Store, channels: Sequence[Channel], *, clock: Clock, rng: random.Random, settings: AlertSettings
    ) -> None:
        self.channels = {channel.name: channel for channel in channels}
        self._store = store
        self._clock = clock
        self._rng = rng
        self._max_attempts = settings.max_attempts
        self._busy: set[str] = set()

    async def deliver_due(self) -> int:
        """Attempts every delivery that is due and answers how many arrived; a channel already at work is left alone."""
        waiting = {delivery.channel for delivery in await asyncio.to_thread(self._due)}
        served = await asyncio.gather(*(self._serve(name) for name in sorted(waiting)), return_exceptions=True)
        for result in served:
            if isinstance(result, BaseException):
                raise result
        return sum(result for result in served if isinstance(result, int))

    async def _serve(self, name: str) -> int:
        """One channel's turn. It ends at the first failure that is worth a retry: the channel is likely down."""
        if name in self._busy:
            return 0
        self._busy.add(name)
        try:
            arrived = 0
            # Read again now that the channel is ours: another round may have delivered some in between.
            for delivery in await asyncio.to_thread(self._due, name):
                after = await self._attempt(delivery)
                await asyncio.wrap_future(self._store.run(partial(_save, after)))
                arrived += after.state == Owed.DELIVERED
                if after.state == Owed.PENDING:
                    break
            return arrived
        finally:
            self._busy.discard(name)

    def _due(self, channel: str | None = None) -> list[Delivery]:
        with self._store.read() as c:
            due = [row for row in alerts.due(c, self._clock()) if channel in (None, row.channel)]
            return [row for row in due if not self._held(c, row)]

    def _held(self, c: Connection, delivery: Delivery) -> bool:
        """Whether the channel has yet to hear that the alert fires: "resolved" must not overtake it."""
        return delivery.event != "firing" and any(
            other.channel == delivery.channel and other.event == "firing" and other.state == Owed.PENDING
            for other in alerts.deliveries(c, delivery.alert_id)
        )

    async def _attempt(self, delivery: Delivery) -> Delivery:
        tried = replace(delivery, attempts=delivery.attempts + 1)
        try:
            await self._send(delivery)
        except DeliveryError as error:
            return self._failed(tried, error)
        except Exception as error:  # noqa: BLE001 - a channel's bug is this delivery's failure, never the end of the others
            return self._failed(tried, DeliveryError(f"the channel itself failed ({type(error).__name__})", retry=True))
        return replace(tried, state=Owed.DELIVERED, delivered_at=self._clock(), last_error=None)

    async def _send(self, delivery: Delivery) -> None:
        channel = self.channels.get(delivery.channel)
        if channel is None:
            raise DeliveryError("no channel of this name is configured here", retry=True)
        alert = await asyncio.to_thread(self._alert, delivery.alert_id)
        if alert is None:
            raise DeliveryError("the alert is no longer in the store", retry=False)
        await channel.send(_message(alert, delivery, self._clock()))

    def _alert(self, alert_id: str) -> Alert | None:
        with self._store.read() as c:
            return alerts.get(c, alert_id)

    def _failed(self, tried: Delivery, error: DeliveryError) -> Delivery:
        if not error.retry or tried.attempts >= self._max_attempts:
            log.error("delivery dead", channel=tried.channel, event_id=tried.event_id, error=str(error))
            return replace(tried, state=Owed.DEAD, last_error=str(error))
        return replace(tried, next_attempt_at=self._clock() + self._wait(tried, error), last_error=str(error))

    def _wait(self, tried: Delivery, error: DeliveryError) -> timedelta:
        """Full jitter: anything up to the doubling limit, but not before the time the receiver asked for."""
        limit = min(FIRST_WAIT_SECONDS * 2 ** (tried.attempts - 1), LONGEST_WAIT_SECONDS)
        asked = min(error.retry_after_seconds or 0.0, LONGEST_WAIT_SECONDS)
        return timedelta(seconds=max(self._rng.uniform(0.0, limit), asked))


def _save(delivery: Delivery, c: Connection) -> None:
    alerts.save_delivery(c, delivery)


def _message(alert: Alert, delivery: Delivery, now: datetime) -> Message:
    """The state told is the event's own: the alert may have gone on since, and every attempt must say the same."""
    resolved_at = alert.resolved_at if delivery.event == "resolved" else None
    return Message(
        event_id=delivery.event_id,
        event=delivery.event,
        occurred_at=resolved_at or alert.fired_at,
        sent_at=now,
        data={
            **alert.evidence,
            "alert_id": alert.alert_id,
            "state": delivery.event,
            "fired_at": iso(alert.fired_at),
            "resolved_at": iso(resolved_at),
        },
    )
