"""Exports verdicts in the order of their numbers, at least once, from a watermark that outlives the process.

The watermark moves when the backend takes a request. A request that it refuses for what it holds is halved until one
verdict is left; that one is passed over, and the watermark follows with the next verdict that is taken. So a backend
that refuses everything (a wrong address) costs nothing: after a restart with the right one, all is sent again. Every
other answer leaves things as they are, to be tried again, later each time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial

import structlog

from evaluator.export import events
from evaluator.export.target import Answer, Fate, Target
from evaluator.settings import ExportSettings
from evaluator.telemetry import Metrics
from store import export as export_store
from store.database import Connection
from store.export import Numbered
from store.feedback import KIND as FEEDBACK
from store.records import Clock, Status
from store.store import Store

log = structlog.get_logger(__name__)

BATCH = 500
FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 300.0
LONGEST_ASKED_SECONDS = 3600.0
REFUSALS_AT_ONCE = 100
"""So many verdicts refused one by one, and the rest waits for the next turn: nobody's server is hammered."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The next verdicts: how many are sent, how many were looked at, the last one's number, and the request."""

    sent: int
    read: int
    last_seq: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the export goes: counts since the start, what is owed, and why it fails ("" when it does not).

    `passed_over` were refused one by one since a verdict was taken last; they are among those waiting.
    """

    host: str
    sent: int
    refused: int
    passed_over: int
    waiting: int
    oldest_at: datetime | None
    why: str


class Exporter:
    """Sends what is owed to one target. One call at a time."""

    def __init__(
        self,
        store: Store,
        target: Target,
        settings: ExportSettings,
        *,
        version: str,
        clock: Clock,
        rng: random.Random,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._target = target
        self._settings = settings
        self._version = version
        self._clock = clock
        self._rng = rng
        self._metrics = metrics
        self._read_until: int | None = None
        self._most = BATCH
        self._failures = 0
        self._rests_until: datetime | None = None
        self._sent = self._refused = self._passed_over = 0
        self._why = ""

    async def begin(self) -> None:
        """Verdicts from now on are owed, and those that were owed before."""
        await self._write(export_store.begin)

    async def export(self) -> int:
        """Sends what is owed until nothing is left or the backend is away; how many verdicts it took."""
        if self._rests_until is not None and self._clock() < self._rests_until:
            return 0
        taken, refused = 0, self._refused
        while self._refused - refused < REFUSALS_AT_ONCE and (batch := await asyncio.to_thread(self._next)):
            answer = await self._target.send(batch.body) if batch.sent else Answer(Fate.TAKEN)
            if answer.fate is Fate.AWAY:
                self._rest(answer)
                break
            if answer.fate is Fate.REFUSED:
                self._halve_or_pass_over(batch, answer)
            else:
                taken += await self._take(batch, answer)
        self._metrics.export_waiting.set(await asyncio.to_thread(self._count_waiting))
        return taken

    def standing(self, c: Connection) -> Standing:
        """How it goes, as of what the store says now."""
        waiting, oldest_at = export_store.waiting(c)
        return Standing(
            host=self._target.host,
            sent=self._sent,
            refused=self._refused,
            passed_over=self._passed_over,
            waiting=waiting,
            oldest_at=oldest_at,
            why=self._why,
        )

    def _next(self) -> Batch | None:
        with self._store.read() as c:
            after = export_store.watermark(c) if self._read_until is None else self._read_until
            found = [] if after is None else export_store.following(c, after, self._most)
        if not found:
            return None
        wanted = [verdict for verdict in found if self._wants(verdict)]
        body = events.request(wanted, version=self._version, explanations=self._settings.explanations)
        return Batch(sent=len(wanted), read=len(found), last_seq=found[-1].seq, body=body)

    def _wants(self, verdict: Numbered) -> bool:
        """A judge that did not apply evaluated nothing; feedback is known to whoever sent it."""
        return (
            verdict.status is not Status.SKIPPED
            and (self._settings.feedback or verdict.kind != FEEDBACK)
            and any(fnmatchcase(verdict.feature, pattern) for pattern in self._settings.features)
        )

    async def _take(self, batch: Batch, answer: Answer) -> int:
        self._read_until = batch.last_seq
        if batch.sent:
            self._go_on(batch, answer)
        if not self._passed_over:
            await self._write(partial(export_store.advance, seq=batch.last_seq))
        return batch.sent

    def _go_on(self, batch: Batch, answer: Answer) -> None:
        if self._why:
            log.info("export goes on", target=self._target.host)
        self._why, self._failures, self._passed_over, self._rests_until = "", 0, 0, None
        self._most = min(2 * self._most, BATCH)
        rejected = min(answer.rejected, batch.sent)
        self._sent += batch.sent
        self._metrics.exported.labels(outcome="sent").inc(batch.sent - rejected)
        if rejected:
            log.warning("the backend took a request and left out verdicts of it", n=rejected, target=self._target.host)
            self._metrics.exported.labels(outcome="rejected").inc(rejected)

    def _halve_or_pass_over(self, batch: Batch, answer: Answer) -> None:
        if batch.sent > 1:
            self._most = max(batch.read // 2, 1)
            return
        if not self._passed_over:
            log.warning("verdict not exported", seq=batch.last_seq, target=self._target.host, reason=answer.why)
        self._read_until, self._why = batch.last_seq, answer.why
        self._refused += 1
        self._passed_over += 1
        self._metrics.exported.labels(outcome="refused").inc()

    def _rest(self, answer: Answer) -> None:
        """Full jitter: anything up to the doubling limit, but not before the time the backend asked for."""
        if answer.why != self._why:
            log.warning("export waits", target=self._target.host, reason=answer.why)
        limit = min(FIRST_WAIT_SECONDS * 2 ** min(self._failures, 10), LONGEST_WAIT_SECONDS)
        wait = max(self._rng.uniform(0.0, limit), min(answer.retry_after_seconds, LONGEST_ASKED_SECONDS))
        self._failures += 1
        self._why = answer.why
        self._rests_until = self._clock() + timedelta(seconds=wait)

    def _count_waiting(self) -> int:
        with self._store.read() as c:
            return export_store.waiting(c)[0]

    async def _write(self, operation: Callable[[Connection], object]) -> None:
        await asyncio.wrap_future(self._store.run(operation))
