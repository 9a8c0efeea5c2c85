"""One request first, then the many: a provider's prompt cache only helps those that come after it was written.

For each model and system text the first request goes alone; the others wait until it was answered. When it has failed,
one of them is the next first, and so on while their patience lasts: then all go, so that a provider that hangs does not
cost them their time one by one. What was read lately is warm. A prefix below the model's minimum is never cached, so
nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from judges.models import cacheable_tokens

LIFE_SECONDS = 300.0
CHARS_PER_TOKEN = 3.8
PATIENCE_SECONDS = 5.0
REMEMBERED = 1_000
"""Prefixes held in memory; beyond it the longest unused is forgotten, which costs it one warm-up."""

Prefix = tuple[str, str]
"""A model and a system text."""


class Warmth:
    """Which prefixes are in one provider's cache; times are of the monotonic clock."""

    def __init__(self, clock: Callable[[], float], *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._warm_until: dict[Prefix, float] = {}
        self._first: dict[Prefix, asyncio.Future[None]] = {}

    def is_warm(self, model: str, system: str) -> bool:
        """Whether the prefix was written or read within the cache's life."""
        return self._warm_until.get((model, system), float("-inf")) > self._clock()

    def used(self, model: str, system: str) -> None:
        """The prefix was written or read just now."""
        prefix = (model, system)
        self._warm_until.pop(prefix, None)
        self._warm_until[prefix] = self._clock() + LIFE_SECONDS
        if len(self._warm_until) > REMEMBERED:
            del self._warm_until[next(iter(self._warm_until))]

    @asynccontextmanager
    async def turn(self, model: str, system: str) -> AsyncIterator[None]:
        """A request with the prefix; entered at once when it is warm, is first or gains nothing, else after the
        first."""
        prefix = (model, system)
        gains = reaches_minimum(model, system)
        if gains:
            await self._wait(prefix)
        if not gains or self.is_warm(model, system) or prefix in self._first:
            yield
            return
        first = self._first[prefix] = asyncio.get_running_loop().create_future()
        try:
            yield
        finally:
            del self._first[prefix]
            first.set_result(None)

    async def _wait(self, prefix: Prefix) -> None:
        """Until the prefix is warm or nobody is first, for those who fail at once; one that takes long is the last."""
        until = self._clock() + self._patience_seconds
        while not self.is_warm(*prefix) and (first := self._first.get(prefix)) is not None and self._clock() < until:
            await asyncio.shield(first)


def estimated_tokens(text: str) -> int:
    """About how many tokens a text of ours has.

    >>> estimated_tokens("x" * 380)
    100
    """
    return round(len(text) / CHARS_PER_TOKEN)


def reaches_minimum(model: str, system: str) -> bool:
    """Whether the provider caches the prefix at all."""
    return estimated_tokens(system) >= cacheable_tokens(model)


def hint(model: str, system: str) -> str | None:
    """What to tell of a prefix that is too short to be cached; None when it is long enough.

    >>> hint("claude-haiku-5-5", "x" * 380)
    'The prefix is about 100 tokens, below the minimum of 512 for claude-haiku-5-5: it is not cached.'
    """
    if reaches_minimum(model, system):
        return None
    tokens, least = estimated_tokens(system), cacheable_tokens(model)
    return f"The prefix is about {tokens} tokens, below the minimum of {least} for {model}: it is not cached."
