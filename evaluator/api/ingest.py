"""POST /v1/samples and its like: a body of items in, 202 after the commit out, with what became of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from evaluator.api.door import RESPONSES, Door, RawRoute, aside
from evaluator.api.shapes import IngestReport
from evaluator.intake import decode
from evaluator.intake.accept import Intake
from evaluator.intake.decode import Item

ANSWERS = {202: {"description": "Durable. What became of each item.", "model": IngestReport}, **RESPONSES}
Accept = Callable[[Sequence[Item]], Awaitable[IngestReport]]


def body_of(one: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the OpenAPI document says of a body of items, each of the schema `one`."""
    schema = {"schema": {"anyOf": [one, {"type": "array", "items": one}]}} if one else {}
    return {
        "description": "One object, an array, or one object per line; gzip and deflate by Content-Encoding.",
        "required": True,
        "content": {"application/json": schema, "application/x-ndjson": {}},
    }


BODY = body_of()


def router(intake: Intake, door: Door) -> APIRouter:
    """The route of samples."""
    return items_route("samples", "Stores samples of the public shape.", intake.accept, door, BODY)


def items_route(name: str, about: str, accept: Accept, door: Door, body: Mapping[str, Any]) -> APIRouter:
    """A route that gives its items to `accept`; both spellings of the path answer, so that nothing is redirected."""
    api = APIRouter(tags=["ingest"], route_class=RawRoute)

    async def receive(request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        async with door.body(request) as sent:
            items = await aside(lambda: decode.items(sent, content_type=content_type, limits=door.limits), len(sent))
            report = await accept(items)
        return Response(report.model_dump_json(), 202, media_type="application/json")

    extra = {"requestBody": dict(body)}
    path = f"/v1/{name}"
    api.post(path, status_code=202, responses=ANSWERS, openapi_extra=extra, name=name, description=about)(receive)
    api.post(f"{path}/", include_in_schema=False)(receive)
    return api
