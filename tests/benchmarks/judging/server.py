"""A fake Claude for load: `python -m tests.benchmarks.judging.server --latency 0.2`, in a process of its own.

It speaks just enough HTTP to be cheaper than any client: one precomputed answer, no parsing but of the sample's number.
It counts its answers by sample, and tells them under GET /counts. Its first line of output is its port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import Counter
from typing import cast

import uvloop

NUMBER = re.compile(rb"number (\d{6})\b")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
VERDICT = json.dumps({"explanation": "It answers the question and contradicts nothing in it.", "verdict": "PASS"})
MESSAGE = {
    "id": "msg_fake",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": VERDICT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 700, "output_tokens": 40, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
}


def _answer(status: bytes, body: object, headers: bytes = b"") -> bytes:
    data = json.dumps(body).encode()
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nrequest-id: req_fake\r\n%bcontent-length: %d\r\n\r\n"
    return head % (status, headers, len(data)) + data


def _error(status: bytes, kind: str, headers: bytes = b"") -> bytes:
    body = {"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req_fake"}
    return _answer(status, body, headers)


LIMITS = b"".join(
    b"anthropic-ratelimit-%b-limit: %d\r\nanthropic-ratelimit-%b-remaining: %d\r\nanthropic-ratelimit-%b-reset: %b\r\n"
    % (kind, limit, kind, limit - 1, kind, b"2026-11-20T12:00:01Z")
    for kind, limit in ((b"requests", 10**6), (b"input-tokens", 10**10), (b"output-tokens", 10**9))
)
ANSWERED = _answer(b"200 OK", MESSAGE, LIMITS)
RATE_LIMITED = _error(b"429 Too Many Requests", "rate_limit_error", b"retry-after: 1\r\n")
OVERLOADED = _error(b"529 Overloaded", "overloaded_error")


class Model:
    """What is asked and answered. When `faulty`, every 50th answer is a rate limit or an overload, in turn."""

    def __init__(self, latency_seconds: float, faulty: bool) -> None:
        self.latency_seconds = latency_seconds
        self.judged: Counter[str] = Counter()
        self._faulty = faulty
        self._asked = 0

    def answer(self, body: bytes) -> bytes:
        """The answer to a judge's request. A verdict is counted when the work begins, as it is paid for."""
        self._asked += 1
        if self._faulty and self._asked % 50 == 0:
            return RATE_LIMITED if self._asked % 100 == 0 else OVERLOADED
        found = NUMBER.search(body)
        self.judged[found[1].decode() if found else "?"] += 1
        return ANSWERED


class Connection(asyncio.Protocol):
    """One keep-alive connection; its client waits for each answer before it asks again."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._got = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._got = b""
        if head.startswith(b"GET /counts"):
            self._send(_answer(b"200 OK", self._model.judged))
        else:
            answer = self._model.answer(body)
            asyncio.get_running_loop().call_later(self._model.latency_seconds, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


async def serve(model: Model) -> None:
    """Listens on a free port until it is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(model), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, required=True)
    parser.add_argument("--faulty", action="store_true")
    given = parser.parse_args()
    uvloop.run(serve(Model(given.latency, given.faulty)))
