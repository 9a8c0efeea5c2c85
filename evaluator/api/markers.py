"""Markers over HTTP: deploy scripts tell them, people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import TypeAdapter

from evaluator import markers as told
from evaluator.api.auth import Keys, Role
from evaluator.api.door import RESPONSES, Door, Proof, RawRoute
from evaluator.api.incidents import actor
from evaluator.api.ingest import body_of
from evaluator.api.moment import Moment
from evaluator.api.shapes import MarkerView
from evaluator.intake import decode
from evaluator.markers import PublicMarker
from evaluator.service import Service
from store import markers as marker_store
from store.markers import MarkerFilter
from store.records import Marker
from store.samples import EARLIEST, LATEST

MOST = 1000
ABOUT = "Says that something happened which may change quality: a deploy, a new prompt, another model."
FEATURE = "Only markers of this feature, and those of all features."
ANSWERS = {201: {"description": "Durable. The markers, in order.", "model": list[MarkerView]}, **RESPONSES}
_MARKERS = TypeAdapter(list[MarkerView])


def router(service: Service, door: Door, keys: Keys) -> APIRouter:
    """Ingest keys tell markers, because deploy scripts hold them; read keys read them."""
    api = APIRouter(tags=["markers"])
    _add_reading(api, service, keys)
    _add_telling(api, service, door, keys)
    return api


def _add_telling(api: APIRouter, service: Service, door: Door, keys: Keys) -> None:
    telling = APIRouter(route_class=RawRoute)

    async def mark(request: Request) -> Response:
        # A deploy script sends with curl, which cannot sign.
        async with door.body(request, Proof.KEY) as sent:
            content_type = request.headers.get("content-type", "")
            items = decode.items(sent, content_type=content_type, limits=decode.Limits(items=MOST))
            found = told.read_all(items, service.clock())
            kept = await told.keep(service.store, found, lambda by: actor(request, keys, by))
        return Response(_MARKERS.dump_json(_views(kept)), 201, media_type="application/json")

    extra = {"requestBody": body_of(PublicMarker.model_json_schema())}
    telling.post(
        "/v1/markers", status_code=201, responses=ANSWERS, openapi_extra=extra, name="mark", description=ABOUT
    )(mark)
    api.include_router(telling)


def _add_reading(api: APIRouter, service: Service, keys: Keys) -> None:
    @api.get("/v1/markers", dependencies=[Depends(keys.require(Role.READ))])
    def markers(
        feature: Annotated[str | None, Query(description=FEATURE)] = None,
        start_at: Annotated[Moment | None, Query(description="Only from this time on (ISO 8601 with zone).")] = None,
        end_at: Annotated[Moment | None, Query(description="Only before this time.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> list[MarkerView]:
        """Markers, newest first: those that were told, and new models, releases and prompt versions in the traffic."""
        wanted = MarkerFilter(feature=feature, start_at=start_at or EARLIEST, end_at=end_at or LATEST, limit=limit)
        with service.store.read() as c:
            return _views(marker_store.find(c, wanted))


def _views(found: Sequence[Marker]) -> list[MarkerView]:
    return [MarkerView(**asdict(one)) for one in found]
