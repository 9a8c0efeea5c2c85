"""The courier: what is owed to a channel is a row, and stays one until it arrived or is given up.

Each channel is served on its own, its messages in the order in which they came to be owed. The first failure that is
worth a retry ends the channel's turn: it is likely down, and the message that failed is tried again, after growing
waits, until it passes; so a channel that is down gets one attempt at a time, whatever waits for it. Only a message that
fails again and again is passed over by the next one: when that arrives, it was the message's fault.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import structlog

from evaluator.alerts.channels import Refreshing, Unready
from evaluator.alerts.message import Attachment, Channel, DeliveryError, Message
from evaluator.alerts.severity import Severity
from evaluator.settings_alerts import AlertSettings
from store import outbox
from store.audit import Entry
from store.audit import append as note
from store.database import Connection
from store.outbox import Notification
from store.records import Clock, Delivery, Json
from store.store import Store

log = structlog.get_logger(__name__)

FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0
DOUBTFUL = 5
"""After so many attempts it may be the message and not the channel: the next one is tried beside it."""
HOUR = timedelta(hours=1)
UNLIMITED = frozenset({"alertmanager"})
"""Kinds of channels that no person reads: max_per_hour is not for them."""

Attach = Callable[[Notification, Channel], tuple[Attachment, ...]]
"""Makes the files that go along with an event to a channel."""
Count = Callable[[str, str], None]
"""Is told what became of an attempt: channel, outcome (delivered, failed, dead)."""


class Owed(StrEnum):
    """How far a delivery got. Skipped: a later message of its incident says what it would have said."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    SKIPPED = "skipped"


def nothing(_: Notification, _channel: Channel) -> tuple[Attachment, ...]:
    """No files."""
    return ()


@dataclass(frozen=True, slots=True)
class Means:
    """What the courier works with besides the store: time, chance, files that go along, and who counts."""

    clock: Clock
    rng: random.Random
    attach: Attach = nothing
    count: Count = lambda _channel, _outcome: None


