"""Spans as a sender of many makes them: one request, built once, in which only ids and times are patched."""

from __future__ import annotations

import asyncio
import itertools
import struct
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

TEXT = "Your order left our warehouse this morning and should reach you within two working days. " * 12
TRACE, SPAN, START, END = b"\xf1TRACE-TRACE-TR\xf2", b"\xf3SPAN-S\xf4", 0x0101010101010101, 0x0202020202020202
LATENCY_NS = 812_000_000
ATTRIBUTES: dict[str, str | int | bool] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-5-5",
    "gen_ai.response.model": "claude-sonnet-5-5",
    "gen_ai.request.max_tokens": 600,
    "gen_ai.conversation.id": "session-1",
    "gen_ai.response.finish_reasons": "end_turn",
    "gen_ai.usage.input_tokens": 310,
    "gen_ai.usage.output_tokens": 220,
    "gen_ai.usage.cache_read.input_tokens": 0,
    "gen_ai.system_instructions": f'[{{"type":"text","content":"{TEXT[:500]}"}}]',
    "gen_ai.input.messages": f'[{{"role":"user","parts":[{{"type":"text","content":"{TEXT[:700]}"}}]}}]',
    "gen_ai.output.messages": f'[{{"role":"assistant","parts":[{{"type":"text","content":"{TEXT[:1100]}"}}]}}]',
    "server.address": "api.anthropic.com",
    "app.feature": "support-chat",
}
HEAD = (
    b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n"
)
numbers = itertools.count(1)


def template(spans: int) -> bytes:
    """A request of so many spans of 15 attributes and 2.3 kB of text, with placeholders for ids and times."""
    request = ExportTraceServiceRequest()
    outer = request.resource_spans.add()
    for key, value in {"service.name": "bot", "telemetry.sdk.name": "opentelemetry"}.items():
        outer.resource.attributes.add(key=key, value=AnyValue(string_value=value))
    scope = outer.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.genai"
    for _ in range(spans):
        span = scope.spans.add(trace_id=TRACE, span_id=SPAN, name="chat claude-sonnet-5-5", kind="SPAN_KIND_CLIENT")
        span.start_time_unix_nano, span.end_time_unix_nano = START, END
        for key, content in ATTRIBUTES.items():
            span.attributes.add(key=key, value=AnyValue(**{_kind(content): content}))
    return request.SerializeToString()


def _kind(content: str | int) -> str:
    return "string_value" if isinstance(content, str) else "int_value"


class Body:
    """A request whose spans are new each time: every trace, span, start and end differs."""

    def __init__(self, spans: int) -> None:
        self._body = bytearray(template(spans))
        marks = (TRACE, SPAN, struct.pack("<Q", START), struct.pack("<Q", END))
        self._places = list(zip(*(_places(self._body, mark) for mark in marks), strict=True))

    def new(self) -> bytes:
        """The next request."""
        body, now = self._body, time.time_ns()
        for trace, span, start, end in self._places:
            number = next(numbers)
            body[trace : trace + 16] = b"%016d" % number
            body[span : span + 8] = struct.pack("<Q", number)
            body[start : start + 8] = struct.pack("<Q", now + number - LATENCY_NS)
            body[end : end + 8] = struct.pack("<Q", now + number)
        return bytes(body)


def _places(body: bytearray, mark: bytes) -> list[int]:
    found, at = [], body.find(mark)
    while at >= 0:
        found.append(at)
        at = body.find(mark, at + 1)
    return found


async def send(port: int, spans: int, end: float, most: int, took: list[float]) -> int:
    """Posts on one keep-alive connection until `end` or `most` spans; how many were acknowledged as durable."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body, acknowledged = Body(spans), 0
    while time.perf_counter() < end and acknowledged < most:
        content = body.new()
        start = time.perf_counter()
        writer.write(HEAD % len(content) + content)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert b"content-length: 0" in answer.lower(), answer
        took.append(time.perf_counter() - start)
        acknowledged += spans
    writer.close()
    return acknowledged
