"""POST /v1/feedback: what people and programs say of answers, 202 after the commit."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from evaluator.api.door import RESPONSES, Door, RawRoute, aside
from evaluator.api.shapes import IngestReport
from evaluator.feedback import Feedbacks
from evaluator.feedback.item import PublicFeedback
from evaluator.intake import decode

ANSWERS = {202: {"description": "Durable. What became of each item.", "model": IngestReport}, **RESPONSES}
ONE = PublicFeedback.model_json_schema()
BODY = {
    "description": "One object, an array, or one object per line; gzip and deflate by Content-Encoding.",
    "required": True,
    "content": {
        "application/json": {"schema": {"anyOf": [ONE, {"type": "array", "items": ONE}]}},
        "application/x-ndjson": {},
    },
}


def router(feedbacks: Feedbacks, door: Door) -> APIRouter:
    """The feedback route; both spellings of the path answer, so that nothing is ever redirected."""
    api = APIRouter(tags=["ingest"], route_class=RawRoute)

    @api.post("/v1/feedback", status_code=202, responses=ANSWERS, openapi_extra={"requestBody": BODY})
    @api.post("/v1/feedback/", include_in_schema=False)
    async def feedback(request: Request) -> Response:
        """Stores feedback on samples, also on such that have not arrived yet."""
        content_type = request.headers.get("content-type", "")
        async with door.body(request) as body:
            items = await aside(lambda: decode.items(body, content_type=content_type, limits=door.limits), len(body))
            report = await feedbacks.accept(items)
        return Response(report.model_dump_json(), 202, media_type="application/json")

    return api
