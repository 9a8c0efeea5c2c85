"""What one judge still owes, found by a query and judged: after a crash, an outage, or for a judge that is new."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from evaluator import owed
from evaluator.judging import Judging, version_of
from evaluator.lane import Lane, key_of
from evaluator.ledger import Ledger
from evaluator.owed import Span
from evaluator.places import Claims, Shift
from store.records import Sample
from store.samples import Key
from store.store import Store

AHEAD = 2_000
"""Pending samples looked up in one go, by key."""
FIRST, MOST = 50, 1000
CHARACTERS = 8_000_000
"""Samples whose text is read in one go, and about how much text; beside it, what is being judged is in memory."""


class Recovery:
    """One lane's way through what it owes. The places are kept full: the next is read while the last is judged."""

    def __init__(self, store: Store, ledger: Ledger, judging: Judging, lane: Lane, span: Span) -> None:
        self._store = store
        self._ledger = ledger
        self._judging = judging
        self._lane = lane
        self._span = span
        self._size = FIRST

    async def run(self) -> int:
        """Until nothing is left or the judge makes no headway; the number of new verdicts."""
        with Claims() as claims:
            async with Shift() as shift:
                while self._lane.available:
                    before = shift.stored
                    await self._ledger.fold()
                    found = await asyncio.to_thread(self._owed)
                    for keys in self._portions(await self._claimed(found, claims)):
                        await self._judge(keys, claims, shift)
                    if len(found) < AHEAD or shift.stored == before:
                        await shift.finish()
                    if shift.stored == before:
                        break
        return shift.stored

    def _owed(self) -> list[Key]:
        """The oldest pending samples that are free; those that are not must not hide the ones behind them."""
        with self._store.read() as c:
            keys = owed.keys(c, self._lane, self._span, AHEAD + self._lane.passed_over)
        return [key for key in keys if self._lane.free(key)][:AHEAD]

    async def _claimed(self, keys: Sequence[Key], claims: Claims) -> list[Key]:
        """Those that could be claimed, but for what was judged after they were found and before they were claimed."""
        mine = [key for key in keys if claims.take(self._lane, key)]
        known = await asyncio.to_thread(self._judging.judged, mine)
        judged = {key for key in mine if (*key, *version_of(self._lane)) in known}
        claims.release(self._lane, judged)
        return [key for key in mine if key not in judged]

    async def _judge(self, keys: Sequence[Key], claims: Claims, shift: Shift) -> None:
        samples = await asyncio.to_thread(self._load, keys) if self._lane.available else []
        await self._judging.begin([(self._lane, sample) for sample in samples], claims, shift)
        claims.release(self._lane, set(keys).difference(map(key_of, samples)))

    def _load(self, keys: Sequence[Key]) -> list[Sample]:
        with self._store.read() as c:
            samples = owed.load(c, self._lane, keys)
        each = sum(sample.characters for sample in samples) // max(1, len(samples))
        self._size = max(1, min(MOST, 2 * self._size, CHARACTERS // max(1, each)))
        return samples

    def _portions(self, keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
        first = 0
        while first < len(keys):
            size = self._size
            yield keys[first : first + size]
            first += size
