"""Samples in, verdicts out. What is pending is derived from the store: a crash loses nothing, nothing is judged twice.

Fresh samples come straight from intake; everything else (after a crash, an outage, a new judge) is found by a query.
The judges run in a thread with an event loop of its own, so that neither a slow pattern nor a slow model delays intake.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from evaluator.judging import Judging, version_of, without
from evaluator.lane import Lane, key_of
from evaluator.ledger import Ledger
from evaluator.owed import Span
from evaluator.recovery import Recovery
from evaluator.redact.keep import TextPolicy
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from judges.judge import Closing
from store.records import Clock, Sample, Verdict
from store.store import Store

T = TypeVar("T")

MAX_FRESH = 20_000
MAX_FRESH_CHARACTERS = 32_000_000
"""Fresh samples and their text held in memory; beyond it they wait in the store and the recovery finds them."""
BEGINNING, ENDING = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class Pipeline:
    """The judges' workers. Start it once; `submit` never blocks, `judge` and `drain` wait for the verdicts' commit."""

    def __init__(self, store: Store, lanes: Sequence[Lane], settings: Settings, clock: Clock, metrics: Metrics) -> None:
        self.lanes = lanes
        self._store = store
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        places = settings.judge.concurrency
        self._ledger = Ledger(store, TextPolicy(settings), metrics, places)
        self._judging = Judging(store, self._ledger, lanes, places)
        self._fresh = 0
        self._fresh_characters = 0
        self._under_way: set[asyncio.Future[None]] = set()
        self._recovering: set[Lane] = set()
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
        wanted = [(lane, sample) for sample in samples for lane in self.lanes if lane.takes(sample)]
        judged = await asyncio.to_thread(self._judging.judged, [key_of(sample) for sample in samples])
        return await self.run(self._committed(self._judging.judge(without(wanted, judged))))

    async def recover(self) -> int:
        """Judges what arrived within `pipeline.window_days` and still has no verdict; the number of new verdicts.

        A judge that another call is still busy with is left to it: a slow one must not keep the others waiting.
        """
        return await self.run(self._committed(self._recover(Span(self.window_start(), self._clock()))))

    async def drain(self) -> int:
        """Judges everything that is pending, however old, and waits for what is under way."""
        return await self.run(self._committed(self._drain()))

    async def conclude(self) -> int:
        """Judges all conversations that are owed a verdict as if they were over: nothing more is to come."""
        lanes = [lane for lane in self.lanes if lane.live and lane.quiet is not None]
        return await self.run(self._committed(self._all(lanes, Span(BEGINNING, ENDING))))

    async def keep(self, verdicts: Sequence[Verdict]) -> int:
        """Commits verdicts that came about elsewhere, in the judges' event loop; how many were stored and new."""
        return sum(await self._ledger.keep(verdicts))

    def wanted(self, sample: Sample) -> list[tuple[str, str]]:
        """The judges that judge this sample, by name and version."""
        return [version_of(lane) for lane in self.lanes if lane.wants(sample)]

    def window_start(self) -> datetime:
        """From when on samples that still lack a verdict are looked for."""
        return self._clock() - timedelta(days=self._settings.pipeline.window_days)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` in the judges' event loop, where their connections live."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _end_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task(), self._ledger.task}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._ledger.close()
        await asyncio.gather(*(lane.judge.close() for lane in self.lanes if isinstance(lane.judge, Closing)))

    async def _committed(self, work: Coroutine[Any, Any, int]) -> int:
        verdicts = await work
        await self._ledger.fold()
        return verdicts

    async def _drain(self) -> int:
        await asyncio.gather(*self._under_way)
        return await self._all([lane for lane in self.lanes if lane.live], Span(BEGINNING, self._clock()))

    async def _all(self, lanes: Sequence[Lane], span: Span) -> int:
        return sum(await asyncio.gather(*(self._owed_by(lane, span) for lane in lanes)))

    async def _recover(self, span: Span) -> int:
        lanes = [lane for lane in self.lanes if lane.live and lane not in self._recovering]
        return sum(await asyncio.gather(*(self._recover_lane(lane, span) for lane in lanes)))

    async def _recover_lane(self, lane: Lane, span: Span) -> int:
        self._recovering.add(lane)
        try:
            return await self._owed_by(lane, span)
        finally:
            self._recovering.discard(lane)

    async def _owed_by(self, lane: Lane, span: Span) -> int:
        return await Recovery(self._store, self._ledger, self._judging, lane, span).run()

    def _start_fresh(self, samples: Sequence[Sample]) -> None:
        characters = sum(sample.characters for sample in samples)
        if self._fresh + len(samples) > MAX_FRESH or self._fresh_characters + characters > MAX_FRESH_CHARACTERS:
            return
        self._count_fresh(len(samples), characters)
        task = asyncio.ensure_future(self._judge_fresh(samples, characters))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _judge_fresh(self, samples: Sequence[Sample], characters: int) -> None:
        try:
            work = [(lane, sample) for sample in samples for lane in self.lanes if lane.takes(sample)]
            await self._judging.judge(work)
        finally:
            self._count_fresh(-len(samples), -characters)

    def _count_fresh(self, more: int, characters: int) -> None:
        self._fresh += more
        self._fresh_characters += characters
        self._metrics.backlog.set(self._fresh)
