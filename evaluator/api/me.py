"""Who calls, as the service sees it: so that a page or a program knows before it tries what it may do."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from evaluator.api.auth import Keys, Role

Via = Literal["open", "key", "sign-in"]
STRONGEST = (Role.ADMIN, Role.READ, Role.INGEST)


class MeView(BaseModel):
    """`via`: open (the service has no keys, so everybody may do all), key, or sign-in; only the last has a name."""

    name: str | None
    role: Role
    via: Via


def router(keys: Keys) -> APIRouter:
    """GET /v1/me, for whoever has any key."""
    api = APIRouter(prefix="/v1", tags=["health"])

    @api.get("/me")
    def me(request: Request) -> MeView:
        """Who calls, and with which role."""
        return view(request, keys)

    return api


def view(request: Request, keys: Keys) -> MeView:
    """HTTP 401 without a known key."""
    if not keys:
        return MeView(name=None, role=Role.ADMIN, via="open")
    if person := keys.person(request.headers):
        return MeView(name=person.name, role=person.role, via="sign-in")
    held = keys.held(request.headers)
    return MeView(name=None, role=next(role for role in STRONGEST if role in held), via="key")
