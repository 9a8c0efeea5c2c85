"""Bodies made to explode, and what one costs: `python -m tests.acceptance.bombs FILE PATH TYPE` in a fresh process."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.otlp_app import OtlpApp
from tests.otlp_bodies import JSON, PROTOBUF, SPAN, TRACE, field

LARGEST = 31_000_000
ITEM = 2_000_000
IDS = field(1, TRACE) + field(2, SPAN)


def traces(spans: bytes) -> bytes:
    """A request of one resource and one scope."""
    return field(1, field(2, spans))


def full_of(record: bytes, most: int = LARGEST) -> bytes:
    """As many spans of one content as a body may have bytes for."""
    span = field(2, record)
    return traces(span * (most // len(span)))


def nested(levels: int) -> bytes:
    """An attribute's value, lists within lists."""
    value = b""
    for _ in range(levels):
        value = field(5, field(1, value))
    return value


def named(count: int) -> bytes:
    """A span's attributes, each with a name of its own."""
    return b"".join(field(9, field(1, b"%x" % number)) for number in range(count))


def json_spans() -> bytes:
    """A document of spans that are nothing but attributes, each with a name of its own."""
    told = b",".join(b'{"key":"%x","value":{"intValue":1}}' % number for number in range(50_000))
    span = b'{"traceId":"%s","spanId":"%s","attributes":[%s]}' % (TRACE.hex().encode(), SPAN.hex().encode(), told)
    spans = b",".join([span] * (LARGEST // len(span)))
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[%s]}]}]}' % spans


def packed(size: int) -> bytes:
    """A gzip stream that unpacks to so many bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(10_000_000)) for _ in range(size // 10_000_000)) + packer.flush()


BOMBS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "spans": ("/v1/traces", PROTOBUF, lambda: traces(field(2, b"") * (LARGEST // 2))),
    "attributes": ("/v1/traces", PROTOBUF, lambda: full_of(IDS + named(200_000))),
    "fewer": ("/v1/traces", PROTOBUF, lambda: full_of(IDS + named(140_000), 8_000_000)),
    "events": ("/v1/traces", PROTOBUF, lambda: full_of(IDS + field(11, b"") * (ITEM // 2))),
    "values": (
        "/v1/traces",
        PROTOBUF,
        lambda: full_of(IDS + field(9, field(1, b"a") + field(2, field(5, field(1, b"") * (ITEM // 2 - 40))))),
    ),
    "nested": ("/v1/traces", PROTOBUF, lambda: full_of(IDS + field(9, field(2, nested(30))))),
    "logs": ("/v1/logs", PROTOBUF, lambda: full_of(field(6, field(2, b"x" * 1500)))),
    "brackets": ("/v1/traces", JSON, lambda: b'{"resourceSpans":[' + b"{}," * 1_990_000 + b"{}]}"),
    "numbers": ("/v1/traces", JSON, lambda: b'{"resourceSpans":[' + b"1.5," * (LARGEST // 4) + b"1]}"),
    "document": ("/v1/traces", JSON, json_spans),
    "gzip": ("/v1/traces", PROTOBUF, lambda: packed(2_000_000_000)),
    "members": ("/v1/traces", PROTOBUF, lambda: gzip.compress(b"") * (LARGEST // 20)),
}


def peak_mb() -> float:
    """The most memory that this process ever had; getrusage would tell its parent's, where that had more."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1000


def main(file: str, path: str, media_type: str) -> None:
    """Posts and prints one line of JSON."""
    content = Path(file).read_bytes()
    app, before, start = OtlpApp(), peak_mb(), time.monotonic()
    answer = asyncio.run(app.post(path, content, content_type=media_type))
    told = {"body_kb": len(content) // 1000, "status": answer.status_code, "seconds": time.monotonic() - start}
    print(json.dumps({**told, "grown_mb": peak_mb() - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
