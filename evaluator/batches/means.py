"""What every step of judging by batches works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from evaluator.lane import Lane
from judges.batch import BatchClient
from judges.budget import Reservation
from judges.llm import LlmJudge, Resources
from store import samples as sample_store
from store import verdicts as verdict_store
from store.database import Connection
from store.records import Clock, Sample, Verdict
from store.samples import Key
from store.store import Store

T = TypeVar("T")
Keep = Callable[[Sequence[Verdict]], Awaitable[int]]

CHUNK = 200
"""Samples whose texts are in memory at once, beside the requests of one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Store, provider, money and clock; `keep` commits verdicts, `at_once` bounds the calls of escalations.

    `held` is the money set aside for batches under way, by their keys. All of it lives in the judges' event loop.
    """

    store: Store
    client: BatchClient
    resources: Resources
    clock: Clock
    keep: Keep
    at_once: int
    held: dict[str, Reservation] = field(default_factory=dict)

    async def read(self, question: Callable[[Connection], T]) -> T:
        """The store's answer, asked in another thread."""

        def ask() -> T:
            with self.store.read() as c:
                return question(c)

        return await asyncio.to_thread(ask)

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """The outcome of a write after its commit, which a stop does not take back."""
        return await asyncio.shield(asyncio.wrap_future(self.store.run(operation)))

    def settle(self, batch_key: str, usd: float) -> None:
        """Gives back what was set aside for a batch, and books what it did cost."""
        if (reservation := self.held.pop(batch_key, None)) is not None:
            reservation.settle(usd)


@dataclass(frozen=True, slots=True)
class BatchLane:
    """A lane whose judge asks a model, and so can be asked by batches."""

    lane: Lane
    judge: LlmJudge

    @property
    def series(self) -> tuple[str, str]:
        """Name and version of the judge."""
        return self.judge.name, self.judge.version

    def unjudged(self, c: Connection, keys: Sequence[Key]) -> list[Sample]:
        """The samples of these keys that have no verdict of this judge version."""
        if not keys:
            return []
        ids, times = [sample_id for sample_id, _ in keys], [ts for _, ts in keys]
        found = verdict_store.of_samples(c, ids, from_ts=min(times), until_ts=max(times))
        judged = {(one.sample_id, one.ts) for one in found if (one.judge, one.judge_version) == self.series}
        return sample_store.load(c, [key for key in keys if key not in judged])


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The items in pieces."""
    return (items[first : first + size] for first in range(0, len(items), size))
