"""The alert commands on the database file, which no service has open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from evaluator.alerts import actions, by_hand, views
from evaluator.alerts.actions import Actor
from evaluator.alerts.outbox import Owed
from evaluator.api.alert_shapes import DeliveryView
from evaluator.api.incident_shapes import (
    AckRequest,
    AssignRequest,
    ChannelView,
    CommentRequest,
    EntryView,
    IncidentView,
    Request,
    RetryRequest,
    SilenceRequest,
    SilenceView,
    WayView,
)
from evaluator.cli.alert_source import Verb
from evaluator.service import Service
from store import audit, incidents, outbox
from store.database import Connection
from store.incidents import Incident

T = TypeVar("T")


class FileAlerts:
    """Reads and acts through a service that schedules nothing; what an action makes due is sent before it ends."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def incidents(self, state: str | None, limit: int) -> list[IncidentView]:
        """Incidents in this state, newest first."""
        settings, now = self._service.settings, self._service.clock()
        return self._read(lambda c: views.incident_views(c, incidents.find(c, state, limit), settings, now))

    async def incident(self, incident_id: str) -> IncidentView:
        """One incident, or that of an alert, with all there is about it."""
        settings, now = self._service.settings, self._service.clock()
        return self._read(lambda c: views.incident_view(c, actions.known(c, incident_id), settings, now))

    async def act(self, incident_id: str, verb: Verb, asked: Request) -> IncidentView:
        """Does one thing about an incident."""
        known = self._read(lambda c: actions.known(c, incident_id)).incident_id
        if isinstance(asked, AckRequest) and verb == "resolve":
            await by_hand.resolve(self._service, known, _actor(asked), asked.note)
            await self._service.courier.deliver_due()
        else:
            now = self._service.clock()
            await self._write(lambda c: _done(c, known, verb, asked, now))
            await self._service.incidents.settle()
        return await self.incident(known)

    async def silences(self) -> list[SilenceView]:
        """Every silence, those that hold first."""
        return self._read(lambda c: views.silence_views(c, self._service.settings, self._service.clock()))

    async def silence(self, asked: SilenceRequest) -> SilenceView:
        """Begins a silence or plans a window."""
        return await by_hand.silence(self._service, asked, _actor(asked))

    async def end_silence(self, silence_id: str, asked: Request) -> SilenceView:
        """Ends a silence, and tells what it held back."""
        ended = await by_hand.end_silence(self._service, silence_id, _actor(asked))
        await self._service.courier.deliver_due()
        return ended

    async def channels(self) -> list[ChannelView]:
        """How each channel fares."""
        return self._read(lambda c: views.channel_views(c, self._service.settings.alerts, self._service.clock()))

    async def try_channel(self, name: str, asked: Request) -> DeliveryView:
        """Sends a test message."""
        return views.delivery_view(await by_hand.try_channel(self._service, name, _actor(asked)))

    async def deliveries(self, state: str | None, limit: int) -> list[DeliveryView]:
        """Deliveries in this state, newest first."""
        return self._read(lambda c: [views.delivery_view(one) for one in outbox.find(c, state, limit)])

    async def retry(self, asked: RetryRequest) -> DeliveryView:
        """Owes a delivery again, and tries it at once."""
        now = self._service.clock()
        found = await self._write(lambda c: actions.retry(c, asked.event_id, asked.channel, _actor(asked), now))
        if found.state != Owed.PENDING:
            return views.delivery_view(found)
        await self._service.courier.deliver_due()
        after = self._read(lambda c: outbox.get(c, asked.event_id, asked.channel))
        return views.delivery_view(after or found)

    async def routes(self, feature: str | None, at: datetime | None) -> list[WayView]:
        """Who would be told."""
        when = at or self._service.clock()
        return self._read(lambda c: views.way_views(c, self._service.settings, feature, when))

    async def log(self, incident_id: str | None, limit: int) -> list[EntryView]:
        """The newest lines of the audit log."""

        def read(c: Connection) -> list[EntryView]:
            subject_id = actions.known(c, incident_id).incident_id if incident_id else None
            found = audit.find(c, "incident" if incident_id else None, subject_id, limit)
            return [views.entry_view(one) for one in found]

        return self._read(read)

    def _read(self, question: Callable[[Connection], T]) -> T:
        with self._service.store.read() as c:
            return question(c)

    async def _write(self, operation: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._service.store.run(operation))


def _actor(asked: Request) -> Actor:
    return Actor(asked.by.strip() or actions.UNKNOWN, actions.COMMAND)


def _done(c: Connection, known: str, verb: Verb, asked: Request, now: datetime) -> Incident:
    who = _actor(asked)
    match asked:
        case AckRequest() if verb == "ack":
            return actions.acknowledge(c, known, who, now, asked.note)
        case AckRequest() if verb == "unack":
            return actions.unacknowledge(c, known, who, now, asked.note)
        case AssignRequest():
            return actions.assign(c, known, asked.to, who, now)
        case CommentRequest():
            return actions.comment(c, known, asked.text, who, now)
    raise AssertionError(f"{verb} takes no {type(asked).__name__}")
