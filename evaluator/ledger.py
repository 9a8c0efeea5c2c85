"""Verdicts on their way into the store. Those that are paid for are durable at once, and in the database soon after."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from evaluator.redact.keep import TextPolicy
from evaluator.rounds import Rounds
from evaluator.telemetry import Metrics
from store.errors import StoreError, StoreUnavailable
from store.records import Verdict
from store.store import Store

log = structlog.get_logger(__name__)

NOTE_SECONDS = 0.0001
"""How long a paid verdict waits for others to be noted together, per place: the more places, the more will come."""
FOLD_SECONDS = 1.0
"""How long noted verdicts wait for others: a commit costs 5 ms of work, for one as for hundreds."""
RETRY_SECONDS = 10.0


class Ledger:
    """Stores verdicts and counts them. What cannot be stored is told to the log; its samples stay pending."""

    def __init__(self, store: Store, policy: TextPolicy, metrics: Metrics, places: int) -> None:
        self._store = store
        self._policy = policy
        self._metrics = metrics
        self._notes = Rounds(self._note, linger_seconds=NOTE_SECONDS * places)
        self._fold_at: asyncio.TimerHandle | None = None
        self._folding: asyncio.Task[None] | None = None

    async def note(self, verdict: Verdict) -> bool:
        """A verdict that nobody else can have stored; True when it is durable. Also for a caller that goes away."""
        return await self._notes.add(verdict)

    async def keep(self, verdicts: Sequence[Verdict]) -> list[bool]:
        """Commits the verdicts; True for each that is stored and new."""
        given = [self._policy.explained(verdict) for verdict in verdicts]
        if not given:
            return []
        try:
            # Shielded: a stop does not take back what is judged.
            stored = await asyncio.shield(asyncio.wrap_future(self._store.append_verdicts(given)))
        except StoreError as error:
            if len(given) > 1 and not isinstance(error, StoreUnavailable):
                # One of them is the reason; the others shall not suffer for it.
                return [new for verdict in given for new in await self.keep([verdict])]
            log.warning("verdicts not stored; their samples stay pending", verdicts=len(given), reason=str(error))
            return [False] * len(given)
        self._count(given, stored)
        return stored

    async def fold(self) -> None:
        """Brings what is noted into the database."""
        try:
            await asyncio.to_thread(self._store.fold_verdicts)
        except StoreError as error:
            log.warning("verdicts are kept beside the database for now", reason=str(error))
            self._fold_soon(RETRY_SECONDS)

    async def close(self) -> None:
        """Waits until all is noted; the store brings it over when it is closed, or opened again."""
        if self._fold_at:
            self._fold_at.cancel()
        if self._notes.task:
            await self._notes.task

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What is being noted: not to be cancelled."""
        return self._notes.task

    async def _note(self, verdicts: Sequence[Verdict]) -> list[bool]:
        given = [self._policy.explained(verdict) for verdict in verdicts]
        try:
            await asyncio.wrap_future(self._store.note_verdicts(given))
        except StoreError:
            return await self.keep(verdicts)
        self._count(given, [True] * len(given))
        self._fold_soon()
        return [True] * len(given)

    def _count(self, verdicts: Sequence[Verdict], stored: Sequence[bool]) -> None:
        for verdict, is_new in zip(verdicts, stored, strict=True):
            self._metrics.verdicts.labels(judge=verdict.judge, status=verdict.status).inc(is_new)

    def _fold_soon(self, seconds: float = FOLD_SECONDS) -> None:
        if self._fold_at is None:
            self._fold_at = asyncio.get_running_loop().call_later(seconds, self._fold_now)

    def _fold_now(self) -> None:
        self._fold_at = None
        self._folding = asyncio.create_task(self.fold())
