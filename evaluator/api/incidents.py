"""Incidents over HTTP: what there is, and what people do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from evaluator.alerts import actions, by_hand, views
from evaluator.alerts.actions import Actor
from evaluator.api.auth import Keys, Role
from evaluator.api.incident_shapes import AckRequest, AssignRequest, CommentRequest, EntryView, IncidentView
from evaluator.api.long_answers import written
from evaluator.service import Service
from store import audit, incidents
from store.database import Connection
from store.incidents import Incident

T = TypeVar("T")
State = Annotated[
    Literal["open", "firing", "acknowledged", "resolved"] | None,
    Query(description="open: firing or acknowledged. Default: any."),
]
CLIENT_HEADER = "x-leadline-client"
"""What our own clients send: command or ui."""


def router(service: Service, keys: Keys) -> APIRouter:
    """Reading needs a read key, doing something an admin key."""
    api = APIRouter(prefix="/v1", tags=["incidents"])
    _add_reading(api, service)
    _add_doing(api, service, keys)
    return api


def actor(request: Request, keys: Keys, by: str | None) -> Actor:
    """Who acts: the name in the request, the client it came from, and the key it was allowed by.

    Who signed in acts in their own name, whatever the request says.
    """
    if person := keys.person(request.headers):
        return Actor(person.name, actions.UI, keys.fingerprint(request.headers))
    via = request.headers.get(CLIENT_HEADER, actions.API)
    known = via if via in (actions.COMMAND, actions.UI) else actions.API
    return Actor((by or "").strip() or actions.UNKNOWN, known, keys.fingerprint(request.headers))


async def done(service: Service, operation: Callable[[Connection], T]) -> T:
    """Runs an action in the store's writer."""
    return await asyncio.wrap_future(service.store.run(operation))


def _add_reading(api: APIRouter, service: Service) -> None:
    @api.get("/incidents")
    @written
    def listed(
        state: State = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        brief: Annotated[bool, Query(description="Whether alerts come without examples, slices and the like.")] = False,
    ) -> list[IncidentView]:
        """Incidents, newest first: alerts that began together and have a marker or a slice in common."""
        with service.store.read() as c:
            found, now = incidents.find(c, state, limit), service.clock()
            return views.incident_views(c, found, service.settings, now, brief=brief)

    @api.get("/incidents/{incident_id}")
    def one(incident_id: str) -> IncidentView:
        """One incident with what was told, to whom, and its history."""
        return _view(service, incident_id)

    @api.get("/audit")
    @written
    def log(
        subject: str | None = None,
        subject_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> list[EntryView]:
        """Who did what to what, newest first."""
        with service.store.read() as c:
            return [views.entry_view(one) for one in audit.find(c, subject, subject_id, limit)]


def _add_doing(api: APIRouter, service: Service, keys: Keys) -> None:
    admin = [Depends(keys.require(Role.ADMIN))]

    async def act(incident_id: str, operation: Callable[..., Incident], *given: object) -> IncidentView:
        await done(service, lambda c: operation(c, _known(c, incident_id), *given, service.clock()))
        await service.incidents.settle()
        return await asyncio.to_thread(_view, service, incident_id)

    @api.post("/incidents/{incident_id}/ack", dependencies=admin)
    @api.post("/alerts/{incident_id}/ack", dependencies=admin)
    async def acknowledge(request: Request, incident_id: str, asked: AckRequest) -> IncidentView:
        """Somebody sees to it: it is told again only when it gets worse, and when it is over."""
        acknowledged = partial(actions.acknowledge, note=asked.note)
        return await act(incident_id, acknowledged, actor(request, keys, asked.by))

    @api.post("/incidents/{incident_id}/unack", dependencies=admin)
    async def unacknowledge(request: Request, incident_id: str, asked: AckRequest) -> IncidentView:
        """Nobody sees to it any more."""
        unacknowledged = partial(actions.unacknowledge, note=asked.note)
        return await act(incident_id, unacknowledged, actor(request, keys, asked.by))

    @api.post("/incidents/{incident_id}/assign", dependencies=admin)
    async def assign(request: Request, incident_id: str, asked: AssignRequest) -> IncidentView:
        """Gives it to somebody."""
        return await act(incident_id, actions.assign, asked.to, actor(request, keys, asked.by))

    @api.post("/incidents/{incident_id}/comment", dependencies=admin)
    async def comment(request: Request, incident_id: str, asked: CommentRequest) -> IncidentView:
        """Adds a comment to its history."""
        return await act(incident_id, actions.comment, asked.text, actor(request, keys, asked.by))

    @api.post("/incidents/{incident_id}/resolve", dependencies=admin)
    @api.post("/alerts/{incident_id}/resolve", dependencies=admin)
    async def resolve(request: Request, incident_id: str, asked: AckRequest) -> IncidentView:
        """Ends its alerts by hand; its monitors gather evidence anew from now on, against the same baseline."""
        known = await asyncio.to_thread(_id, service, incident_id)
        await by_hand.resolve(service, known, actor(request, keys, asked.by), asked.note)
        return await asyncio.to_thread(_view, service, incident_id)


def _known(c: Connection, incident_id: str) -> str:
    """The id of the incident, or of that of the alert; HTTP 404 when it is neither."""
    member = incidents.member(c, incident_id)
    found = incidents.get(c, member.incident_id if member else incident_id)
    if found is None:
        raise HTTPException(404, f"There is no incident {incident_id!r}; GET /v1/incidents lists them.")
    return found.incident_id


def _id(service: Service, incident_id: str) -> str:
    with service.store.read() as c:
        return _known(c, incident_id)


def _view(service: Service, incident_id: str) -> IncidentView:
    with service.store.read() as c:
        found = incidents.get(c, _known(c, incident_id))
        assert found is not None
        return views.incident_view(c, found, service.settings, service.clock())
