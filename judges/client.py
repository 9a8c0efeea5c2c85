"""Claude at one provider: one request in, one completion out, within its limits, with our own retries."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from judges.breaker import Breaker, State
from judges.errors import Rejected, Stopped, Unavailable
from judges.exchange import Completion, Request
from judges.failures import BLOCKED, CONNECTION, CREDENTIALS, RATE_LIMITED, TIMEOUT, Refusal, Transient, meaning
from judges.limiter import NOTHING, Limiter, Use
from judges.messages import body, completion, is_message, read
from judges.models import family
from judges.providers import ClientSettings, host, open_sdk, signing_errors
from judges.warmth import Warmth

if TYPE_CHECKING:
    import anthropic

__all__ = ["ClaudeClient", "ClientSettings", "Completion", "Request"]

Outcome = Completion | Transient | Rejected | Stopped

MAX_WAIT_SECONDS = 3_600.0
"""Whatever a Retry-After says: nobody is left alone for longer."""
REMEMBERED_ANSWERS = 5_000
TELLING = (b"anthropic-ratelimit-", b"date")
BLOCKED_IN_A_ROW = 10
"""So many refusals by something before the provider, and no answer between, are no matter of the samples."""
WORTH_TELLING_SECONDS = 0.01


class Watcher:
    """Is told what happens to calls, by a provider's name; this one does not listen."""

    def called(self, provider: str, outcome: str) -> None:
        """One call ended: ok, or the reason of its failure."""

    def waited(self, provider: str, seconds: float) -> None:
        """One call waited for its turn under the rate limits."""

    def turned(self, provider: str, state: State) -> None:
        """The provider's circuit changed."""


