"""Parts in, samples out: what was acknowledged is on the disk, what is settled is settled once.

Nothing is held in memory between the two but text that must not reach the disk: after a restart, what is due is found
by a query, as it is every second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from evaluator.intake.accept import Intake
from evaluator.intake.parts import Part
from evaluator.intake.protection import Redactor
from evaluator.intake.rows import Rows
from evaluator.intake.settlement import Assembler, Settlement
from evaluator.intake.withheld import Withheld
from evaluator.settings import Settings
from store import parts as part_store
from store.errors import StoreError, StoreUnavailable
from store.parts import DueGroup, Patience
from store.records import Clock, Outcome
from store.store import Store

log = structlog.get_logger(__name__)

MAX_PARTS = 2000
MAX_BYTES = 16_000_000
"""What is assembled at a time: parts, and characters of their JSON."""
MAX_GROUPS = 5_000
FEW, SMALL = 4, 100_000
"""So many parts, of so many bytes, are redacted without a thread: more would keep others waiting."""
TIDY = timedelta(minutes=1)
WITHHELD_BYTES = 64_000_000
POISON = (StoreError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What a part could do to us that nobody has thought of: it must not keep the others from being settled."""
OnLost = Callable[[str, int], object]


class Settler:
    """Takes parts of calls in durably, and makes samples of those that are due.

    `on_lost` is told what had to be given up, in a word, and how much of it.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        redactor: Redactor,
        intake: Intake,
        *,
        on_lost: OnLost = lambda _what, _n: None,
    ) -> None:
        self._store = store
        self._settings = settings.intake
        self._clock = clock
        self._intake = intake
        self._on_lost = on_lost
        self._withheld = Withheld(WITHHELD_BYTES)
        self._rows = Rows(settings.intake, redactor, intake.policy.withholds, self._withheld)
        self._assembler = Assembler(store, redactor, intake, self._withheld)
        self._one_at_a_time = asyncio.Lock()
        self._tidied_at: datetime | None = None

    async def add(self, parts: Sequence[Part], size: int = 0) -> None:
        """Returns when the parts are durable; StoreUnavailable when they cannot be now. `size`: bytes they came in."""
        if not parts:
            return
        made = partial(self._rows.of, parts, self._clock())
        rows = await asyncio.to_thread(made) if len(parts) > FEW or size > SMALL else made()
        try:
            await asyncio.shield(asyncio.wrap_future(self._store.append_parts(rows)))
        except StoreError:
            self._withheld.forget((row.group_id, row.part_id) for row in rows)
            raise

    async def settle(self, now: datetime | None = None) -> int:
        """Makes samples of all that is due; how many were kept. StoreError when the store cannot tell or take them."""
        async with self._one_at_a_time:
            at = now or self._clock()
            kept = 0
            await asyncio.to_thread(self._store.fold_parts)
            while True:
                groups = await asyncio.to_thread(self._due, at)
                settled = [await self._settle(chunk, at) for chunk in _chunks(groups)]
                kept += sum(new for new, _ in settled)
                if len(groups) < MAX_GROUPS or not any(done for _, done in settled):
                    break
            await self._tidy(at)
            return kept

    def _due(self, now: datetime) -> list[DueGroup]:
        patience = Patience(
            now=now,
            settled_before=now - timedelta(seconds=self._settings.settle_seconds),
            open_before=now - timedelta(seconds=max(self._settings.open_seconds, self._settings.settle_seconds)),
            longest_before=now - timedelta(seconds=self._settings.max_seconds),
        )
        with self._store.read() as c:
            return part_store.due(c, patience, MAX_GROUPS)

    async def _settle(self, groups: Sequence[DueGroup], now: datetime) -> tuple[int, int]:
        """How many samples were kept of these groups, and how many parts dealt with.

        The groups share a transaction; when one of them cannot be stored, it is found by halving.
        """
        until = now - timedelta(seconds=self._settings.settle_seconds)
        try:
            return await self._write(await asyncio.to_thread(self._assembler.settlement, groups, until, now))
        except StoreUnavailable:
            raise
        except POISON as error:
            if len(groups) > 1:
                middle = len(groups) // 2
                each = [await self._settle(some, now) for some in (groups[:middle], groups[middle:])]
                return sum(kept for kept, _ in each), sum(done for _, done in each)
            given_up = await asyncio.to_thread(self._assembler.given_up, groups, until, now)
            kind = type(error).__name__
            log.error("a call cannot be stored: its parts are given up", parts=len(given_up.done), error=kind)
            return await self._write(given_up)

    async def _write(self, settlement: Settlement) -> tuple[int, int]:
        if not settlement.done:
            return 0, 0
        # Shielded: a stop takes back nothing; what judges then do not hear of they find by asking the store.
        outcomes = await asyncio.shield(asyncio.wrap_future(self._store.run_numbered(settlement.write)))
        self._intake.pass_on(settlement.samples, outcomes)
        self._intake.tell([*outcomes, *settlement.outcomes])
        self._withheld.forget(name for name in settlement.done.values() if name)
        for what, n in settlement.lost.items():
            self._on_lost(what, n)
        return outcomes.count(Outcome.ACCEPTED), len(settlement.done)

    async def _tidy(self, now: datetime) -> None:
        if self._tidied_at is not None and now - self._tidied_at < TIDY:
            return
        before = now - timedelta(hours=self._settings.remember_hours)
        await asyncio.wrap_future(self._store.run(partial(part_store.prune, now=now, settled_before=before)))
        self._tidied_at = now


def _chunks(groups: Sequence[DueGroup]) -> Iterator[list[DueGroup]]:
    """Groups that can be assembled together; one that is too large is by itself."""
    chunk: list[DueGroup] = []
    parts = size = 0
    for group in groups:
        if chunk and (parts + group.n > MAX_PARTS or size + group.size > MAX_BYTES):
            yield chunk
            chunk, parts, size = [], 0, 0
        chunk.append(group)
        parts, size = parts + group.n, size + group.size
    if chunk:
        yield chunk
