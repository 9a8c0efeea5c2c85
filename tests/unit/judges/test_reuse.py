"""Equal content at once: one asks, the others take what it got, a failure of the provider included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from judges.errors import JudgeError, Rejected, Stopped, Unavailable
from judges.judge import Judgement, decided
from judges.reuse import Reuse

KEY = ("v1", "hash")
FINE = decided(True, "fine")


class Asking:
    """Asks once the gate is open: each time the next of these outcomes, the last one for ever."""

    def __init__(self, *outcomes: Judgement | JudgeError) -> None:
        self.gate = asyncio.Event()
        self.asked = 0
        self._outcomes = outcomes

    async def __call__(self) -> Judgement:
        self.asked += 1
        outcome = self._outcomes[min(self.asked, len(self._outcomes)) - 1]
        await self.gate.wait()
        if isinstance(outcome, JudgeError):
            raise outcome
        return outcome


async def started(ask: Callable[[], Awaitable[Judgement]], n: int = 10) -> list[asyncio.Task[Judgement]]:
    """So many judgements of equal content; the first has asked."""
    reuse = Reuse()
    tasks = [asyncio.create_task(reuse.once(KEY, ask)) for _ in range(n)]
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("error", [Unavailable("away", reason="timeout"), Stopped("no", reason="forbidden")])
async def test_a_failed_call_is_the_failure_of_all_who_wait(error: JudgeError) -> None:
    """They wait as pending samples, each by itself, and hold no place for a timeout after the other."""
    ask = Asking(error)
    tasks = await started(ask)
    ask.gate.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [error] * 10
    assert ask.asked == 1


async def test_who_was_cancelled_leaves_the_others_to_try() -> None:
    """The next one asks, and the rest wait for it."""
    ask = Asking(FINE)
    first, *others = await started(ask)
    first.cancel()
    ask.gate.set()
    found = await asyncio.gather(*others)
    assert (ask.asked, [one.via for one in found].count("cache")) == (2, 8)


async def test_what_is_of_one_sample_is_not_shared() -> None:
    """Any other error is its own: the next one asks."""
    ask = Asking(Rejected("no", reason="too_large"), FINE)
    tasks = await started(ask, 3)
    ask.gate.set()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, Rejected)
    assert (ask.asked, len(others)) == (2, 2)


async def test_a_failure_is_not_remembered() -> None:
    """Who comes later asks anew."""
    reuse, ask = Reuse(), Asking(Unavailable("away", reason="timeout"), FINE)
    ask.gate.set()
    with pytest.raises(Unavailable):
        await reuse.once(KEY, ask)
    assert (await reuse.once(KEY, ask)).passed is True
