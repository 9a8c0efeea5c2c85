"""POST /v1/samples: a body in, 202 after the commit out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from evaluator.api.door import RESPONSES, Door, RawRoute, aside
from evaluator.api.shapes import IngestReport
from evaluator.intake import decode
from evaluator.intake.accept import Intake

BODY = {
    "description": "One object, an array, or one object per line; gzip and deflate by Content-Encoding.",
    "required": True,
    "content": {"application/json": {}, "application/x-ndjson": {}},
}
ANSWERS = {202: {"description": "Durable. What became of each item.", "model": IngestReport}, **RESPONSES}


def router(intake: Intake, door: Door) -> APIRouter:
    """The ingest route; both spellings of the path answer, so that nothing is ever redirected."""
    api = APIRouter(tags=["ingest"], route_class=RawRoute)

    @api.post("/v1/samples", status_code=202, responses=ANSWERS, openapi_extra={"requestBody": BODY})
    @api.post("/v1/samples/", include_in_schema=False)
    async def samples(request: Request) -> Response:
        """Stores samples of the public shape."""
        content_type = request.headers.get("content-type", "")
        async with door.body(request) as body:
            items = await aside(lambda: decode.items(body, content_type=content_type, limits=door.limits), len(body))
            report = await intake.accept(items)
        return Response(report.model_dump_json(), 202, media_type="application/json")

    return api
