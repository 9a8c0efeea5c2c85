"""The one way in for a body: key, room in memory, reading, decompression, signature, in this order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from evaluator.api.admission import Budget, BusyError, Hold
from evaluator.api.auth import HeliconeSignature, Keys, Role, Signature
from evaluator.errors import InputError
from evaluator.intake import decode
from evaluator.intake.decode import BodyTooLargeError, Limits
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store.errors import StoreError, StoreUnavailable

T = TypeVar("T")

LARGE_BODY = 256_000
LARGE_PACKED = 8_000
READ_SECONDS = 30
STRANGERS = 8
"""One part in so many of the memory is all that senders get whose body must be there before they are known."""
MAX_RETRY_AFTER = 5
REFUSALS = (InputError, BusyError, StoreError, HTTPException, TimeoutError)


class Proof(Enum):
    """How a sender shows that it may send."""

    SIGNED = "an API key, and the Standard-Webhooks signature when a secret is set"
    KEY = "an API key: for clients that cannot sign"
    HELICONE = "helicone-signature when its key is set, else an API key"


class Door:
    """What every route that takes a body in shares. Each request holds its share of the memory until it is answered.

    `async with door.body(request) as plain:` gives the body as its sender wrote it. Within, and in the rest of a
    route of class RawRoute, every refusal is an exception that the route turns into its answer.
    """

    def __init__(self, keys: Keys, settings: Settings, metrics: Metrics | None = None) -> None:
        self._metrics = metrics or Metrics()
        self._keys = keys
        self._webhook = Signature(settings.webhook_secret)
        self._helicone = HeliconeSignature(settings.helicone_key)
        memory = settings.intake.max_memory_mb * 1_000_000
        self._strangers = Budget(memory // STRANGERS if self._helicone else 0)
        self.budget = Budget(memory - self._strangers.limit)
        self.limits = _fitting(Limits.of(settings.server), self.budget)
        self._metrics.intake_bytes.set_function(lambda: self.budget.used + self._strangers.used)

    @asynccontextmanager
    async def body(self, request: Request, proof: Proof = Proof.SIGNED) -> AsyncIterator[bytes]:
        """The decompressed body of a sender that may send; HTTPException, InputError or BusyError otherwise."""
        headers = request.headers
        # Nobody is kept out by what strangers send.
        budget = self._strangers if proof is Proof.HELICONE and self._helicone else self.budget
        limits = _fitting(self.limits, budget)
        with self._counted(), budget.hold() as hold:
            self._admit(headers, proof)
            packed = await _read(request, limits, hold)
            plain = await _unpacked(packed, headers.get("content-encoding", ""), limits, hold)
            self._check_signature(headers, plain, proof)
            yield plain

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except REFUSALS as error:
            self._metrics.refused.labels(status=answer_to(error)[0]).inc()
            raise

    def _admit(self, headers: Mapping[str, str], proof: Proof) -> None:
        if proof is Proof.HELICONE and self._helicone:
            return self._helicone.expect(headers)
        if proof is Proof.KEY and self._webhook and not self._keys:
            raise HTTPException(401, "bodies must be signed, and this client cannot; set LEADLINE_KEYS and send a key")
        return self._keys.check(headers, Role.INGEST)

    def _check_signature(self, headers: Mapping[str, str], plain: bytes, proof: Proof) -> None:
        if proof is Proof.HELICONE:
            self._helicone.check(headers, plain)
        elif proof is Proof.SIGNED:
            self._webhook.check(headers, plain)


def _fitting(limits: Limits, budget: Budget) -> Limits:
    """The limits of a body: one that could never fit into the memory is too large, not early."""
    return replace(limits, body_bytes=min(limits.body_bytes, budget.limit))


async def _read(request: Request, limits: Limits, hold: Hold) -> bytes:
    """The body as sent, read no further than there is room, whether its length was announced or not."""
    announced = request.headers.get("content-length", "")
    _reach(int(announced) if announced.isdecimal() else 0, limits, hold)
    parts, size = [], 0
    async with asyncio.timeout(READ_SECONDS):
        async for part in request.stream():
            size += len(part)
            _reach(size, limits, hold)
            parts.append(part)
    return b"".join(parts)


def _reach(size: int, limits: Limits, hold: Hold) -> None:
    if size > limits.body_bytes:
        raise limits.too_large()
    hold.reach(size)


async def _unpacked(packed: bytes, encoding: str, limits: Limits, hold: Hold) -> bytes:
    if not decode.is_packed(packed, encoding):
        return packed
    size = LARGE_BODY if len(packed) > LARGE_PACKED else 0
    return await aside(lambda: decode.decompressed(packed, encoding, limits, hold.reach), size)


async def aside(work: Callable[[], T], size: int) -> T:
    """The result of some work on `size` bytes; much work is done in a thread, so that others are answered meanwhile."""
    return await asyncio.to_thread(work) if size >= LARGE_BODY else work()


class RawRoute(APIRoute):
    """A route whose endpoint takes the request as it came: FastAPI neither reads nor parses its body.

    What the door, a reader or the store refuses with becomes an answer here; `told` writes its body.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        endpoint: Callable[[Request], Awaitable[Response]] = self.endpoint

        async def handler(request: Request) -> Response:
            try:
                return await endpoint(request)
            except ClientDisconnect:
                return Response(status_code=400)
            except REFUSALS as error:
                status, text, headers = answer_to(error)
                return self.told(request, status, text, headers)

        return handler

    @staticmethod
    def told(_: Request, status: int, text: str, headers: Mapping[str, str]) -> Response:
        """The refusal as a response."""
        return JSONResponse({"detail": text}, status, headers)


def answer_to(error: Exception) -> tuple[int, str, Mapping[str, str]]:
    """Status, text and headers for what kept a body from being taken."""
    match error:
        case HTTPException():
            return error.status_code, str(error.detail), error.headers or {}
        case BodyTooLargeError():
            return 413, str(error), {}
        case InputError():
            return 400, str(error), {}
        case TimeoutError():
            # Not 408: exporters give up on that, and come again after 503.
            late = f"the body did not arrive within {READ_SECONDS} s; send it again"
            return 503, late, {"Connection": "close", "Retry-After": "1"}
        case _:
            return 503, str(error), {"Retry-After": str(_wait(error))}


def _wait(error: Exception) -> int:
    """Whole seconds until a retry makes sense; exporters give up on long waits."""
    seconds = error.retry_after_seconds if isinstance(error, StoreUnavailable | BusyError) else MAX_RETRY_AFTER
    return max(1, min(seconds, MAX_RETRY_AFTER))


def unavailable(error: Exception) -> Response:
    """503: what was sent is fine, and is to be sent again."""
    status, text, headers = answer_to(error)
    return JSONResponse({"detail": text}, status, headers)


RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "Nothing in the body can be read."},
    401: {"description": "No API key, an unknown one, or a signature that does not hold."},
    403: {"description": "The key has another role."},
    413: {"description": "The body is over the size limit after decompression."},
    503: {"description": "Nothing can be stored now; send the same again after Retry-After seconds."},
}
