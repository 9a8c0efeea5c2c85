"""What one judge still owes, found by a query and judged: after a crash, an outage, or for a judge that is new."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from evaluator import owed
from evaluator.judging import CHUNK, Judging, version_of
from evaluator.lane import Lane, key_of
from evaluator.ledger import Ledger
from evaluator.owed import Span
from evaluator.places import Claims, Shift
from store.records import Sample
from store.samples import Key
from store.store import Store

AHEAD = 2_000
"""Keys of pending samples looked up in one go."""
CHARACTERS = 8_000_000
"""Text read in one go, about; beside it, what is being judged is in memory."""


class Recovery:
    """One lane's way through what it owes. The places are kept full: the next is read while the last is judged."""

    def __init__(self, store: Store, ledger: Ledger, judging: Judging, lane: Lane, span: Span) -> None:
        self._store = store
        self._ledger = ledger
        self._judging = judging
        self._lane = lane
        self._span = span
        self._size = CHUNK // 8

    async def run(self) -> int:
        """Until nothing is left or the judge makes no headway; the number of new verdicts."""
        with Claims() as claims:
            async with Shift() as shift:
                while self._lane.available:
                    before = shift.stored
                    await self._ledger.fold()
                    owed = await asyncio.to_thread(self._owed)
                    for keys in self._portions(owed):
                        await self._judge(keys, claims, shift)
                    if len(owed) < AHEAD or shift.stored == before:
                        await shift.finish()
                    if shift.stored == before:
                        break
        return shift.stored

    async def _judge(self, keys: Sequence[Key], claims: Claims, shift: Shift) -> None:
        mine = [key for key in keys if self._lane.available and claims.take(self._lane, key)]
        samples = await asyncio.to_thread(self._load, mine)
        for key in set(mine).difference(map(key_of, samples)):
            claims.release(self._lane, key)
        await self._judging.begin([(self._lane, sample) for sample in samples], claims, shift)

    def _owed(self) -> list[Key]:
        """The oldest pending samples that are free; those that are not must not hide the ones behind them."""
        with self._store.read() as c:
            keys = owed.keys(c, self._lane, self._span, AHEAD + self._lane.passed_over)
        return [key for key in keys if self._lane.free(key)][:AHEAD]

    def _load(self, keys: Sequence[Key]) -> list[Sample]:
        """The claimed samples but for those whose verdict came after they were found and before they were claimed."""
        judged = self._judging.judged(keys)
        with self._store.read() as c:
            samples = owed.load(c, self._lane, [key for key in keys if (*key, *version_of(self._lane)) not in judged])
        each = sum(sample.characters for sample in samples) // max(1, len(samples))
        self._size = max(1, min(CHUNK, 2 * self._size, CHARACTERS // max(1, each)))
        return samples

    def _portions(self, keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
        first = 0
        while first < len(keys):
            size = self._size
            yield keys[first : first + size]
            first += size
