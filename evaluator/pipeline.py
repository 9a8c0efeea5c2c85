"""Samples in, verdicts out. What is pending is derived from the store: a crash loses nothing, nothing is judged twice.

Fresh samples come straight from intake; everything else (after a crash, an outage, a new judge) is found by a query.
The judges run in a thread with an event loop of its own, so that neither a slow pattern nor a slow model delays intake.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from evaluator.lane import Lane
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store import samples as sample_store
from store import verdicts as verdict_store
from store.errors import StoreUnavailable
from store.records import Clock, Sample, Verdict
from store.store import Store

log = structlog.get_logger(__name__)
T = TypeVar("T")

CHUNK = 200
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
        self._fresh = 0
        self._under_way: set[asyncio.Future[None]] = set()
        self._llm_slots = asyncio.Semaphore(settings.judge.concurrency)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="leadline-judges", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Cancels what is under way (it stays pending in the store) and ends the thread."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    def submit(self, samples: Sequence[Sample]) -> None:
        """Hands over freshly committed samples."""
        if self._fresh + len(samples) <= MAX_FRESH:
            self._fresh += len(samples)
            self._metrics.backlog.set(self._fresh)
            self._loop.call_soon_threadsafe(self._start_fresh, samples)

    async def judge(self, samples: Sequence[Sample]) -> int:
        """Judges these samples by every judge that wants them and has not judged them; the number of new verdicts."""
        return await self.run(self._judge_all(await asyncio.to_thread(self._unjudged, samples)))

    async def recover(self) -> int:
        """Judges what arrived within `pipeline.window_days` and still has no verdict; the number of new verdicts."""
        return await self.run(self._judge_pending(self._window_start()))

    async def drain(self) -> int:
        """Judges everything that is pending, however old, and waits for what is under way."""
        return await self.run(self._drain())

    def pending(self, lane: Lane) -> tuple[int, datetime | None]:
        """How many samples wait for the judge, and when the oldest of them arrived."""
        with self._store.read() as c:
            query = lane.pending(self._window_start(), CHUNK)
            return verdict_store.pending_count(c, query)

    def _window_start(self) -> datetime:
        return self._clock() - timedelta(days=self._settings.pipeline.window_days)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` in the judges' event loop, where their connections live."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _drain(self) -> int:
        await asyncio.gather(*self._under_way)
        return await self._judge_pending(BEGINNING)

    def _start_fresh(self, samples: Sequence[Sample]) -> None:
        task = asyncio.ensure_future(self._judge_fresh(samples))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _judge_fresh(self, samples: Sequence[Sample]) -> None:
        try:
            await self._judge_all([(lane, sample) for sample in samples for lane in self.lanes if lane.wants(sample)])
        except StoreUnavailable as error:
            log.warning("verdicts not stored; their samples stay pending", reason=str(error))
        finally:
            self._fresh -= len(samples)
            self._metrics.backlog.set(self._fresh)

    def _unjudged(self, samples: Sequence[Sample]) -> list[tuple[Lane, Sample]]:
        with self._store.read() as c:
            times = [sample.ts for sample in samples]
            ids = [sample.sample_id for sample in samples]
            known = verdict_store.of_samples(c, ids, from_ts=min(times), until_ts=max(times)) if ids else []
        judged = {(verdict.sample_id, verdict.judge, verdict.judge_version) for verdict in known}
        return [
            (lane, sample)
            for sample in samples
            for lane in self.lanes
            if lane.wants(sample) and (sample.sample_id, lane.judge.name, lane.judge.version) not in judged
        ]

    async def _judge_pending(self, since: datetime) -> int:
        return sum([await self._judge_lane(lane, since) for lane in self.lanes])

    async def _judge_lane(self, lane: Lane, since: datetime) -> int:
        """Chunk by chunk until nothing is left or the judge makes no headway."""
        total = 0
        while lane.available:
            done = await self._judge_all(
                [(lane, sample) for sample in await asyncio.to_thread(self._next, lane, since)]
            )
            total += done
            if not done:
                break
        return total

    def _next(self, lane: Lane, since: datetime) -> list[Sample]:
        with self._store.read() as c:
            keys = verdict_store.pending(c, lane.pending(since, CHUNK))
            return sample_store.load(c, keys)

    async def _judge_all(self, work: Sequence[tuple[Lane, Sample]]) -> int:
        slow = [item for item in work if item[0].judge.kind == "llm"]
        verdicts = [await lane.verdict(sample) for lane, sample in work if lane.judge.kind != "llm"]
        stored = await self._keep(verdicts)
        stored += sum(await asyncio.gather(*(self._judge_slow(lane, sample) for lane, sample in slow)))
        return stored

    async def _judge_slow(self, lane: Lane, sample: Sample) -> int:
        """An LLM verdict is committed by itself, as soon as it is paid for."""
        async with self._llm_slots:
            return await self._keep([await lane.verdict(sample)])

    async def _keep(self, verdicts: Sequence[Verdict | None]) -> int:
        given = [verdict for verdict in verdicts if verdict is not None]
        if not given:
            return 0
        stored = await asyncio.wrap_future(self._store.append_verdicts(given))
        for verdict in given:
            self._metrics.verdicts.labels(judge=verdict.judge, status=verdict.status).inc()
        return sum(stored)
