"""OTLP over HTTP: traces, logs and metrics in protobuf or JSON, answered when what they say is durable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from evaluator.api.door import RESPONSES, Door, Proof, RawRoute, aside
from evaluator.feedback import FeedbackItem
from evaluator.intake.otlp import answers, wire
from evaluator.intake.otlp.answers import JSON, PROTOBUF, Answer
from evaluator.intake.otlp.reader import Found, Reader
from evaluator.intake.parts import Part
from evaluator.telemetry import Metrics

PREFIXES = ("/v1", "/api/public/otel/v1")
IMAGES = "/v2/traces/{trace}/spans/{span}/images"
BODY = {
    "description": "An OTLP export request; gzip and deflate by Content-Encoding.",
    "required": True,
    "content": {PROTOBUF: {"schema": {"type": "string", "format": "binary"}}, JSON: {"schema": {"type": "object"}}},
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Durable; partial_success counts records that could not be used.", "content": {PROTOBUF: {}}},
    **RESPONSES,
}


@dataclass(frozen=True, slots=True)
class Sink:
    """Where parts and feedback go; both are durable when it returns. StoreUnavailable when they cannot be now."""

    add: Callable[[Sequence[Part], int], Awaitable[object]]
    add_feedback: Callable[[Sequence[FeedbackItem]], Awaitable[object]]

    async def take(self, found: Found, size: int) -> None:
        """Stores what a body of so many bytes had."""
        if found.parts:
            await self.add(found.parts, size)
        if found.feedback:
            await self.add_feedback(found.feedback)


class OtlpRoute(RawRoute):
    """A route that refuses in the encoding of the request."""

    @staticmethod
    def told(request: Request, status: int, text: str, headers: Mapping[str, str]) -> Response:
        media_type = _media_type(request)
        return Response(answers.refused(text, media_type), status, headers, media_type)


def router(sink: Sink, reader: Reader, door: Door, metrics: Metrics) -> APIRouter:
    """The routes of the three signals, also where Langfuse clients send them, with and without a slash at the end."""
    api = APIRouter(tags=["ingest"], route_class=OtlpRoute)

    def serve(signal: str, read: Callable[[bytes, str], Found], answer: Answer, told: str) -> None:
        async def export(request: Request) -> Response:
            async with door.body(request, Proof.KEY) as body:
                media_type = _media_type(request, body)
                found = await aside(partial(read, body, media_type), len(body))
                await sink.take(found, len(body))
            taken = len(found.parts) + len(found.feedback)
            metrics.count_records(signal, taken=taken, ignored=found.ignored, rejected=len(found.errors))
            return Response(answers.taken(answer, found.errors, media_type), media_type=media_type)

        _add(api, signal, export, told)

    serve("traces", reader.traces, answers.TRACES, "Takes spans: calls of models become samples.")
    serve("logs", reader.logs, answers.LOGS, "Takes log records: texts of calls, and evaluations of answers.")
    serve("metrics", reader.metrics, answers.METRICS, "Takes metrics, which many exporters send too: counted only.")
    api.include_router(_images(door))
    return api


def _add(api: APIRouter, signal: str, export: Callable[[Request], Awaitable[Response]], told: str) -> None:
    for prefix in PREFIXES:
        path, shown = f"{prefix}/{signal}", prefix == PREFIXES[0]
        api.post(
            path, description=told, responses=ANSWERS, openapi_extra={"requestBody": BODY}, include_in_schema=shown
        )(export)
        api.post(f"{path}/", include_in_schema=False)(export)


def _images(door: Door) -> APIRouter:
    api = APIRouter(route_class=RawRoute)

    @api.api_route(IMAGES, methods=["POST", "PUT"], include_in_schema=False)
    @api.api_route(f"{IMAGES}/", methods=["POST", "PUT"], include_in_schema=False)
    async def images(request: Request) -> Response:
        """Traceloop asks where to put an image, then puts it there: both are answered, nothing is kept."""
        async with door.body(request, Proof.KEY):
            return Response(answers.image_url(str(request.url)), media_type=JSON)

    return api


def _media_type(request: Request, body: bytes = b"") -> str:
    return JSON if wire.is_json(body, request.headers.get("content-type", "")) else PROTOBUF
