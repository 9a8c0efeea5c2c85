"""The one thread that writes: whatever queued up during the last commit becomes the next one.

Nothing waits for a timer, so a lone request commits at once and a crowd shares one commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any

import duckdb

from store import queries
from store.append import append_parts, append_samples, append_traffic, append_verdicts
from store.database import Connection, Database
from store.errors import StoreError, StoreUnavailable
from store.parts import PartRow
from store.records import Sample, TrafficCount, Verdict

MAX_GROUP_ROWS = 20_000
_BROKEN = (
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.ConnectionException,
)


@dataclass(slots=True, eq=False, kw_only=True)
class Work:
    """What one caller wants written, and the future that tells it."""

    samples: Sequence[Sample] = ()
    traffic: Sequence[TrafficCount] = ()
    verdicts: Sequence[Verdict] = ()
    parts: Sequence[PartRow] = ()
    operation: Callable[[Connection], Any] | None = None
    numbered: Callable[[Connection, int], tuple[Any, int]] | None = None
    future: Future[Any] = field(default_factory=Future)

    @property
    def rows(self) -> int:
        return max(1, len(self.samples) + len(self.traffic) + len(self.verdicts) + len(self.parts))


class Transaction:
    """The end of a transaction: commits, or rolls back and keeps the error for those who wait for the outcome."""

    def __init__(self, c: Connection) -> None:
        self._c = c
        self.error: BaseException | None = None

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        try:
            self._c.rollback() if error else self._c.commit()
        except duckdb.Error as failure:
            # A failed begin or commit leaves nothing to roll back: the first error is the one that counts.
            self.error = error or failure
        return True


class Writer:
    """Takes work from any thread, commits it in groups and answers through the work's future."""

    def __init__(self, database: Database, *, max_queued_rows: int) -> None:
        self._database = database
        self._max_queued_rows = max_queued_rows
        self._queue: deque[Work] = deque()
        self._queued_rows = 0
        self._refusal = ""
        self._changed = threading.Condition()
        self._cursor: Connection | None = None
        self._seq = 0
        self._thread = threading.Thread(target=self._run, name="leadline-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._cursor = self._connect()
        self._thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """Queue the work. Its future fails with StoreUnavailable when the queue is full, closed or dead."""
        with self._changed:
            if self._refusal:
                work.future.set_exception(StoreUnavailable(self._refusal))
            elif self._queue and self._queued_rows + work.rows > self._max_queued_rows:
                work.future.set_exception(StoreUnavailable("too much is waiting to be written", retry_after_seconds=1))
            else:
                self._queue.append(work)
                self._queued_rows += work.rows
                self._changed.notify()
        return work.future

    def length(self) -> int:
        """How many requests wait to be written."""
        return len(self._queue)

    def close(self) -> None:
        """Write what is queued, then stop."""
        with self._changed:
            self._refusal = self._refusal or "the store is closed"
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        group: list[Work] = []
        try:
            while group := self._take():
                self._write([work for work in group if work.future.set_running_or_notify_cancel()])
        finally:
            self._refuse_all(group)

    def _refuse_all(self, group: list[Work]) -> None:
        """However the thread ended: nobody waits for ever, neither in the group under way nor now nor later."""
        with self._changed:
            self._refusal = self._refusal or "the writer has stopped, which is a bug: restart leadline"
            waiting = [work for work in self._queue if work.future.set_running_or_notify_cancel()]
            self._queue.clear()
        _fail([*group, *waiting], StoreUnavailable(self._refusal))

    def _take(self) -> list[Work]:
        """All that is queued, up to a bound; nothing when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._refusal)
            group: list[Work] = []
            rows = 0
            while self._queue and (not group or rows + self._queue[0].rows <= MAX_GROUP_ROWS):
                group.append(self._queue.popleft())
                rows += group[-1].rows
            self._queued_rows -= rows
            return group

    def _write(self, group: list[Work]) -> None:
        error = self._attempt(group)
        if isinstance(error, _BROKEN):
            # The database was opened anew; what was not committed is tried once more.
            error = self._attempt(group)
        if isinstance(error, (*_BROKEN, StoreUnavailable)):
            _fail(group, StoreUnavailable(f"nothing can be written now: {_first_line(error)}"))
        elif error is not None and len(group) > 1:
            for work in group:
                self._write([work])
        elif error is not None:
            _fail(group, _explain(error, group[0]))

    def _attempt(self, group: list[Work]) -> BaseException | None:
        """Commit the group and answer it; the error when nothing was written."""
        try:
            c = self._cursor or self._reconnect()
        except (StoreError, duckdb.Error, OSError) as error:
            # The cursor stays away, so the next group tries to open again.
            return StoreUnavailable(_first_line(error))
        results: list[Any] = []
        with Transaction(c) as transaction:
            c.begin()
            results = self._execute(c, group)
        if isinstance(transaction.error, _BROKEN):
            self._cursor = None
        if transaction.error is None or _durable(transaction.error):
            for work, result in zip(group, results, strict=True):
                work.future.set_result(result)
            return None
        return transaction.error

    def _execute(self, c: Connection, group: list[Work]) -> list[Any]:
        samples = [sample for work in group for sample in work.samples]
        verdicts = [verdict for work in group for verdict in work.verdicts]
        outcomes = iter(append_samples(c, samples, self._seq))
        # Numbers of a transaction that fails later are skipped, never given twice.
        self._seq += len(samples)
        append_traffic(c, [count for work in group for count in work.traffic])
        stored = iter(append_verdicts(c, verdicts, self._seq))
        self._seq += len(verdicts)
        parts = [part for work in group for part in work.parts]
        append_parts(c, parts, self._seq)
        self._seq += len(parts)
        return [
            self._operate(c, work)
            if work.operation or work.numbered
            else list(islice(stored, len(work.verdicts))) or list(islice(outcomes, len(work.samples)))
            for work in group
        ]

    def _operate(self, c: Connection, work: Work) -> Any:
        if work.numbered:
            result, self._seq = work.numbered(c, self._seq)
            return result
        return work.operation(c) if work.operation else None

    def _reconnect(self) -> Connection:
        self._database.reopen()
        self._cursor = self._connect()
        return self._cursor

    def _connect(self) -> Connection:
        cursor = self._database.cursor()
        self._seq = max(self._seq, queries.rows(cursor, "last_seq")[0]["seq"])
        return cursor


def _durable(error: BaseException) -> bool:
    """Whether the rows are in the log and only the checkpoint after the commit failed."""
    return isinstance(error, duckdb.Error) and "is durable" in str(error)


def _explain(error: BaseException, work: Work) -> BaseException:
    """The error as the caller may see it: an operation's own, or without the text of the rows."""
    if (work.operation or work.numbered) and not isinstance(error, duckdb.Error):
        return error
    # Not even as the cause: whoever logs an error logs its causes too.
    return StoreError(f"these rows cannot be stored ({type(error).__name__}): correct them, the same will fail again")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _fail(group: list[Work], error: BaseException) -> None:
    for work in group:
        if not work.future.done():
            work.future.set_exception(error)
