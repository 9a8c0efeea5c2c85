"""The sweep that deletes texts: those that are too old, and those that the settings no longer keep."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from evaluator.settings import Settings
from store import retention as texts
from store import samples as sample_store
from store.database import Connection
from store.records import Clock, Sample, TextState
from store.retention import Passable
from store.samples import EARLIEST, Key
from store.store import Store

log = structlog.get_logger(__name__)
T = TypeVar("T")

CHUNK = 1_000
PATIENCE = timedelta(hours=1)
"""How long a text waits for its judges where only failures are kept."""
BATCH_PATIENCE = timedelta(days=3)
"""As PATIENCE, where a judge waits for the night, and then up to a day for its batch, and perhaps for another one."""
PIECE = 64 * 1024
PIECES = 512
MOST_FILLED = 1024 * 1024 * 1024

Wanted = Callable[[Sample], Iterable[tuple[str, str]]]
"""The judges (name, version) whose verdict on a sample is still to come or has come."""


@dataclass(slots=True)
class Swept:
    """What one sweep took away: texts of samples by reason, explanations and comments by themselves, alerts' quotes."""

    expired: int = 0
    passed: int = 0
    withheld: int = 0
    explanations: int = 0
    comments: int = 0
    alerts: int = 0

    @property
    def total(self) -> int:
        """How many things were changed."""
        return sum(getattr(self, field.name) for field in fields(self))


class Retention:
    """Sweeps in small writes, so that intake goes on beside it; whatever interrupts it, the next sweep goes on."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, wanted: Wanted, patience: timedelta = PATIENCE
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._wanted = wanted
        self._patience = patience

    async def sweep(self) -> Swept:
        """Deletes what is due; says how much that was."""
        swept, now = Swept(), self._clock()
        features = await self._read(sample_store.features)
        for days, names in self._by_days(features).items():
            before = now - timedelta(days=days)
            swept.expired += await self._delete_before(names, before, TextState.EXPIRED)
            swept.explanations += await self._delete_explanations(names, before)
        kept = {name: self._settings.text_of(name).keep for name in features}
        none = [name for name, keep in kept.items() if keep == "none"]
        swept.withheld = await self._delete_before(none, now + timedelta(days=1), TextState.WITHHELD)
        swept.passed = await self._delete_passed([name for name, keep in kept.items() if keep == "failures"], now)
        longest = max((self._settings.text_of(name).days for name in features), default=self._settings.text.days)
        swept.comments = await self._write(partial(texts.delete_comments, before=now - timedelta(days=longest)))
        swept.alerts = await self._unquote()
        if swept.total:
            await asyncio.to_thread(self._store.checkpoint)
            log.info("texts deleted", **{field.name: getattr(swept, field.name) for field in fields(swept)})
        return swept

    async def scrub(self) -> int:
        """Overwrites the free space of the file, in which deleted texts can still stand; how many bytes.

        At most MOST_FILLED at a time: more than that is soon written over by new samples anyway.
        """
        await asyncio.to_thread(self._store.checkpoint)
        wanted = min(await self._read(texts.free_bytes), MOST_FILLED)
        filled = 0
        try:
            while filled < wanted:
                pieces = [os.urandom(PIECE) for _ in range(min(PIECES, -(-(wanted - filled) // PIECE)))]
                await self._write(partial(texts.fill, pieces=pieces))
                filled += len(pieces) * PIECE
            await asyncio.to_thread(self._store.checkpoint)
        finally:
            await self._write(texts.drop_filler)
        await asyncio.to_thread(self._store.checkpoint)
        return filled

    async def _delete_before(self, features: list[str], before: datetime, state: TextState) -> int:
        total = 0
        while features:
            keys = await self._read(partial(texts.texts_before, features=features, before=before, limit=CHUNK))
            total += await self._delete(keys, state)
            if len(keys) < CHUNK:
                break
        return total

    async def _delete_explanations(self, features: list[str], before: datetime) -> int:
        total = 0
        delete = partial(texts.delete_explanations, features=features, before=before, limit=CHUNK)
        while deleted := await self._write(delete):
            total += deleted
        return total

    async def _delete_passed(self, features: list[str], now: datetime) -> int:
        """Deletes what no judge failed, once every judge that wants it has judged it, or it has waited long enough."""
        total, after = 0, (EARLIEST, "")
        while features:
            found = await self._read(partial(texts.passable, features=features, after=after, limit=CHUNK))
            done = [
                one.sample for one in found if one.sample.received_at <= now - self._patience or self._is_judged(one)
            ]
            total += await self._delete([(sample.sample_id, sample.ts) for sample in done], TextState.WITHHELD)
            if len(found) < CHUNK:
                break
            after = (found[-1].sample.received_at, found[-1].sample.sample_id)
        return total

    def _is_judged(self, one: Passable) -> bool:
        return one.judged_by.issuperset(self._wanted(one.sample))

    async def _delete(self, keys: list[Key], state: TextState) -> int:
        return await self._write(partial(texts.delete_texts, keys=keys, state=state)) if keys else 0

    async def _unquote(self) -> int:
        quoting = await self._read(texts.quoting_alerts)
        for alert_id, evidence in quoting.items():
            await self._write(partial(texts.set_evidence, alert_id=alert_id, evidence=evidence))
        return len(quoting)

    def _by_days(self, features: Iterable[str]) -> dict[float, list[str]]:
        grouped: dict[float, list[str]] = defaultdict(list)
        for name in features:
            grouped[self._settings.text_of(name).days].append(name)
        return grouped

    async def _read(self, question: Callable[[Connection], T]) -> T:
        def ask() -> T:
            with self._store.read() as c:
                return question(c)

        return await asyncio.to_thread(ask)

    async def _write(self, operation: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.run(operation))
