"""The Message Batches part of the Claude server for tests: batches that end when a test says so, items that fail.

It remembers every batch that was made with all its requests, so that a test can count what was paid for.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

Json = dict[str, Any]
CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAX_REQUESTS = 100_000
MAX_BYTES = 256 * 1024 * 1024
DAY = timedelta(hours=24)
COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")

Answer = Callable[[Json], Json]
"""From the parameters of a message to a result: `{"type": "succeeded", "message": …}` and so on."""

EXPIRED: Json = {"type": "expired"}
CANCELED: Json = {"type": "canceled"}


def errored(kind: str, message: str = "no") -> Json:
    """The result of an item that met an error of this type."""
    error = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}
    return {"type": "errored", "error": error}


@dataclass
class Made:
    """A batch as it was made: parameters by custom id, results once it has ended, and how often it was asked about."""

    id: str
    created_at: datetime
    requests: dict[str, Json]
    results: dict[str, Json] = field(default_factory=dict)
    ended_at: datetime | None = None
    cancel_at: datetime | None = None
    polls: int = 0

    @property
    def counts(self) -> Counter[str]:
        """How its requests ended; until the batch as a whole has, all are processing."""
        if self.ended_at is None:
            return Counter(processing=len(self.requests))
        return Counter(result["type"] for result in self.results.values())


@dataclass
class FakeBatches:
    """Batches that end when they were asked about `polls` times, or when `end` says so (polls None).

    `script` holds results for the next items to be processed, whatever they ask; then `answer` decides. `refusals` are
    answers (status, body) to the next creations, which make nothing. The next `lost` creations make a batch whose
    answer never arrives: the connection is cut, or with `hangs` nothing more comes.
    """

    answer: Answer
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    polls: int | None = 0
    max_requests: int = MAX_REQUESTS
    max_bytes: int = MAX_BYTES
    lost: int = 0
    hangs: bool = False
    cut_results: int = 0
    script: deque[Json] = field(default_factory=deque)
    refusals: deque[tuple[int, Json]] = field(default_factory=deque)
    made: list[Made] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    lists: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    def add_routes(self, app: web.Application) -> None:
        """Serves the batches of `app`."""
        here = "/v1/messages/batches"
        app.router.add_post(here, self._create)
        app.router.add_get(here, self._list)
        app.router.add_get(here + "/{id}", self._retrieve)
        app.router.add_delete(here + "/{id}", self._delete)
        app.router.add_post(here + "/{id}/cancel", self._cancel)
        app.router.add_get(here + "/{id}/results", self._results)

    @property
    def paid(self) -> int:
        """How many requests were answered, and so are on the bill, over all batches."""
        return sum(made.counts["succeeded"] for made in self.made)

    def end(self, made: Made | None = None) -> None:
        """Ends this batch, or all that are under way."""
        for one in [made] if made else self.made:
            if one.ended_at is None:
                results = {custom_id: self._result(params) for custom_id, params in one.requests.items()}
                one.results, one.ended_at = results, self.clock()

    def _result(self, params: Json) -> Json:
        return self.script.popleft() if self.script else self.answer(params)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        data = await request.read()
        self.sizes.append(len(data))
        if self.refusals:
            status, body = self.refusals.popleft()
            return web.json_response(body, status=status)
        if not (request.headers.get("authorization") or request.headers.get("x-api-key")):
            return _error(401, "authentication_error", "no key")
        requests = json.loads(data).get("requests")
        if (refusal := self._objection(len(data), requests)) is not None:
            return refusal
        asked = {one["custom_id"]: one["params"] for one in requests}
        made = Made(f"msgbatch_{len(self.made) + 1:04}", self.clock(), asked)
        self.made.append(made)
        self.arrived.set()
        if self.lost:
            self.lost -= 1
            if self.hangs:
                await self.closing.wait()
            assert request.transport is not None
            request.transport.close()
        return web.json_response(self._told(made))

    def _objection(self, size: int, requests: object) -> web.Response | None:
        if size > self.max_bytes:
            return _error(413, "request_too_large", "the batch is too large")
        if not isinstance(requests, list) or not 1 <= len(requests) <= self.max_requests:
            return _error(400, "invalid_request_error", "requests: between 1 and the limit")
        names = [one.get("custom_id") for one in requests]
        if not all(isinstance(name, str) and CUSTOM_ID.fullmatch(name) for name in names):
            return _error(400, "invalid_request_error", "custom_id: does not match the pattern")
        if len(set(names)) < len(names):
            return _error(400, "invalid_request_error", "custom_id: not unique")
        return None

    async def _list(self, request: web.Request) -> web.Response:
        self.lists += 1
        limit, newest = int(request.query.get("limit", "20")), list(reversed(self.made))
        after = request.query.get("after_id")
        first = next((place + 1 for place, made in enumerate(newest) if made.id == after), 0)
        page = [self._told(made) for made in newest[first : first + limit]]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
        return web.json_response({"data": page, "has_more": len(newest) > first + limit, **ends})

    async def _retrieve(self, request: web.Request) -> web.Response:
        made = self._named(request)
        if made is None:
            return _error(404, "not_found_error", "no such batch")
        if self.polls is not None and made.polls >= self.polls:
            self.end(made)
        made.polls += 1
        return web.json_response(self._told(made))

    async def _cancel(self, request: web.Request) -> web.Response:
        made = self._named(request)
        if made is None:
            return _error(404, "not_found_error", "no such batch")
        self.cancel(made)
        return web.json_response(self._told(made))

    def cancel(self, made: Made) -> None:
        """Ends a batch with nothing done, as somebody who cancels it in the provider's console does."""
        made.cancel_at = self.clock()
        if made.ended_at is None:
            made.results, made.ended_at = dict.fromkeys(made.requests, CANCELED), self.clock()

    async def _delete(self, request: web.Request) -> web.Response:
        made = self._named(request)
        if made is None:
            return _error(404, "not_found_error", "no such batch")
        if made.ended_at is None:
            return _error(400, "invalid_request_error", "still processing")
        self.made.remove(made)
        return web.json_response({"id": made.id, "type": "message_batch_deleted"})

    async def _results(self, request: web.Request) -> web.StreamResponse:
        made = self._named(request)
        if made is None or made.ended_at is None:
            return _error(404, "not_found_error", "no results")
        lines = [json.dumps({"custom_id": name, "result": result}) for name, result in made.results.items()]
        # As the real one, in no particular order.
        data = "".join(line + "\n" for line in sorted(lines, reverse=True)).encode()
        response = web.StreamResponse(headers={"Content-Type": "application/x-jsonl"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        if self.cut_results:
            self.cut_results -= 1
            await response.write(data[: len(data) // 2])
            assert request.transport is not None
            request.transport.close()
        else:
            await response.write(data)
        return response

    def _named(self, request: web.Request) -> Made | None:
        return next((made for made in self.made if made.id == request.match_info["id"]), None)

    def _told(self, made: Made) -> Json:
        ended = made.ended_at is not None
        return {
            "id": made.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": {name: made.counts[name] for name in COUNTS},
            "created_at": made.created_at.isoformat(),
            "expires_at": (made.created_at + DAY).isoformat(),
            "ended_at": made.ended_at.isoformat() if made.ended_at else None,
            "cancel_initiated_at": made.cancel_at.isoformat() if made.cancel_at else None,
            "archived_at": None,
            "results_url": f"{self.url}/v1/messages/batches/{made.id}/results" if ended else None,
        }


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response(errored(kind, message)["error"], status=status)
