"""How fast one model family may be asked: requests, input and output tokens per minute, as the provider counts them.

Each is a bucket that fills continuously. What a call will use is taken before it, by estimate, and trued up after it.
The provider's `anthropic-ratelimit-…` headers set the buckets' sizes and lower their levels, so that what others use of
the same limit counts too. Until headers were seen nothing is limited. Those who wait go in the order they came.

https://docs.claude.com/en/api/rate-limits
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Self

from judges.cost import CHARACTERS_PER_TOKEN

HEADROOM = 0.1
"""This share of each limit is left to others."""
FIRST_OUTPUT_TOKENS = 300.0
OUTPUT_MEMORY = 0.05
"""Weight of the newest answer in the running mean of output tokens."""
MINUTE = 60.0
LONGEST_WINDOW_SECONDS = 3_600.0
LOOK_SECONDS = 1.0
"""The first in the queue looks this often whether others used less than they were thought to."""
SHORTEST_SECONDS = 1e-6
ALONE_SECONDS = 5.0
"""A refusal with a longer Retry-After says that the limit is used up, be it the first one."""
KINDS = ("requests", "input-tokens", "output-tokens")


@dataclass(frozen=True, slots=True)
class Use:
    """What one call uses, or is thought to use."""

    input_tokens: float
    output_tokens: float
    requests: float = 1.0

    @property
    def amounts(self) -> tuple[float, float, float]:
        """In the order of KINDS."""
        return self.requests, self.input_tokens, self.output_tokens

    def plus(self, other: Use, sign: int = 1) -> Use:
        """Both together, or what is left without the other."""
        return Use(
            self.input_tokens + sign * other.input_tokens,
            self.output_tokens + sign * other.output_tokens,
            self.requests + sign * other.requests,
        )


NOTHING = Use(0.0, 0.0, 0.0)


@dataclass(slots=True)
class Bucket:
    """One limit: `level` may be used now, `rate` comes back each second; both leave the headroom untouched.

    >>> bucket = Bucket.of(limit=1000, remaining=400, seconds_to_full=36, now=0)
    >>> bucket.level, round(bucket.rate, 9)
    (300.0, 15.0)
    >>> round(bucket.wait(600, now=10), 9)
    10.0
    """

    size: float
    level: float
    rate: float
    filled_at: float

    @classmethod
    def of(cls, *, limit: float, remaining: float, seconds_to_full: float | None, now: float) -> Self:
        """The bucket that three headers describe; one that takes longer than a minute to fill fills more slowly."""
        usable, rate = limit * (1 - HEADROOM), limit / MINUTE
        if seconds_to_full is not None and MINUTE < seconds_to_full <= LONGEST_WINDOW_SECONDS and remaining < limit:
            rate = min(rate, (limit - remaining) / seconds_to_full)
        return cls(usable, min(usable, remaining - limit * HEADROOM), rate * (1 - HEADROOM), now)

    def fill(self, now: float) -> None:
        """Adds what came back since the last time."""
        self.level = min(self.size, self.level + self.rate * (now - self.filled_at))
        self.filled_at = now

    def spend(self, amount: float, now: float) -> None:
        """Takes the amount out, or puts it back when it is negative."""
        self.fill(now)
        self.level = min(self.size, self.level - amount)

    def wait(self, amount: float, now: float, behind: float = 0.0) -> float:
        """Seconds until the amount may be used, after what is `behind`; a full bucket is enough for any amount."""
        self.fill(now)
        return max(0.0, behind + min(amount, self.size) - self.level) / self.rate

    def adopt(self, told: Bucket, now: float) -> None:
        """Takes size and rate as told, and the lower level: what we have in flight may not be counted there yet."""
        self.fill(now)
        self.size, self.rate, self.level = told.size, told.rate, min(self.level, told.level)


class Limiter:
    """The limits of one model family at one provider, shared by all who ask it."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[object]]) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.waiting = 0
        self._clock = clock
        self._sleep = sleep
        self._paused_until = float("-inf")
        self._output_tokens = FIRST_OUTPUT_TOKENS
        self._refusals = 0
        self._queued = NOTHING
        self._turn = asyncio.Lock()

    def estimate(self, uncached_chars: int, max_tokens: int) -> Use:
        """What a call is thought to use."""
        return Use(uncached_chars / CHARACTERS_PER_TOKEN, min(max_tokens, self._output_tokens))

    def wait(self, use: Use, behind: Use = NOTHING) -> float:
        """Seconds until a call may leave, after those that wait before it."""
        now = self._clock()
        wait = max(0.0, self._paused_until - now)
        for kind, amount, before in zip(KINDS, use.amounts, behind.amounts, strict=True):
            if kind in self.buckets:
                wait = max(wait, self.buckets[kind].wait(amount, now, before))
        return wait if wait > SHORTEST_SECONDS else 0.0

    async def take(self, use: Use, patience: float) -> float:
        """Takes what the call will use and returns 0, after waiting in line; or takes nothing and returns the wait
        that would have exceeded `patience`, in seconds."""
        if not self.waiting and self.wait(use) <= 0:
            self._spend(use)
            return 0.0
        deadline = self._clock() + patience
        if (wait := self.wait(use, behind=self._queued)) > patience:
            return wait
        self._queue(use, 1)
        try:
            async with self._turn:
                return await self._at_the_head(use, deadline)
        finally:
            self._queue(use, -1)

    def settle(self, taken: Use, used: Use) -> None:
        """Trues up a call; one that never left used nothing, one that was refused used no tokens."""
        if used.output_tokens:
            self._refusals = 0
            self._output_tokens += OUTPUT_MEMORY * (used.output_tokens - self._output_tokens)
        self._spend(used.plus(taken, -1))

    def refused(self, retry_after_seconds: float) -> None:
        """A call was refused for asking too often. Nobody leaves before the time that the provider named, unless it is
        short and the refusal stands alone among answers: then it was that call's bad luck."""
        self._refusals += 1
        if self._refusals > 1 or retry_after_seconds > ALONE_SECONDS:
            self._paused_until = max(self._paused_until, self._clock() + retry_after_seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Takes over what a response's headers tell, if they do."""
        now, date = self._clock(), _time(headers.get("date"))
        for kind in KINDS:
            told = _bucket(headers, f"anthropic-ratelimit-{kind}", date, now)
            if told is not None and kind in self.buckets:
                self.buckets[kind].adopt(told, now)
            elif told is not None:
                self.buckets[kind] = told

    async def _at_the_head(self, use: Use, deadline: float) -> float:
        while (wait := self.wait(use)) > 0:
            if self._clock() + wait > deadline:
                return wait
            await self._sleep(min(wait, LOOK_SECONDS))
        self._spend(use)
        return 0.0

    def _spend(self, use: Use, sign: int = 1) -> None:
        now = self._clock()
        for kind, amount in zip(KINDS, use.amounts, strict=True):
            if kind in self.buckets:
                self.buckets[kind].spend(sign * amount, now)

    def _queue(self, use: Use, sign: int) -> None:
        self.waiting += sign
        self._queued = self._queued.plus(use, sign) if self.waiting else NOTHING


def _bucket(headers: Mapping[str, str], name: str, date: datetime | None, now: float) -> Bucket | None:
    """The bucket of one limit; None when the headers are missing or no numbers."""
    try:
        limit, remaining = float(headers[f"{name}-limit"]), float(headers[f"{name}-remaining"])
    except (KeyError, ValueError):
        return None
    if not (0 < limit < float("inf") and 0 <= remaining <= limit):
        return None
    # By the response's own date: our clock may differ from theirs.
    until = _seconds_between(date, headers.get(f"{name}-reset"))
    return Bucket.of(limit=limit, remaining=remaining, seconds_to_full=until, now=now)


@lru_cache(maxsize=4)
def _time(date: str | None) -> datetime | None:
    # Remembered: many answers carry the same second, and parsing it is the dearest step.
    try:
        return parsedate_to_datetime(date) if date else None
    except ValueError:
        return None


def _seconds_between(date: datetime | None, reset: str | None) -> float | None:
    try:
        return (datetime.fromisoformat(reset) - date).total_seconds() if date and reset else None
    except (ValueError, TypeError):
        return None