class ClaudeClient:
    """Asks one provider. Raises Unavailable (later), Rejected (this request never), Stopped (nothing, until mended)."""

    def __init__(
        self,
        settings: ClientSettings,
        *,
        rng: random.Random,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        watcher: Watcher | None = None,
    ) -> None:
        self.name = settings.name
        self.breaker = Breaker(settings.name, settings.breaker, clock, self._turned)
        self.limiters: dict[str, Limiter] = {}
        self._settings = settings
        self._rng = rng
        self._clock = clock
        self._sleep = sleep
        self._watcher = watcher or Watcher()
        self._host = host(settings)
        self._sdk = open_sdk(settings)
        self._signing_errors = signing_errors(settings)
        self._warmth = Warmth(clock, patience_seconds=settings.timeout_seconds / 6)
        self._answers: deque[str] = deque(maxlen=REMEMBERED_ANSWERS)
        self._blocked: dict[str, int] = {}
        self._turned(State.CLOSED)

    async def complete(self, request: Request) -> Completion:
        """The model's answer, after as many attempts as the settings and the time allow."""
        deadline, attempt = self._clock() + self._settings.timeout_seconds, 1
        while True:
            self.breaker.check()
            async with self._warmth.turn(request.model, request.system):
                outcome = await self._call(request, deadline)
            if isinstance(outcome, Completion):
                return outcome
            if not isinstance(outcome, Transient):
                raise outcome
            self.breaker.check()
            wait = self._wait(outcome, attempt)
            if attempt == self._settings.max_attempts or wait >= deadline - self._clock():
                raise _unavailable(outcome, attempt)
            await self._sleep(wait)
            attempt += 1

    def answered(self, response_id: str | None) -> bool:
        """Whether the response is one that this client lately got: then whoever tells of that call tells of ours."""
        return response_id is not None and response_id in self._answers

    async def count_tokens(self, model: str, system: str, user: str) -> int:
        """How many tokens the provider counts in a prompt, which costs nothing; Rejected when it does not."""
        import anthropic

        try:
            counted = await self._sdk.messages.count_tokens(
                model=self._settings.models.get(model, model),
                system=system or anthropic.omit,
                messages=[{"role": "user", "content": user}],
                timeout=self._settings.timeout_seconds,
            )
        except (anthropic.AnthropicError, ValueError, RecursionError) as error:
            problem = str(error.status_code) if isinstance(error, anthropic.APIStatusError) else type(error).__name__
        else:
            if isinstance(found := getattr(counted, "input_tokens", None), int):
                return found
            problem = "no number"
        # Not raised above: the SDK's error holds the request and must not travel with ours.
        raise Rejected(f"{self._host} does not count tokens ({problem}); go by the estimate.", reason="not_counted")

    async def close(self) -> None:
        """Close the connections; the client cannot be used after it."""
        await self._sdk.close()

    async def _call(self, request: Request, deadline: float) -> Outcome:
        """One call, when its turn under the limits has come and the circuit lets it through."""
        limiter = self._limiter(request.model)
        taken = await self._take(limiter, request, deadline)
        probe, outcome = False, None
        try:
            probe = await self.breaker.enter()
            seconds = min(deadline - self._clock(), self._settings.timeout_seconds / 2)
            if seconds <= 0:
                return Transient(TIMEOUT, f"{self._host} could not be asked in time", trouble=False)
            outcome = await self._attempt(request, limiter, seconds)
            return outcome
        finally:
            self._settle(limiter, taken, outcome)
            self.breaker.leave(probe, None if outcome is None else _is_trouble(outcome))

    async def _take(self, limiter: Limiter, request: Request, deadline: float) -> Use:
        warm = self._warmth.is_warm(request.model, request.system)
        chars = request.own_characters + (0 if warm else len(request.system))
        use, begun = limiter.estimate(chars, request.max_tokens), self._clock()
        wait = await limiter.take(use, deadline - begun)
        if (waited := self._clock() - begun) >= WORTH_TELLING_SECONDS:
            self._watcher.waited(self.name, waited)
        if wait:
            raise Unavailable(
                f"{self._host} allows no further call of {family(request.model)} for {wait:.0f} s. The sample stays "
                "pending and is tried again.",
                reason=RATE_LIMITED,
                retry_after_seconds=min(wait, MAX_WAIT_SECONDS),
                everyone=True,
            )
        return use

    async def _attempt(self, request: Request, limiter: Limiter, seconds: float) -> Outcome:
        import anthropic

        try:
            async with asyncio.timeout(seconds):
                return await self._send(request, limiter, seconds)
        except (TimeoutError, anthropic.APITimeoutError):
            return Transient(TIMEOUT, f"{self._host} did not answer within {seconds:.0f} s")
        except anthropic.APIConnectionError:
            return Transient(CONNECTION, f"{self._host} cannot be reached, or cut the connection")
        except anthropic.APIStatusError as error:
            limiter.learn(_limits(error.response.headers.raw))
            # Not raised here: the SDK's error holds the request and must not travel with ours.
            return self._meaning(self._refusal(error, request.model))
        except self._signing_errors as error:
            name = type(error).__name__
            return Transient(CREDENTIALS, f"the credentials for {self._host} cannot be had ({name}). Mend them")

    async def _send(self, request: Request, limiter: Limiter, seconds: float) -> Outcome:
        settings = self._settings
        sent = body(request, model=settings.models.get(request.model), structured=settings.structured is not False)
        response = await self._sdk.messages.with_raw_response.create(**sent, timeout=seconds)
        limiter.learn(_limits(response.headers.raw))
        message = read(response.http_response.content)
        if not is_message(message):
            return self._garbled()
        if isinstance(message_id := getattr(message, "id", None), str):
            self._answers.append(message_id)
        self._blocked[request.model] = 0
        self._warmth.used(request.model, request.system)
        return completion(message, model=request.model, settings=settings)

    def _settle(self, limiter: Limiter, taken: Use, outcome: Outcome | None) -> None:
        """Tells of the call's end; None when it never left, or was cancelled."""
        if isinstance(outcome, Completion):
            limiter.settle(taken, Use(outcome.usage.uncached_tokens, outcome.usage.output_tokens))
            self._watcher.called(self.name, "ok")
            return
        limiter.settle(taken, NOTHING if outcome is None else Use(0, 0))
        if outcome is not None:
            self._watcher.called(self.name, outcome.reason)
        if isinstance(outcome, Transient):
            self.breaker.why = outcome.detail
            if outcome.reason == RATE_LIMITED and outcome.wait_seconds:
                limiter.refused(min(outcome.wait_seconds, MAX_WAIT_SECONDS))

    def _limiter(self, model: str) -> Limiter:
        """The one of the model's family."""
        name = family(model)
        if name not in self.limiters:
            self.limiters[name] = Limiter(self._clock, self._sleep)
        return self.limiters[name]

    def _turned(self, state: State) -> None:
        self._watcher.turned(self.name, state)

    def _garbled(self) -> Transient:
        return Transient(CONNECTION, f"{self._host} sent something that is no Messages API answer")

    def _meaning(self, refusal: Refusal) -> Transient | Rejected | Stopped:
        """What a refusal means; who blocks is trusted to mean one request, once the model has given answers."""
        blocked = self._blocked.get(refusal.model, BLOCKED_IN_A_ROW) + 1
        found = meaning(refusal, answers=blocked < BLOCKED_IN_A_ROW)
        if found.reason == BLOCKED:
            self._blocked[refusal.model] = blocked
        return found

    def _refusal(self, error: anthropic.APIStatusError, model: str) -> Refusal:
        return Refusal(
            host=self._host,
            model=model,
            key_env=self._settings.key_env,
            status=error.status_code,
            error_type=error.type if isinstance(error.type, str) else None,
            error_code=error.error_code,
            request_id=error.request_id,
            wait_seconds=seconds_of(error.response.headers.get("retry-after")),
        )

    def _wait(self, failure: Transient, attempt: int) -> float:
        """Exponential with full jitter; never before the provider's own Retry-After."""
        settings = self._settings
        ceiling = min(settings.max_backoff_seconds, settings.backoff_seconds * 2.0 ** (attempt - 1))
        return self._rng.uniform(0, ceiling) + (failure.wait_seconds or 0.0)


def _limits(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that the limiter learns from; decoding all of them would take longer."""
    kept = ((name.lower(), value) for name, value in headers)
    return {name.decode(): value.decode("ascii", "replace") for name, value in kept if name.startswith(TELLING)}


def _is_trouble(outcome: Outcome) -> bool:
    return isinstance(outcome, Transient) and outcome.trouble


def seconds_of(header: str | None) -> float | None:
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
    everyone = failure.reason in (RATE_LIMITED, CREDENTIALS)
    return Unavailable(message, reason=failure.reason, retry_after_seconds=wait, everyone=everyone)
