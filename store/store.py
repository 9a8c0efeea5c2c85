"""The door to the database: reads from any thread, writes through one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from store.database import Connection, Database
from store.errors import StoreUnavailable
from store.journal import PARTS, VERDICTS, Journal
from store.parts import PartRow
from store.records import Clock, Outcome, Sample, TrafficCount, Verdict
from store.samples import Key
from store.verdicts import Identity, identity, known
from store.writer import Work, Writer

T = TypeVar("T")

MB = 1024 * 1024
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait, how much disk stays free, and how long the log grows before it is folded into the file."""

    max_queued_rows: int = 100_000
    reserve_bytes: int = 512 * MB
    checkpoint_bytes: int = 64 * MB


USUAL = Limits()


class Store:
    """One open database. A write answers with a future: done after the commit, failed when nothing was written.

    The reading functions and the writes for `run` live in store.samples, verdicts, parts, rollup, monitors and alerts.
    """

    def __init__(self, database: Database, writer: Writer, limits: Limits) -> None:
        self._database = database
        self._writer = writer
        self._limits = limits
        self._full, self._look_again_at = False, 0.0
        self._journal = Journal(database.path, PARTS, self._insert_parts) if database.path else None
        self._notes = Journal(database.path, VERDICTS, self.append_verdicts) if database.path else None

    @classmethod
    def open(cls, path: Path | None, *, clock: Clock, limits: Limits = USUAL) -> Store:
        """Open the file, made when missing (None: in memory). DatabaseLocked, NotALeadlineDatabase, StoreError."""
        database = Database(path, clock, limits.checkpoint_bytes)
        database.open()
        with ExitStack() as undo:
            undo.callback(database.close)
            writer = Writer(database, max_queued_rows=limits.max_queued_rows)
            writer.start()
            undo.callback(writer.close)
            store = cls(database, writer, limits)
            undo.pop_all()
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> AbstractContextManager[Connection]:
        """A cursor for reading; give it back soon."""
        return self._database.read()

    def append_samples(self, samples: Sequence[Sample], traffic: Sequence[TrafficCount] = ()) -> Future[list[Outcome]]:
        """ACCEPTED or DUPLICATE per sample, in order. StoreUnavailable when the disk is nearly full."""
        return (self._refused() if samples else None) or self._writer.submit(Work(samples=samples, traffic=traffic))

    def append_parts(self, parts: Sequence[PartRow]) -> Future[object]:
        """Parts of calls, to be settled later: durable when done, in the database after the next `fold_parts`."""
        if self._journal is None:
            return self._insert_parts(parts)
        return self._refused() or self._journal.append(parts)

    def fold_parts(self) -> None:
        """Brings the parts that are durable into the database. StoreUnavailable: they stay durable beside it."""
        if self._journal is not None:
            self._journal.fold()

    def unfolded_parts(self) -> int:
        """How many parts are durable and not in the database yet."""
        return self._journal.unfolded() if self._journal else 0

    def append_verdicts(self, verdicts: Sequence[Verdict]) -> Future[list[bool]]:
        """True per verdict that was stored, False where this judge version had judged the sample already."""
        return self._writer.submit(Work(verdicts=verdicts))

    def note_verdicts(self, verdicts: Sequence[Verdict]) -> Future[Any]:
        """Verdicts that were paid for: durable when done, in the database after the next `fold_verdicts`."""
        return self._notes.append(verdicts) if self._notes else self.append_verdicts(verdicts)

    def fold_verdicts(self) -> None:
        """Brings the verdicts that are durable into the database. StoreUnavailable: they stay durable beside it."""
        if self._notes and self._notes.unfolded():
            self._notes.fold()

    def judged(self, keys: Sequence[Key]) -> set[Identity]:
        """The verdicts on these samples, in the database or beside it; there may be some on others, too."""
        # In this order: what is brought over in between is found twice, and not missed.
        noted = {identity(verdict) for verdict in (*self._notes.rows(), *self._notes.refused)} if self._notes else set()
        with self.read() as c:
            return noted | known(c, keys)

    def run(self, operation: Callable[[Connection], T]) -> Future[T]:
        """Any other write, inside a transaction; it may be run twice when the first try fails."""
        return self._writer.submit(Work(operation=operation))

    def run_numbered(self, operation: Callable[[Connection, int], tuple[T, int]]) -> Future[T]:
        """As `run`, for a write that stores verdicts itself: it gets the last number, answers with the last it used."""
        return self._writer.submit(Work(numbered=operation))

    def _refused(self) -> Future[Any] | None:
        """What comes from outside is refused when it would fill the disk."""
        if not self.nearly_full():
            return None
        refusal: Future[Any] = Future()
        refusal.set_exception(StoreUnavailable("the disk is nearly full: free some space"))
        return refusal

    def _insert_parts(self, parts: Sequence[PartRow]) -> Future[object]:
        return self._writer.submit(Work(parts=parts))

    def queue_length(self) -> int:
        """How many requests wait to be written."""
        return self._writer.length()

    def checkpoint(self) -> None:
        """Fold the log into the file now; nothing happens while a write is under way."""
        self._database.checkpoint()

    def close(self) -> None:
        """Write what is queued, fold the log into the file and let it go."""
        for journal in (self._journal, self._notes):
            if journal is not None:
                journal.close()
        self._writer.close()
        self._database.checkpoint()
        self._database.close()

    def free_bytes(self) -> int | None:
        """Bytes free where the file lies; None in memory."""
        return self._database.free_bytes()

    def least_free_bytes(self) -> int:
        """With less room than this, samples are refused."""
        return max(self._limits.reserve_bytes, 2 * self._database.log_bytes())

    def size_bytes(self) -> int | None:
        """Bytes of the file and its log; None in memory."""
        return self._database.size_bytes()

    def nearly_full(self) -> bool:
        """Whether samples are refused: a checkpoint needs room beside the log; a full disk would stop everything."""
        if time.monotonic() >= self._look_again_at:
            free = self._database.free_bytes()
            self._full = free is not None and free < self.least_free_bytes()
            # A disk that has room is not filled in a moment; one that has none is asked about each time.
            self._look_again_at = time.monotonic() + (0 if self._full else LOOK_SECONDS)
        return self._full
