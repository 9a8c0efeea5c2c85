"""Claude by batches: many requests at half the price, answered within a day. Submitting, asking, taking the results.

Nothing is tried again here: every step is repeated by whoever keeps the books (evaluator.batches).
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from judges.client import MAX_WAIT_SECONDS, seconds_of
from judges.errors import JudgeError, Rejected, Stopped, Unavailable
from judges.exchange import Completion, Request
from judges.failures import CONNECTION, STATUS_OF, TIMEOUT, Refusal, Transient, meaning
from judges.messages import body, completion, is_message
from judges.providers import ClientSettings, host, open_sdk

if TYPE_CHECKING:
    import anthropic
    from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
    from anthropic.types.messages.batch_create_params import Request as Sent

T = TypeVar("T")

EXPIRED, CANCELED = "expired", "canceled"
ENDED = ("succeeded", "errored", EXPIRED, CANCELED)
NO_BATCHES = "no_batches"
CREATE_SECONDS = 300.0
ASK_SECONDS = 60.0
PAGE = 100

Ending = Completion | Transient | Rejected | Stopped
"""How one request ended. Transient (also EXPIRED, CANCELED): another try may end otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Most requests and bytes of one batch.

    The API takes 100,000 and 256 MB; ours are lower, so that no batch needs much memory, and its results come sooner.
    """

    requests: int = 10_000
    bytes: int = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """Where a batch stands at the provider; how its requests ended is known when `ended`."""

    id: str
    created_at: datetime
    ended: bool
    total: int
    succeeded: int = 0
    errored: int = 0
    expired: int = 0
    canceled: int = 0


class Unsure(Unavailable):
    """The connection broke while a batch was submitted: it may exist or not."""


class BatchClient:
    """The Message Batches API of one provider. Raises Unavailable, Rejected and Stopped, as ClaudeClient does."""

    def __init__(self, settings: ClientSettings, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._settings = settings
        self._host = host(settings)
        self._sdk = open_sdk(settings)
        self._failures = _failures()

    @property
    def host(self) -> str:
        """Whom it asks."""
        return self._host

    async def submit(self, requests: Sequence[tuple[str, Request]]) -> str:
        """Makes a batch of requests by custom id; the provider's id of it. Unsure when it may have been made."""
        asked = [self.sent(custom_id, request) for custom_id, request in requests]
        making = self._sdk.messages.batches.create(requests=asked, timeout=CREATE_SECONDS)
        return self._status(await self._call(making, unsure=True)).id

    async def status(self, batch_id: str) -> BatchStatus | None:
        """Where the batch stands; None when the provider knows of none."""
        return await self._call(self._find(batch_id))

    def sent(self, custom_id: str, request: Request) -> Sent:
        """One request of a batch, as it is sent."""
        settings = self._settings
        model, structured = settings.models.get(request.model), settings.structured is not False
        return {"custom_id": custom_id, "params": body(request, model=model, structured=structured)}

    def size(self, custom_id: str, request: Request) -> int:
        """Bytes that the request adds to a batch."""
        told = json.dumps(self.sent(custom_id, request), ensure_ascii=False, separators=(",", ":"))
        return len(told.encode("utf-8", "replace")) + 1

    async def results(self, batch_id: str, model: str) -> AsyncGenerator[tuple[str, Ending]]:
        """Custom id and ending of every request of a batch that has ended, in any order; all asked this model."""
        lines = await self._call(self._sdk.messages.batches.results(batch_id, timeout=CREATE_SECONDS))
        try:
            while (line := await self._call(anext(lines, None))) is not None:
                yield str(line.custom_id), self._ending(line, model)
        finally:
            await lines.close()

    async def recent(self, since: datetime) -> list[BatchStatus]:
        """The provider's batches that were made since then, newest first."""
        return await self._call(self._list(since))

    async def close(self) -> None:
        """Close the connections; the client cannot be used after it."""
        await self._sdk.close()

    def _ending(self, line: MessageBatchIndividualResponse, model: str) -> Ending:
        kind = getattr(line.result, "type", None)
        if kind in (EXPIRED, CANCELED):
            return Transient(str(kind), f"{self._host} says that it is {kind}")
        if kind == "succeeded":
            return self._answer(getattr(line.result, "message", None), model)
        error = getattr(getattr(line.result, "error", None), "error", None)
        name = str(getattr(error, "type", "api_error"))
        return self._meaning(Refusal(host=self._host, model=model, status=STATUS_OF.get(name, 500), error_type=name))

    def _answer(self, message: object, model: str) -> Completion | Transient:
        if not is_message(message):
            return Transient(CONNECTION, f"{self._host} sent something that is no message")
        return completion(message, model=model, settings=self._settings)

    def _meaning(self, refusal: Refusal) -> Transient | Rejected | Stopped:
        found = meaning(refusal)
        if refusal.status == 404:
            why = (
                f"{refusal}: it has no such model, or no Message Batches API. Check judge.model, or set batch = false."
            )
            return Stopped(why, reason=NO_BATCHES)
        return found

    async def _find(self, batch_id: str) -> BatchStatus | None:
        import anthropic

        try:
            return self._status(await self._sdk.messages.batches.retrieve(batch_id, timeout=ASK_SECONDS))
        except anthropic.NotFoundError:
            return None

    async def _list(self, since: datetime) -> list[BatchStatus]:
        found = []
        async for made in self._sdk.messages.batches.list(limit=PAGE, timeout=ASK_SECONDS):
            status = self._status(made)
            if status.created_at < since:
                break
            found.append(status)
        return found

    def _status(self, made: MessageBatch) -> BatchStatus:
        import anthropic

        # The SDK does not check what a server sends.
        if not isinstance(made, anthropic.types.messages.MessageBatch) or not isinstance(made.created_at, datetime):
            raise Unsure(f"{self._host} sent something that is no batch.", reason=CONNECTION, everyone=True)
        counts = {name: int(getattr(made.request_counts, name, 0) or 0) for name in ("processing", *ENDED)}
        return BatchStatus(
            id=str(made.id),
            created_at=made.created_at,
            ended=made.processing_status == "ended",
            total=sum(counts.values()),
            **{name: counts[name] for name in ENDED},
        )

    async def _call(self, asked: Awaitable[T], *, unsure: bool = False) -> T:
        """What was asked for; what the SDK and the connection raise, in our words."""
        try:
            return await asked
        except self._failures as error:
            failure = self._failure(error, unsure)
        # Outside of the except block: the SDK's error holds the requests and must not travel with ours.
        raise failure

    def _failure(self, error: Exception, unsure: bool) -> JudgeError:
        import anthropic

        if isinstance(error, anthropic.APIStatusError):
            found = self._meaning(self._refusal(error))
            # Refused at the door, nothing was made; with any other status it may have been.
            unsure = unsure and error.status_code >= 500 and error.status_code != STATUS_OF["overloaded_error"]
        elif isinstance(error, TimeoutError | anthropic.APITimeoutError):
            found = Transient(TIMEOUT, f"{self._host} did not answer in time")
        elif isinstance(error, ValueError | RecursionError):
            found = Transient(CONNECTION, f"{self._host} sent something that is no answer of the Message Batches API")
        else:
            found = Transient(CONNECTION, f"{self._host} cannot be reached, or cut the connection")
            unsure = unsure and not _never_connected(error)
        if isinstance(found, JudgeError):
            return found
        wait = 60.0 if found.wait_seconds is None else min(found.wait_seconds, MAX_WAIT_SECONDS)
        kind = Unsure if unsure else Unavailable
        return kind(f"{found.detail}.", reason=found.reason, retry_after_seconds=wait, everyone=True)

    def _refusal(self, error: anthropic.APIStatusError) -> Refusal:
        return Refusal(
            host=self._host,
            model="",
            key_env=self._settings.key_env,
            status=error.status_code,
            error_type=error.type if isinstance(error.type, str) else None,
            error_code=error.error_code,
            request_id=error.request_id,
            wait_seconds=seconds_of(error.response.headers.get("retry-after")),
        )


def _never_connected(error: BaseException | None) -> bool:
    import aiohttp

    while error is not None and not isinstance(error, aiohttp.ClientConnectorError):
        error = error.__cause__
    return error is not None


def _failures() -> tuple[type[Exception], ...]:
    """What a call may raise: the SDK's errors, the connection's while results stream, and those of decoding."""
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, TimeoutError, ValueError, RecursionError)
