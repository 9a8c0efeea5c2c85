"""Claude over the Messages API: one request in, one completion out, with our own retries and a limit on time."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel

from judges.cost import Usage
from judges.errors import JudgeConfigError, JudgeError, Unavailable
from judges.failures import CONNECTION, TIMEOUT, Refusal, Transient, meaning
from judges.models import traits

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import MessageParam, OutputConfigParam

ANTHROPIC = "https://api.anthropic.com"
NO_KEY = "not-needed"
THINKING_TOKENS = 4_000
MAX_WAIT_SECONDS = 3_600.0
REMEMBERED_ANSWERS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How to reach the provider. `timeout_seconds` is for one judgement with all its attempts, half of it for each."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    timeout_seconds: float = 30.0
    max_attempts: int = 4
    backoff_seconds: float = 0.5
    max_backoff_seconds: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model; `system` is the part that many requests share and the provider may cache.

    `turns` are further ones after the question: what the model answered, and what it was then told.
    """

    model: str
    system: str
    user: str
    answer: type[BaseModel]
    effort: Literal["low", "medium", "high"] = "low"
    max_tokens: int = 1_000
    turns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back: the text blocks joined, why it stopped, which model answered, and at which provider.

    `structured` says whether the provider holds the model to the schema.
    """

    text: str
    stop_reason: str | None
    model: str
    usage: Usage
    provider: str = "anthropic"
    structured: bool = True


class ClaudeClient:
    """Asks one provider. Raises Unavailable (later), Rejected (this request never), Stopped (nothing, until mended)."""

    def __init__(
        self,
        settings: ClientSettings,
        *,
        rng: random.Random,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._rng = rng
        self._sleep = sleep
        address = settings.base_url or ANTHROPIC
        self._host = _host(address)
        self._sdk = _open(address, _key(settings))
        self._answers: deque[str] = deque(maxlen=REMEMBERED_ANSWERS)

    async def complete(self, request: Request) -> Completion:
        """The model's answer, after as many attempts as the settings and the time allow."""
        clock = asyncio.get_running_loop().time
        deadline, attempt = clock() + self._settings.timeout_seconds, 1
        while True:
            left = deadline - clock()
            outcome = await self._attempt(request, min(left, self._settings.timeout_seconds / 2))
            if isinstance(outcome, Completion):
                return outcome
            wait = self._wait(outcome, attempt)
            if attempt == self._settings.max_attempts or wait >= deadline - clock():
                raise _unavailable(outcome, attempt)
            await self._sleep(wait)
            attempt += 1

    def answered(self, response_id: str | None) -> bool:
        """Whether the response is one that this client lately got: then whoever tells of that call tells of ours."""
        return response_id is not None and response_id in self._answers

    async def close(self) -> None:
        """Close the connections; the client cannot be used after it."""
        await self._sdk.close()

    async def _attempt(self, request: Request, seconds: float) -> Completion | Transient:
        import anthropic

        try:
            async with asyncio.timeout(seconds):
                return self._completion(await self._send(request, seconds), request)
        except (TimeoutError, anthropic.APITimeoutError):
            return Transient(TIMEOUT, f"{self._host} did not answer within {seconds:.0f} s")
        except anthropic.APIConnectionError:
            return Transient(CONNECTION, f"{self._host} cannot be reached, or cut the connection")
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return self._garbled()
        except anthropic.APIStatusError as error:
            found = meaning(self._refusal(error, request.model))
        if isinstance(found, JudgeError):
            # Outside of the except block: the SDK's error holds the request and must not travel with ours.
            raise found
        return found

    async def _send(self, request: Request, seconds: float) -> anthropic.types.Message:
        import anthropic

        model = traits(request.model)
        return await self._sdk.messages.create(
            model=request.model,
            max_tokens=request.max_tokens + (0 if model.thinking_off else THINKING_TOKENS),
            system=[{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
            messages=_messages(request),
            output_config=_output_config(request.answer, request.effort if model.effort else None),
            thinking={"type": "disabled"} if model.thinking_off else anthropic.omit,
            timeout=seconds,
        )

    def _completion(self, message: object, request: Request) -> Completion | Transient:
        import anthropic

        # The SDK does not check what a server sends: a page of HTML is a str here, a missing field is None.
        if not isinstance(message, anthropic.types.Message) or not isinstance(message.content, list):
            return self._garbled()
        if isinstance(message.id, str):
            self._answers.append(message.id)
        blocks = (block for block in message.content if isinstance(block, anthropic.types.TextBlock))
        return Completion(
            text="\n".join(block.text for block in blocks if isinstance(block.text, str)),
            stop_reason=message.stop_reason,
            model=message.model or request.model,
            usage=_usage(message.usage),
            provider="custom" if self._settings.base_url else "anthropic",
            structured=self._settings.base_url is None,
        )

    def _garbled(self) -> Transient:
        return Transient(CONNECTION, f"{self._host} sent something that is no Messages API answer")

    def _refusal(self, error: anthropic.APIStatusError, model: str) -> Refusal:
        return Refusal(
            host=self._host,
            model=model,
            status=error.status_code,
            error_type=error.type if isinstance(error.type, str) else None,
            error_code=error.error_code,
            request_id=error.request_id,
            wait_seconds=_seconds(error.response.headers.get("retry-after")),
        )

    def _wait(self, failure: Transient, attempt: int) -> float:
        """Exponential with full jitter; never before the provider's own Retry-After."""
        settings = self._settings
        ceiling = min(settings.max_backoff_seconds, settings.backoff_seconds * 2.0 ** (attempt - 1))
        return self._rng.uniform(0, ceiling) + (failure.wait_seconds or 0.0)


def _messages(request: Request) -> list[MessageParam]:
    messages: list[MessageParam] = [{"role": "user", "content": request.user}]
    for answered, told in request.turns:
        # The API takes no empty turn.
        messages += [{"role": "assistant", "content": answered or "(nothing)"}, {"role": "user", "content": told}]
    return messages


def _host(address: str) -> str:
    """The host to name in messages: an address may carry a password."""
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    if not host:
        raise JudgeConfigError("judge.base_url is no web address. Write it like http://127.0.0.1:8000.")
    return host


def _key(settings: ClientSettings) -> str:
    key = (settings.api_key or "").strip()
    if not key and not settings.base_url:
        raise JudgeConfigError("LLM judges need a key or a server. Set ANTHROPIC_API_KEY or judge.base_url.")
    if not (key.isascii() and key.isprintable()):
        raise JudgeConfigError("ANTHROPIC_API_KEY holds characters that no key has. Copy the key again.")
    return key or NO_KEY


def _open(address: str, key: str) -> anthropic.AsyncAnthropic:
    """The SDK's client with an explicit key and address: without them it would look for profiles on disk."""
    import anthropic

    for name in ("anthropic", "httpx2"):
        # At DEBUG the SDK logs whole requests: samples do not belong in logs.
        logging.getLogger(name).setLevel(logging.WARNING)
    return anthropic.AsyncAnthropic(
        api_key=key,
        base_url=address,
        max_retries=0,
        open_telemetry=False,
        http_client=anthropic.DefaultAioHttpClient(),
    )


@cache
def _output_config(answer: type[BaseModel], effort: Literal["low", "medium", "high"] | None) -> OutputConfigParam:
    import anthropic

    config: OutputConfigParam = {"format": {"type": "json_schema", "schema": anthropic.transform_schema(answer)}}
    if effort is not None:
        config["effort"] = effort
    return config


def _usage(usage: anthropic.types.Usage | None) -> Usage:
    written = _count(usage, "cache_creation_input_tokens")
    one_hour = min(written, _count(getattr(usage, "cache_creation", None), "ephemeral_1h_input_tokens"))
    return Usage(
        input_tokens=_count(usage, "input_tokens"),
        output_tokens=_count(usage, "output_tokens"),
        cache_read_tokens=_count(usage, "cache_read_input_tokens"),
        cache_write_5m_tokens=written - one_hour,
        cache_write_1h_tokens=one_hour,
    )


def _count(usage: object, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _seconds(header: str | None) -> float | None:
    """A Retry-After in seconds; None for anything else."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _unavailable(failure: Transient, attempts: int) -> Unavailable:
    wait = 60.0 if failure.wait_seconds is None else min(failure.wait_seconds, MAX_WAIT_SECONDS)
    times = f"{attempts} attempt" + ("" if attempts == 1 else "s")
    message = f"{failure.detail} ({times}). The sample stays pending and is tried again."
    return Unavailable(message, reason=failure.reason, retry_after_seconds=wait)
