"""What Langfuse's SDKs call beside OTLP: ingestion, scores, and what they ask before they work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from evaluator.api.auth import Keys, Role
from evaluator.api.door import RESPONSES, Door, Proof, RawRoute, aside
from evaluator.errors import InputError
from evaluator.feedback import FeedbackItem, Feedbacks, from_score
from evaluator.intake import decode, langfuse_ingestion
from evaluator.intake.decode import Item, Limits
from evaluator.intake.formats.told import moment
from evaluator.intake.langfuse_ingestion import Taken
from evaluator.intake.parts import Part
from evaluator.settings import Settings

PREFIX = "/api/public"
PROJECT = {"id": "leadline", "name": "Leadline", "organization": {"id": "leadline", "name": "Leadline"}, "metadata": {}}
BODY = {"required": True, "content": {"application/json": {}}}


class PartsIn(Protocol):
    """Where parts of calls go; durable when it returns."""

    async def add(self, parts: Sequence[Part], size: int) -> None: ...


class LangfuseRoute(RawRoute):
    """A route that refuses in Langfuse's form."""

    @staticmethod
    def told(_: Request, status: int, text: str, headers: Mapping[str, str]) -> Response:
        return JSONResponse({"message": text, "error": "refused"}, status, headers)


def router(settler: PartsIn, feedbacks: Feedbacks, door: Door, keys: Keys, settings: Settings) -> APIRouter:
    """The routes under /api/public; the secret key of the SDK's set-up is a Leadline key with role ingest."""
    api = APIRouter(prefix=PREFIX, tags=["ingest"])
    api.include_router(_writing(settler, feedbacks, door, settings))
    api.include_router(_asking(), dependencies=[Depends(keys.require(Role.INGEST))])

    @api.get("/health")
    async def health() -> dict[str, str]:
        """Langfuse's health check."""
        return {"status": "OK", "version": "3"}

    return api


def _writing(settler: PartsIn, feedbacks: Feedbacks, door: Door, settings: Settings) -> APIRouter:
    api = APIRouter(route_class=LangfuseRoute)
    naming = settings.intake.feature_attributes

    @api.post("/ingestion", status_code=207, responses=RESPONSES, openapi_extra={"requestBody": BODY})
    @api.post("/ingestion/", include_in_schema=False)
    async def ingestion(request: Request) -> Response:
        """Takes a batch of events of Langfuse's older SDKs."""
        async with door.body(request, Proof.KEY) as body:
            taken = await aside(partial(langfuse_ingestion.read, body, door.limits, naming), len(body))
            await settler.add(taken.parts, len(body))
            await feedbacks.add(taken.feedback)
        return JSONResponse(_answer(taken), 207)

    @api.post("/scores", responses=RESPONSES, openapi_extra={"requestBody": BODY})
    @api.post("/scores/", include_in_schema=False)
    async def scores(request: Request) -> Response:
        """Takes a score, or a list of them, as feedback."""
        async with door.body(request, Proof.KEY) as body:
            items, read = await aside(partial(_scores, body, door.limits), len(body))
            await feedbacks.add([one for one in read if isinstance(one, FeedbackItem)])
        errors = [{"message": str(one)} for one in read if isinstance(one, InputError)]
        if len(items) == 1 and body.lstrip()[:1] != b"[":
            return _single(items[0], errors)
        if not errors:
            return JSONResponse({"message": "Accepted"}, 202)
        return JSONResponse({"accepted": len(read) - len(errors), "rejected": len(errors), "errors": errors}, 207)

    @api.post("/media", include_in_schema=False)
    async def media(request: Request) -> Response:
        """An SDK asks where to put a file: nowhere, as if it were there already. No bytes of media are kept."""
        async with door.body(request, Proof.KEY) as body:
            items = await aside(partial(decode.items, body, limits=door.limits), len(body))
        asked = items[0].value if items and isinstance(items[0].value, dict) else {}
        return JSONResponse({"mediaId": str(asked.get("sha256Hash") or "")[:22], "uploadUrl": None})

    return api


def _asking() -> APIRouter:
    """What SDKs ask for: whether the keys are good, and prompts, which Leadline has none of, so that they fall back."""
    api = APIRouter(include_in_schema=False)

    @api.get("/projects")
    async def projects() -> dict[str, Any]:
        return {"data": [PROJECT]}

    @api.get("/v2/prompts/{name:path}")
    @api.get("/v2/prompts")
    @api.get("/prompts")
    @api.get("/media/{name}")
    async def nothing() -> Response:
        told = "Leadline keeps neither prompts nor media; the SDK's fallback is used"
        return JSONResponse({"message": told, "error": "LangfuseNotFoundError"}, 404)

    @api.patch("/media/{name}")
    async def uploaded() -> Response:
        return Response(status_code=204)

    return api


def _scores(body: bytes, limits: Limits) -> tuple[list[Item], list[FeedbackItem | InputError]]:
    items = decode.items(body, limits=limits)
    return items, [_score(item) for item in items]


def _score(item: Item) -> FeedbackItem | InputError:
    try:
        if item.error is not None:
            raise item.error
        if not isinstance(item.value, dict):
            raise InputError("a score must be an object with traceId, name and value")
        return from_score(item.value, moment(item.value.get("timestamp")))
    except InputError as error:
        return error


def _single(item: Item, errors: Sequence[Mapping[str, str]]) -> Response:
    if errors:
        return JSONResponse({**errors[0], "error": "InvalidRequestError"}, 400)
    return JSONResponse({"id": str(item.value.get("id") or "")})


def _answer(taken: Taken) -> dict[str, Any]:
    return {
        "successes": [{"id": event_id, "status": 201} for event_id in taken.taken],
        "errors": [
            {"id": event_id, "status": 400, "message": why, "error": "invalid event"} for event_id, why in taken.refused
        ],
    }
