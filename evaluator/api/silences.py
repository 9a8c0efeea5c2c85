"""Silences and maintenance windows over HTTP."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, HTTPException, Request

from evaluator.alerts import actions, views
from evaluator.api.auth import Keys, Role
from evaluator.api.incident_shapes import Request as Asked
from evaluator.api.incident_shapes import SilenceRequest, SilenceView
from evaluator.api.incidents import actor, done
from evaluator.service import Service
from store import silences
from store.silences import Silence


def router(service: Service, keys: Keys) -> APIRouter:
    """Reading needs a read key, silencing an admin key."""
    api = APIRouter(prefix="/v1", tags=["silences"])
    admin = [Depends(keys.require(Role.ADMIN))]

    @api.get("/silences")
    def listed(past: bool = False) -> list[SilenceView]:
        """Silences and maintenance windows that hold or will; with `past` those that are over, too."""
        with service.store.read() as c:
            found = views.silence_views(c, service.settings, service.clock())
        return [one for one in found if past or one.state != "over"]

    @api.post("/silences", dependencies=admin, status_code=201)
    async def silence(request: Request, asked: SilenceRequest) -> SilenceView:
        """Begins a silence, or plans a maintenance window."""
        now, who = service.clock(), actor(request, keys, asked.by)
        starts_at = asked.starts_at or now
        matchers = {str(label): glob for label, glob in asked.matchers.items()}
        wanted = Silence(
            silence_id=actions.silence_id(matchers, who, starts_at, asked.ends_at),
            kind=asked.kind,
            matchers=matchers,
            starts_at=starts_at,
            ends_at=asked.ends_at,
            every=asked.every,
            reason=asked.reason,
            created_at=now,
            created_by=who.name,
        )
        made = await done(service, lambda c: actions.silence(c, wanted, who, now))
        await service.incidents.settle()
        return await asyncio.to_thread(_view, service, made.silence_id)

    @api.post("/silences/{silence_id}/end", dependencies=admin)
    async def end(request: Request, silence_id: str, asked: Asked) -> SilenceView:
        """Ends a silence now; what it held back and still fires is told."""
        with service.store.read() as c:
            if silences.get(c, silence_id) is None:
                raise HTTPException(404, f"There is no silence {silence_id!r}; GET /v1/silences lists them.")
        now, who = service.clock(), actor(request, keys, asked.by)
        await done(service, lambda c: actions.end_silence(c, silence_id, who, now))
        await service.incidents.settle()
        return await asyncio.to_thread(_view, service, silence_id)

    return api


def _view(service: Service, silence_id: str) -> SilenceView:
    with service.store.read() as c:
        found = views.silence_views(c, service.settings, service.clock())
    return next(one for one in found if one.silence_id == silence_id)
