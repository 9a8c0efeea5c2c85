"""Samples in, verdicts out. What is pending is derived from the store: a crash loses nothing, nothing is judged twice.

Fresh samples come straight from intake; everything else (after a crash, an outage, a new judge) is found by a query.
The judges run in a thread with an event loop of its own, so that neither a slow pattern nor a slow model delays intake.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from evaluator.lane import Lane, key_of
from evaluator.redact.keep import TextPolicy
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from judges.judge import Closing
from store import batches as batch_store
from store import samples as sample_store
from store import verdicts as verdict_store
from store.errors import StoreError, StoreUnavailable
from store.records import Clock, Sample, Verdict
from store.store import Store

log = structlog.get_logger(__name__)
T = TypeVar("T")
Work = tuple[Lane, Sample]

CHUNK = 200
TURN_SECONDS = 0.005
MAX_FRESH = 20_000
"""Fresh samples held in memory; beyond it they wait in the store and the recovery query finds them."""
BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Pipeline:
    """The judges' workers. Start it once; `submit` never blocks, `judge` and `drain` wait for the verdicts' commit."""

    def __init__(self, store: Store, lanes: Sequence[Lane], settings: Settings, clock: Clock, metrics: Metrics) -> None:
        self.lanes = lanes
        self._store = store
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._policy = TextPolicy(settings)
        self._fresh = 0
        self._under_way: set[asyncio.Future[None]] = set()
        self._recovering: set[Lane] = set()
        # Many small batches must not fill a round of the loop any more than a large one does: one in each.
        self._quick_turn = asyncio.Lock()
        shared = asyncio.Semaphore(settings.judge.concurrency)
        self._places = {
            lane.judge.name: asyncio.Semaphore(lane.judge.at_once) if lane.judge.at_once else shared for lane in lanes
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="leadline-judges", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Cancels what is under way (it stays pending in the store), closes the judges and ends the thread."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._end_all(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    def submit(self, samples: Sequence[Sample]) -> None:
        """Hands over freshly committed samples, from any thread."""
        self._loop.call_soon_threadsafe(self._start_fresh, samples)

    async def judge(self, samples: Sequence[Sample]) -> int:
        """Judges these samples by every judge that wants them and has not judged them; the number of new verdicts."""
        wanted = [(lane, sample) for sample in samples for lane in self.lanes if lane.live and lane.wants(sample)]
        return await self.run(self._judge_all(await asyncio.to_thread(self._unjudged, wanted)))

    async def recover(self) -> int:
        """Judges what arrived within `pipeline.window_days` and still has no verdict; the number of new verdicts.

        A judge that another call is still busy with is left to it: a slow one must not keep the others waiting.
        """
        return await self.run(self._recover(self.window_start()))

    async def drain(self) -> int:
        """Judges everything that is pending, however old, and waits for what is under way."""
        return await self.run(self._drain())

    def wanted(self, sample: Sample) -> list[tuple[str, str]]:
        """The judges that judge this sample, by name and version."""
        return [(lane.judge.name, lane.judge.version) for lane in self.lanes if lane.wants(sample)]

    def pending(self, lane: Lane) -> tuple[int, datetime | None]:
        """How many samples wait for the judge, and when the oldest of them arrived."""
        with self._store.read() as c:
            query = lane.pending(self.window_start(), CHUNK)
            return verdict_store.pending_count(c, query)

    def window_start(self) -> datetime:
        """From when on samples that still lack a verdict are looked for."""
        return self._clock() - timedelta(days=self._settings.pipeline.window_days)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` in the judges' event loop, where their connections live."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _end_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.gather(*(lane.judge.close() for lane in self.lanes if isinstance(lane.judge, Closing)))

    async def _drain(self) -> int:
        await asyncio.gather(*self._under_way)
        return sum(await asyncio.gather(*(self._judge_lane(lane, BEGINNING) for lane in self.lanes if lane.live)))

    def _start_fresh(self, samples: Sequence[Sample]) -> None:
        if self._fresh + len(samples) > MAX_FRESH:
            return
        self._count_fresh(len(samples))
        task = asyncio.ensure_future(self._judge_fresh(samples))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _judge_fresh(self, samples: Sequence[Sample]) -> None:
        try:
            await self._judge_all(
                [(lane, sample) for sample in samples for lane in self.lanes if lane.live and lane.wants(sample)]
            )
        finally:
            self._count_fresh(-len(samples))

    def _count_fresh(self, more: int) -> None:
        self._fresh += more
        self._metrics.backlog.set(self._fresh)

    def _unjudged(self, work: Sequence[Work]) -> list[Work]:
        """What of the work is neither done yet nor in a batch, as the store knows it."""
        if not work:
            return []
        times = [sample.ts for _, sample in work]
        ids = list({sample.sample_id for _, sample in work})
        with self._store.read() as c:
            known = verdict_store.of_samples(c, ids, from_ts=min(times), until_ts=max(times))
            judged = batch_store.under_way(c, [key_of(sample) for _, sample in work])
        judged |= {(verdict.sample_id, verdict.ts, verdict.judge, verdict.judge_version) for verdict in known}
        return [(lane, one) for lane, one in work if (*key_of(one), lane.judge.name, lane.judge.version) not in judged]

    async def _recover(self, since: datetime) -> int:
        lanes = [lane for lane in self.lanes if lane.live and lane not in self._recovering]
        return sum(await asyncio.gather(*(self._recover_lane(lane, since) for lane in lanes)))

    async def _recover_lane(self, lane: Lane, since: datetime) -> int:
        self._recovering.add(lane)
        try:
            return await self._judge_lane(lane, since)
        finally:
            self._recovering.discard(lane)

    async def _judge_lane(self, lane: Lane, since: datetime) -> int:
        """Chunk by chunk until nothing is left or the judge makes no headway."""
        total = 0
        while lane.available:
            samples = await asyncio.to_thread(self._next, lane, since)
            done = await self._judge_all([(lane, sample) for sample in samples])
            total += done
            if not done:
                break
        return total

    def _next(self, lane: Lane, since: datetime) -> list[Sample]:
        """The oldest pending samples that are free; those that are not must not hide the ones behind them."""
        with self._store.read() as c:
            keys = verdict_store.pending(c, lane.pending(since, CHUNK + lane.passed_over))
            return sample_store.load(c, [key for key in keys if lane.free(key)][:CHUNK])

    async def _judge_all(self, work: Sequence[Work]) -> int:
        """The work, but for what another call has in hand; the number of new verdicts."""
        with _claimed(work) as mine:
            quick = [(lane, sample) for lane, sample in mine if not lane.judge.waits]
            slow = [(lane, sample) for lane, sample in mine if lane.judge.waits]
            return sum(await asyncio.gather(self._judge_quick(quick), *(self._judge_slow(*item) for item in slow)))

    async def _judge_quick(self, work: Sequence[Work]) -> int:
        stored = 0
        for first in range(0, len(work), CHUNK):
            async with self._quick_turn:
                await asyncio.sleep(0)
                verdicts = [verdict async for verdict in _in_turns(work[first : first + CHUNK])]
            stored += await self.keep(verdicts)
        return stored

    async def _judge_slow(self, lane: Lane, sample: Sample) -> int:
        """A verdict that took time is committed by itself; one that cost money, before its place is free again."""
        async with self._places[lane.judge.name]:
            if lane.judge.at_once is None:
                paid = not lane.available or await self._paid(lane, sample)
                return 0 if paid else await self.keep([await lane.verdict(sample)])
            verdict = await lane.verdict(sample)
        return await self.keep([verdict])

    async def _paid(self, lane: Lane, sample: Sample) -> bool:
        """Whether a verdict came after the work was chosen and before it was claimed; no call without knowing."""
        try:
            left = await asyncio.to_thread(self._unjudged, [(lane, sample)])
        except StoreError as error:
            log.warning("not judged now: the store cannot be read", judge=lane.judge.name, reason=str(error))
            return True
        return not left

    async def keep(self, verdicts: Sequence[Verdict | None]) -> int:
        """Commits the verdicts; the samples of those that cannot be stored stay pending."""
        given = [self._policy.explained(verdict) for verdict in verdicts if verdict is not None]
        if not given:
            return 0
        try:
            # Shielded: a stop does not take back what is judged and paid for.
            stored = await asyncio.shield(asyncio.wrap_future(self._store.append_verdicts(given)))
        except StoreError as error:
            if len(given) > 1 and not isinstance(error, StoreUnavailable):
                # One of them is the reason; the others shall not suffer for it.
                return sum([await self.keep([verdict]) for verdict in given])
            log.warning("verdicts not stored; their samples stay pending", verdicts=len(given), reason=str(error))
            return 0
        for verdict, is_new in zip(given, stored, strict=True):
            self._metrics.verdicts.labels(judge=verdict.judge, status=verdict.status).inc(is_new)
        return sum(stored)


async def _in_turns(work: Sequence[Work]) -> AsyncIterator[Verdict | None]:
    """The verdicts of judges that never wait; now and then others have their turn in the loop, a stop among them."""
    now = asyncio.get_running_loop().time
    begun = now()
    for lane, sample in work:
        yield await lane.verdict(sample)
        if now() - begun > TURN_SECONDS:
            await asyncio.sleep(0)
            begun = now()


@contextmanager
def _claimed(work: Sequence[Work]) -> Iterator[list[Work]]:
    """What of the work could be claimed; let go of when all of it is committed, failed or cancelled."""
    mine = [(lane, sample) for lane, sample in work if lane.claim(key_of(sample))]
    try:
        yield mine
    finally:
        for lane, sample in mine:
            lane.release(key_of(sample))
