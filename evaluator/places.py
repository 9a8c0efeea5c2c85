"""Judgements under way: whose they are, and how many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

from evaluator.lane import Lane
from store.samples import Key

TOGETHER = 10
"""So many begin in one round of the loop: all at once would send, wait and end together ever after, while the loop is
idle in between; one by one would wake it for each (100 at once: 8 % more CPU)."""


class Claims:
    """What one caller has in hand. In its context; what was not released is released at the end of it."""

    def __init__(self) -> None:
        self._held: set[tuple[Lane, Key]] = set()

    def take(self, lane: Lane, key: Key) -> bool:
        """Takes the sample in hand for the lane, if it is free."""
        if not lane.claim(key):
            return False
        self._held.add((lane, key))
        return True

    def release(self, lane: Lane, keys: Iterable[Key]) -> None:
        """Lets go of them: their verdicts are stored, or they have none."""
        for key in keys:
            self._held.discard((lane, key))
            lane.release(key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for lane, key in self._held:
            lane.release(key)


class Place:
    """One of the places that are shared by all who judge, given out in turn."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._taken = False

    async def take(self) -> None:
        """Waits for a free one."""
        await self._places.acquire()
        self._taken = True

    def leave(self) -> None:
        """Frees it, if that was not done yet."""
        if self._taken:
            self._taken = False
            self._places.release()


class Shift:
    """One caller's judgements, each in a place. In its context; at the end of it all have ended.

    When the caller is cancelled, so are they; another error of the caller's takes back nothing that is paid for.
    `stored` counts the new verdicts.
    """

    def __init__(self) -> None:
        self.stored = 0
        self._begun = 0
        self._tasks: set[asyncio.Task[bool]] = set()

    async def add(self, place: Place, work: Callable[[], Coroutine[Any, Any, bool]], ended: Callable[[], None]) -> None:
        """Begins the work as soon as there is a place; `ended` is called when it is over, however that came."""
        await place.take()
        task = asyncio.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._end(task, place, ended))
        self._begun += 1
        if self._begun % TOGETHER == 0:
            await asyncio.sleep(0)

    async def finish(self) -> None:
        """Waits for what is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, asyncio.CancelledError):
            for task in self._tasks:
                task.cancel()
        await self.finish()

    def _end(self, task: asyncio.Task[bool], place: Place, ended: Callable[[], None]) -> None:
        self._tasks.discard(task)
        place.leave()
        ended()
        if not task.cancelled():
            self.stored += task.result()
