"""Silences and maintenance windows over HTTP."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, HTTPException, Request

from evaluator.alerts import by_hand, views
from evaluator.api.auth import Keys, Role
from evaluator.api.incident_shapes import Request as Asked
from evaluator.api.incident_shapes import SilenceRequest, SilenceView
from evaluator.api.incidents import actor
from evaluator.service import Service
from store import silences


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
        return await by_hand.silence(service, asked, actor(request, keys, asked.by))

    @api.post("/silences/{silence_id}/end", dependencies=admin)
    async def end(request: Request, silence_id: str, asked: Asked) -> SilenceView:
        """Ends a silence now; what it held back and still fires is told."""
        if not await asyncio.to_thread(_is_known, service, silence_id):
            raise HTTPException(404, f"There is no silence {silence_id!r}; GET /v1/silences lists them.")
        return await by_hand.end_silence(service, silence_id, actor(request, keys, asked.by))

    return api


def _is_known(service: Service, silence_id: str) -> bool:
    with service.store.read() as c:
        return silences.get(c, silence_id) is not None
