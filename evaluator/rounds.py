"""Work done in rounds: what comes in during one round is done together in the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Rounds(Generic[T, R]):
    """Many callers with one item each, and a `work` that costs little more for many items than for one.

    A round begins `linger_seconds` after the first item came. What was added is worked on, also when its caller has
    gone away meanwhile. All calls are from one event loop; `work` answers for every item and raises nothing.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, linger_seconds: float = 0.0) -> None:
        self._work = work
        self._linger_seconds = linger_seconds
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self.task: asyncio.Task[None] | None = None
        """The rounds under way, until nothing waits any more: to be awaited, and not to be cancelled."""

    async def add(self, item: T) -> R:
        """The item's result, after the round it is in."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self.task is None:
            self.task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        taken: list[tuple[T, asyncio.Future[R]]] = []
        try:
            while self._waiting:
                await asyncio.sleep(self._linger_seconds)
                taken, self._waiting = self._waiting, []
                for (_, future), result in zip(taken, await self._work([item for item, _ in taken]), strict=True):
                    if not future.done():
                        future.set_result(result)
        finally:
            self.task = None
            for _, future in (*taken, *self._waiting):
                # Only after a bug: nobody may wait for ever.
                future.cancel()
