"""The door to the database: reads from any thread, writes through one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from store.database import Connection, Database
from store.errors import StoreUnavailable
from store.records import Clock, Outcome, Sample, TrafficCount, Verdict
from store.writer import Work, Writer

T = TypeVar("T")

MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may wait, how much disk stays free, and how long the log grows before it is folded into the file."""

    max_queued_rows: int = 100_000
    reserve_bytes: int = 512 * MB
    checkpoint_bytes: int = 64 * MB


USUAL = Limits()


class Store:
    """One open database. A write answers with a future: done after the commit, failed when nothing was written.

    The reading functions and the writes for `run` live in store.samples, verdicts, rollup, monitors and alerts.
    """

    def __init__(self, database: Database, writer: Writer, limits: Limits) -> None:
        self._database = database
        self._writer = writer
        self._limits = limits

    @classmethod
    def open(cls, path: Path | None, *, clock: Clock, limits: Limits = USUAL) -> Store:
        """Open the file, made when missing (None: in memory). DatabaseLocked, NotALeadlineDatabase, StoreError."""
        database = Database(path, clock, limits.checkpoint_bytes)
        database.open()
        writer = Writer(database, max_queued_rows=limits.max_queued_rows)
        writer.start()
        return cls(database, writer, limits)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> AbstractContextManager[Connection]:
        """A cursor for reading; give it back soon."""
        return self._database.read()

    def append_samples(self, samples: Sequence[Sample], traffic: Sequence[TrafficCount] = ()) -> Future[list[Outcome]]:
        """ACCEPTED or DUPLICATE per sample, in order. StoreUnavailable when the disk is nearly full."""
        work = Work(samples=samples, traffic=traffic)
        if samples and self._nearly_full():
            work.future.set_exception(StoreUnavailable("the disk is nearly full: free some space"))
            return work.future
        return self._writer.submit(work)

    def append_verdicts(self, verdicts: Sequence[Verdict]) -> Future[list[bool]]:
        """True per verdict that was stored, False where this judge version had judged the sample already."""
        return self._writer.submit(Work(verdicts=verdicts))

    def run(self, operation: Callable[[Connection], T]) -> Future[T]:
        """Any other write, inside a transaction; it may be run twice when the first try fails."""
        return self._writer.submit(Work(operation=operation))

    def queue_length(self) -> int:
        """How many requests wait to be written."""
        return self._writer.length()

    def close(self) -> None:
        """Write what is queued, fold the log into the file and let it go."""
        self._writer.close()
        self._database.checkpoint()
        self._database.close()

    def _nearly_full(self) -> bool:
        """A checkpoint needs room beside the log; a full disk would stop everything."""
        free = self._database.free_bytes()
        return free is not None and free < max(self._limits.reserve_bytes, 2 * self._database.log_bytes())
