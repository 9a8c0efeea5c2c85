"""Work in the judges' event loop: judges that never wait take turns, those that wait have places.

What is claimed is looked up in the store before it is paid for, and released when its verdict is durable; so nothing is
paid for twice, whichever way it comes in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from functools import partial
from typing import TypeVar

import structlog

from evaluator.lane import Lane, key_of
from evaluator.ledger import Ledger
from evaluator.places import Claims, Place, Shift
from evaluator.rounds import Rounds
from store import batches as batch_store
from store.errors import StoreError
from store.records import Sample, Verdict
from store.samples import Key
from store.store import Store
from store.verdicts import Identity

log = structlog.get_logger(__name__)
T = TypeVar("T")
Work = tuple[Lane, Sample]

CHUNK = 200
TURN_SECONDS = 0.005


class Judging:
    """Judges what it is given, for any number of callers in one event loop."""

    def __init__(self, store: Store, ledger: Ledger, lanes: Sequence[Lane], concurrency: int) -> None:
        self._store = store
        self._ledger = ledger
        self._look = Rounds[Sequence[Work], Sequence[Work]](self._unjudged)
        # Many small batches must not fill a round of the loop any more than a large one does: one in each.
        self._quick_turn = asyncio.Lock()
        shared = asyncio.Semaphore(concurrency)
        self._places = {
            lane.judge.name: asyncio.Semaphore(lane.judge.at_once) if lane.judge.at_once else shared for lane in lanes
        }

    async def judge(self, work: Sequence[Work]) -> int:
        """The work, but for what another call has in hand; the number of new verdicts."""
        with Claims() as claims:
            mine = [(lane, sample) for lane, sample in work if claims.take(lane, key_of(sample))]
            quick = [(lane, sample) for lane, sample in mine if not lane.judge.waits]
            waiting = [(lane, sample) for lane, sample in mine if lane.judge.waits]
            return sum(await asyncio.gather(self._quick(quick), self._waiting(waiting, claims)))

    async def begin(self, work: Sequence[Work], claims: Claims, shift: Shift) -> None:
        """Judges that never wait have judged when it returns; the others have begun, each as a place became free."""
        quick = [(lane, sample) for lane, sample in work if not lane.judge.waits]
        shift.stored += await self._quick(quick)
        for lane, sample in quick:
            claims.release(lane, [key_of(sample)])
        for lane, sample in work:
            if lane.judge.waits and lane.available:
                place = Place(self._places[lane.judge.name])
                judging = partial(self._judge_one, lane, sample, place)
                await shift.add(place, judging, partial(claims.release, lane, [key_of(sample)]))

    def judged(self, keys: Sequence[Key]) -> set[Identity]:
        """Which verdicts on these samples there are, or will be from a batch. Reads the store: not for the loop."""
        with self._store.read() as c:
            coming = batch_store.under_way(c, keys)
        return coming | self._store.judged(keys)

    async def _quick(self, work: Sequence[Work]) -> int:
        stored = 0
        for chunk in chunks(work, CHUNK):
            async with self._quick_turn:
                await asyncio.sleep(0)
                verdicts = [verdict async for verdict in _in_turns(chunk)]
            stored += sum(await self._ledger.keep(verdicts))
        return stored

    async def _waiting(self, work: Sequence[Work], claims: Claims) -> int:
        if not work:
            return 0
        async with Shift() as shift:
            # Claimed first, then looked up: nobody can pay for a sample after the look and before the call.
            await self.begin(await self._look.add(work), claims, shift)
        return shift.stored

    async def _judge_one(self, lane: Lane, sample: Sample, place: Place) -> bool:
        """Whether there is a new verdict. One that cost money holds its place until it is durable.

        So a crash pays for no more than `judge.concurrency` twice.
        """
        verdict = await lane.verdict(sample)
        if lane.judge.at_once:
            place.leave()
        return verdict is not None and await self._ledger.note(verdict)

    async def _unjudged(self, works: Sequence[Sequence[Work]]) -> list[Sequence[Work]]:
        """What of each work is not done yet, as the store knows it; nothing without knowing."""
        try:
            judged = await asyncio.to_thread(self.judged, [key_of(sample) for work in works for _, sample in work])
        except StoreError as error:
            log.warning("not judged now: the store cannot be read", reason=str(error))
            return [[] for _ in works]
        return [without(work, judged) for work in works]


def version_of(lane: Lane) -> tuple[str, str]:
    """The judge by name and version."""
    return lane.judge.name, lane.judge.version


def without(work: Sequence[Work], judged: Collection[Identity]) -> list[Work]:
    """The work that is not among the judged."""
    return [(lane, sample) for lane, sample in work if (*key_of(sample), *version_of(lane)) not in judged]


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, so many at a time."""
    return (items[first : first + size] for first in range(0, len(items), size))


async def _in_turns(work: Sequence[Work]) -> AsyncIterator[Verdict]:
    """The verdicts of judges that never wait; now and then others have their turn in the loop, a stop among them."""
    now = asyncio.get_running_loop().time
    begun = now()
    for lane, sample in work:
        if (verdict := await lane.verdict(sample)) is not None:
            yield verdict
        if now() - begun > TURN_SECONDS:
            await asyncio.sleep(0)
            begun = now()