class Courier:
    """Delivers what the outbox owes, at least once."""

    def __init__(self, store: Store, channels: Sequence[Channel], means: Means, settings: AlertSettings) -> None:
        self.channels = {channel.name: channel for channel in channels}
        self._store = store
        self._means = means
        self._settings = settings
        self._kinds = {channel.name: channel.kind for channel in settings.channels}
        self._busy: set[str] = set()

    @property
    def unready(self) -> dict[str, str]:
        """The channels that only another process can send to, and why: their messages wait, and no attempt counts."""
        return {name: one.why for name, one in self.channels.items() if isinstance(one, Unready)}

    async def deliver_due(self) -> int:
        """Attempts what is due and answers how many arrived; a channel already at work is left alone."""
        waiting = {delivery.channel for delivery in await asyncio.to_thread(self._pending)} - self.unready.keys()
        served = await asyncio.gather(*(self._serve(name) for name in sorted(waiting)), return_exceptions=True)
        for result in served:
            if isinstance(result, BaseException):
                raise result
        return sum(result for result in served if isinstance(result, int))

    async def refresh(self, told: Mapping[str, Sequence[Json]]) -> None:
        """Says again what fires to each channel whose receiver forgets it; what fails is left to the next time."""
        for name, found in told.items():
            channel = self.channels.get(name)
            if isinstance(channel, Refreshing):
                try:
                    await _guarded(channel.refresh(found, self._means.clock()))
                except DeliveryError as error:
                    log.warning("not refreshed", channel=name, error=str(error))

    async def send(self, channel: str, message: Message) -> None:
        """Sends a message that is in no outbox, to try a channel. DeliveryError: it was not taken."""
        await _guarded(self._channel(channel).send(message))

    async def _serve(self, name: str) -> int:
        """One channel's turn."""
        if name in self._busy:
            return 0
        self._busy.add(name)
        try:
            return await self._serve_in_order(name)
        finally:
            self._busy.discard(name)

    async def _serve_in_order(self, name: str) -> int:
        arrived, doubted, behind = 0, False, set[str | None]()
        # Read when the channel is ours: another round may have delivered some in between.
        for delivery in await asyncio.to_thread(self._pending, name):
            alone = await asyncio.to_thread(self._is_alone, delivery)
            waits = delivery.next_attempt_at > self._means.clock()
            # What is over must not overtake what began: an incident's messages stay in order.
            if delivery.incident_id in behind or (waits and (alone or not delivery.attempts)):
                behind.add(delivery.incident_id or delivery.event_id)
                continue
            if waits:
                break
            if not await asyncio.to_thread(self._has_room, delivery):
                behind.add(delivery.incident_id or delivery.event_id)
                continue
            after = await self._attempt(delivery, alone=alone, doubted=doubted)
            if after is not None:
                await asyncio.wrap_future(self._store.run(partial(_save, after, self._means.clock())))
                arrived += after.state == Owed.DELIVERED
            if after is None or after.state == Owed.PENDING:
                behind.add(delivery.incident_id or delivery.event_id)
                if not alone and (doubted or delivery.attempts + 1 < DOUBTFUL):
                    break
                doubted = doubted or not alone
        return arrived

    def _pending(self, channel: str | None = None) -> list[Delivery]:
        with self._store.read() as c:
            return outbox.pending(c, channel)

    def _is_alone(self, delivery: Delivery) -> bool:
        """Whether its channel took what came later: then the fault is the message's, and it holds nobody up."""
        if delivery.attempts < DOUBTFUL:
            return False
        with self._store.read() as c:
            return outbox.overtaken(c, delivery)

    def _has_room(self, delivery: Delivery) -> bool:
        """Whether the channel has not had its messages of the hour.

        What is critical does not wait for that, nor does what must be said before it of its incident.
        """
        if self._kinds.get(delivery.channel) in UNLIMITED:
            return True
        now = self._means.clock()
        with self._store.read() as c:
            had = outbox.arrived(c, delivery.channel, now - HOUR, now)
            return had < self._settings.max_per_hour or outbox.is_owed(c, delivery, Severity.CRITICAL)

    async def _attempt(self, delivery: Delivery, *, alone: bool, doubted: bool) -> Delivery | None:
        """The delivery after one attempt; None where it only probed whether the message before it is at fault."""
        tried = replace(delivery, attempts=delivery.attempts + 1)
        try:
            await _guarded(self._send(delivery))
        except DeliveryError as error:
            return None if doubted and error.retry else self._failed(tried, error, alone=alone)
        self._means.count(delivery.channel, Owed.DELIVERED)
        return replace(tried, state=Owed.DELIVERED, delivered_at=self._means.clock(), last_error=None)

    async def _send(self, delivery: Delivery) -> None:
        channel = self._channel(delivery.channel)
        told, files = await asyncio.to_thread(self._told, delivery.event_id, channel)
        if told is None:
            raise DeliveryError("what was to be told is no longer in the store", retry=False)
        await channel.send(
            Message(
                event_id=told.event_id,
                event=told.event,
                occurred_at=told.occurred_at,
                sent_at=self._means.clock(),
                data=told.data,
                attachments=files,
            )
        )

    def _channel(self, name: str) -> Channel:
        channel = self.channels.get(name)
        if channel is None:
            raise DeliveryError("no channel of this name is configured here", retry=True)
        return channel

    def _told(self, event_id: str, channel: Channel) -> tuple[Notification | None, tuple[Attachment, ...]]:
        with self._store.read() as c:
            told = outbox.get_notification(c, event_id)
        try:
            return told, self._means.attach(told, channel) if told else ()
        except (ValueError, ArithmeticError, MemoryError, OSError, RuntimeError) as error:
            # A chart that cannot be drawn must not cost the message.
            log.error("no attachment", event_id=event_id, error=type(error).__name__)
            return told, ()

    def _failed(self, tried: Delivery, error: DeliveryError, *, alone: bool) -> Delivery:
        age = self._means.clock() - tried.created_at
        given_up = age > timedelta(hours=self._settings.give_up_hours)
        if not error.retry or given_up or (alone and tried.attempts >= self._settings.max_attempts):
            log.error("delivery dead", channel=tried.channel, event_id=tried.event_id, error=str(error))
            self._means.count(tried.channel, Owed.DEAD)
            return replace(tried, state=Owed.DEAD, last_error=str(error))
        self._means.count(tried.channel, "failed")
        return replace(tried, next_attempt_at=self._means.clock() + self._wait(tried, error), last_error=str(error))

    def _wait(self, tried: Delivery, error: DeliveryError) -> timedelta:
        """Full jitter: anything up to the doubling limit, but not before the time the receiver asked for."""
        limit = min(FIRST_WAIT_SECONDS * 2 ** min(tried.attempts - 1, 20), LONGEST_WAIT_SECONDS)
        asked = min(error.retry_after_seconds or 0.0, LONGEST_WAIT_SECONDS)
        return timedelta(seconds=max(self._means.rng.uniform(0.0, limit), asked))


def failing(pending: Sequence[Delivery]) -> Delivery | None:
    """The message that shows a channel to be in trouble: the first that was tried and did not arrive."""
    return next((one for one in pending if one.attempts), None)


async def _guarded(saying: Awaitable[None]) -> None:
    """Waits for a channel's own code, whose every failure is a DeliveryError."""
    try:
        await saying
    except DeliveryError:
        raise
    except Exception as error:  # noqa: BLE001 - a channel's bug is this delivery's failure, never the end of the others
        # Its text may hold an address or a key.
        raise DeliveryError(f"the channel itself failed ({type(error).__name__})", retry=True) from None


def _save(delivery: Delivery, now: datetime, c: Connection) -> None:
    outbox.save(c, [delivery])
    if delivery.state == Owed.DEAD:
        entry = Entry(
            ts=now,
            action="given up",
            subject="delivery",
            subject_id=f"{delivery.event_id} {delivery.channel}",
            detail={"error": delivery.last_error, "attempts": delivery.attempts},
        )
        note(c, [entry])


def revived(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery that was given up, owed again as if for the first time: it has as long again to arrive."""
    return replace(delivery, state=Owed.PENDING, attempts=0, created_at=now, next_attempt_at=now)
