"""POST /v1/samples: a body in, 202 after the commit out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from evaluator.api.auth import Keys, Role, Signature
from evaluator.api.shapes import IngestReport
from evaluator.intake import decode
from evaluator.intake.accept import Intake
from evaluator.intake.decode import BodyTooLargeError, Limits, UndecodableError
from evaluator.settings import Settings
from store.errors import StoreError, StoreUnavailable

LARGE_BODY = 256_000
MAX_RETRY_AFTER = 5
BODY = {
    "description": "One object, an array, or one object per line; gzip and deflate by Content-Encoding.",
    "required": True,
    "content": {"application/json": {}, "application/x-ndjson": {}},
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {"description": "Durable. What became of each item.", "model": IngestReport},
    400: {"description": "Nothing in the body can be read."},
    401: {"description": "No API key, an unknown one, or a signature that does not hold."},
    403: {"description": "The key has another role."},
    413: {"description": "The body is over the size limit after decompression."},
    503: {"description": "Nothing can be stored now; send the same again after Retry-After seconds."},
}


class RawRoute(APIRoute):
    """A route whose endpoint takes the request as it came: FastAPI neither reads nor parses its body."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handler: Callable[[Request], Awaitable[Response]] = self.endpoint
        return handler


def router(intake: Intake, keys: Keys, settings: Settings) -> APIRouter:
    """The ingest routes; both spellings of the path answer, so that nothing is ever redirected."""
    api = APIRouter(tags=["ingest"], route_class=RawRoute)
    limits = Limits.of(settings.server)
    signature = Signature(settings.webhook_secret)

    async def read(request: Request) -> list[decode.Item]:
        headers = request.headers
        body = await body_of(request, limits)
        encoding = headers.get("content-encoding", "")
        if signature:
            body, encoding = decode.decompressed(body, encoding, limits), ""
            signature.check(headers, body)
        return await _decoded(body, headers.get("content-type", ""), encoding, limits)

    @api.post("/v1/samples", status_code=202, responses=RESPONSES, openapi_extra={"requestBody": BODY})
    @api.post("/v1/samples/", include_in_schema=False)
    async def samples(request: Request) -> Response:
        """Stores samples of the public shape."""
        keys.check(request.headers, Role.INGEST)
        try:
            report = await intake.accept(await read(request))
        except BodyTooLargeError as error:
            return refused(413, error)
        except UndecodableError as error:
            return refused(400, error)
        except ClientDisconnect:
            return Response(status_code=400)
        except StoreError as error:
            return unavailable(error)
        return Response(report.model_dump_json(), 202, media_type="application/json")

    return api


async def body_of(request: Request, limits: Limits) -> bytes:
    """The body as sent, read no further than the limit, whether its length was announced or not."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.body_bytes:
        raise limits.too_large()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limits.body_bytes:
            raise limits.too_large()
        parts.append(part)
    return b"".join(parts)


async def _decoded(body: bytes, content_type: str, encoding: str, limits: Limits) -> list[decode.Item]:
    """The items of the body; a large or packed one is read in a thread, so that others are answered meanwhile."""

    def read() -> list[decode.Item]:
        return decode.items(body, content_type=content_type, content_encoding=encoding, limits=limits)

    return await asyncio.to_thread(read) if encoding or len(body) > LARGE_BODY else read()


def refused(status: int, error: Exception) -> Response:
    """An answer that says what is wrong with the request."""
    return JSONResponse({"detail": str(error)}, status_code=status)


def unavailable(error: StoreError) -> Response:
    """503: what was sent is fine, and is to be sent again."""
    wait = min(error.retry_after_seconds, MAX_RETRY_AFTER) if isinstance(error, StoreUnavailable) else MAX_RETRY_AFTER
    return JSONResponse({"detail": str(error)}, status_code=503, headers={"Retry-After": str(max(1, wait))})
