"""Work in rounds: a crowd shares one, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from evaluator.rounds import Rounds


class Doubling:
    """Doubles numbers, not before `gate` is open; remembers what was in each round."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble: Exception | None = None

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.rounds.append(list(numbers))
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        return [2 * number for number in numbers]


async def test_what_comes_during_a_round_is_in_the_next() -> None:
    """The first goes alone, those that come while it is worked on go together, and each gets its own result."""
    work = Doubling()
    work.gate.clear()
    rounds = Rounds(work)
    first = asyncio.ensure_future(rounds.add(1))
    for _ in range(3):
        await asyncio.sleep(0)
    rest = [asyncio.ensure_future(rounds.add(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6]
    assert (work.rounds, rounds.task) == ([[1], [2, 3]], None)


async def test_a_caller_that_goes_away_changes_nothing() -> None:
    """What was added is worked on, also when its caller is cancelled while it waits."""
    work = Doubling()
    rounds = Rounds(work)
    gone, stays = (asyncio.ensure_future(rounds.add(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays, work.rounds) == (4, [[1, 2]])


async def test_nobody_waits_for_ever() -> None:
    """A bug in the work ends the wait of all who are in the round, and the next round works again."""
    work = Doubling()
    work.trouble = ZeroDivisionError()
    rounds = Rounds(work)
    waiting = asyncio.ensure_future(rounds.add(1))
    await asyncio.sleep(0)
    assert rounds.task is not None
    with pytest.raises(ZeroDivisionError):
        await rounds.task
    with pytest.raises(asyncio.CancelledError):
        await waiting
    work.trouble = None
    assert await rounds.add(2) == 4
