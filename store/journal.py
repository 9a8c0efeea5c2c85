"""Rows made durable at once, and brought into the database a second later, many at a time.

A transaction for one row costs some milliseconds of work; a line at the end of a file, synchronised to the disk, a
fraction of one. So a part of a call, or a verdict that was paid for, is acknowledged when its line is on the disk.
Lines that were not brought over when the process ended are brought over when it starts again.
"""

from __future__ import annotations

import glob
import os
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from store.errors import StoreError, StoreUnavailable
from store.parts import PartRow
from store.records import Verdict

Row = TypeVar("Row")

FOLD_BYTES = 16_000_000
"""A segment as large as this is brought over without being asked to."""
BEHIND_BYTES = 128_000_000
"""So much that the database has not taken: nothing more is accepted."""

Insert = Callable[[Sequence[Row]], "Future[Any]"]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """What a journal holds: the name is part of its files' names."""

    name: str
    rows: TypeAdapter[list[Row]]


PARTS = Kind("parts", TypeAdapter(list[PartRow]))
VERDICTS = Kind("verdicts", TypeAdapter(list[Verdict]))


class Segment(Generic[Row]):
    """One file of lines, and its rows as long as they are not in the database."""

    def __init__(self, path: Path, kind: Kind[Row]) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.size = 0
        self._kind = kind
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        _sync_folder(path.parent)

    def append(self, works: Sequence[Sequence[Row]]) -> None:
        """A line for each; durable when it returns. OSError: the file is as it was before."""
        lines = b"".join(_line(self._kind.rows.dump_json(list(rows))) for rows in works)
        try:
            written = 0
            while written < len(lines):
                written += os.write(self._file, memoryview(lines)[written:])
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(lines)
        self.rows += [row for rows in works for row in rows]

    def end(self) -> None:
        """Its rows are in the database. OSError: the file may stay, to be brought over again at the next start."""
        os.close(self._file)
        self.path.unlink(missing_ok=True)


class Journal(Generic[Row]):
    """Takes rows from any thread; `insert` brings them into the database. One thread writes, requests share a sync.

    `refused` are the rows that the database will never take.
    """

    def __init__(self, path: Path, kind: Kind[Row], insert: Insert[Row]) -> None:
        """`path` is the database's; the segments lie beside it."""
        self.refused: list[Row] = []
        self._path = path
        self._kind = kind
        self._insert = insert
        self._recover()
        self._number = 0
        self._segment = self._next()
        self._folding: list[Segment[Row]] = []
        self._waiting: list[tuple[Sequence[Row], Future[object]]] = []
        self._changed = threading.Condition()
        # Of the files, apart from the queue's: whoever appends must not wait for the disk.
        self._files = threading.Lock()
        self._fold_one_at_a_time = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"leadline-{kind.name}", daemon=True)
        self._thread.start()

    def append(self, rows: Sequence[Row]) -> Future[object]:
        """Done when the rows are on the disk; StoreUnavailable when they cannot be now."""
        future: Future[object] = Future()
        # Nobody can cancel it from here on: an answer to a cancelled one would end the thread.
        future.set_running_or_notify_cancel()
        with self._changed:
            if self._closed:
                future.set_exception(StoreUnavailable("the store is closed"))
            elif self._size() > BEHIND_BYTES:
                future.set_exception(StoreUnavailable("too much is waiting to be written", retry_after_seconds=1))
            else:
                self._waiting.append((rows, future))
                self._changed.notify()
        return future

    def unfolded(self) -> int:
        """How many rows are on the disk and not in the database yet."""
        return sum(len(segment.rows) for segment in (*self._folding, self._segment))

    def rows(self) -> list[Row]:
        """The rows that are on the disk; those that are not among them any more are in the database, or refused."""
        with self._files:
            return [row for segment in (*self._folding, self._segment) for row in segment.rows]

    def fold(self) -> None:
        """Brings over all that was acknowledged before this call. StoreUnavailable: it stays, for the next time."""
        with self._fold_one_at_a_time:
            try:
                self._fold()
            except OSError as failure:
                raise StoreUnavailable(
                    f"the files of {self._kind.name} cannot be changed now: {failure.strerror}"
                ) from None

    def close(self) -> None:
        """Writes what waits, brings it over, and leaves no file behind when all is in the database."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._fold_if_possible()
        if not self.unfolded():
            self._segment.end()

    def _fold(self) -> None:
        with self._files:
            if self._segment.rows:
                fresh = self._next()
                self._folding.append(self._segment)
                self._segment = fresh
        while self._folding:
            self._bring_over(self._folding[0].rows)
            self._folding.pop(0).end()

    def _recover(self) -> None:
        """Brings over what a process that was killed had acknowledged."""
        for segment in left_behind(self._path, self._kind.name):
            for rows in rows_of(segment, self._kind):
                self._bring_over(rows)
            segment.unlink()

    def _next(self) -> Segment[Row]:
        self._number += 1
        return Segment(self._path.with_name(f"{self._path.name}.{self._kind.name}.{self._number}"), self._kind)

    def _size(self) -> int:
        return self._segment.size + sum(segment.size for segment in self._folding)

    def _run(self) -> None:
        while works := self._take():
            self._write(works)
            if self._segment.size > FOLD_BYTES:
                self._fold_if_possible()

    def _take(self) -> list[tuple[Sequence[Row], Future[object]]]:
        """All that came while the last was written; nothing when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            works, self._waiting = self._waiting, []
            return works

    def _write(self, works: Sequence[tuple[Sequence[Row], Future[object]]]) -> None:
        try:
            with self._files:
                self._segment.append([rows for rows, _ in works])
        except OSError as failure:
            _fail(works, StoreUnavailable(f"nothing can be written now: {failure.strerror}"))
        except ValueError:
            # One request's rows are no JSON: the others must not share its fate, nor may this thread end.
            if len(works) > 1:
                for work in works:
                    self._write([work])
            else:
                _fail(works, StoreError(f"these {self._kind.name} are no JSON: correct them, the same will fail again"))
        else:
            for _, future in works:
                future.set_result(None)

    def _fold_if_possible(self) -> None:
        try:
            self.fold()
        except StoreUnavailable:
            return  # the rows stay where they are; whoever settles next asks again

    def _bring_over(self, rows: Sequence[Row]) -> None:
        """A row that the database refuses for good is left out: it must not hold up the others."""
        try:
            self._insert(rows).result()
        except StoreUnavailable:
            raise
        except StoreError:
            if len(rows) > 1:
                for row in rows:
                    self._bring_over([row])
            else:
                self.refused += rows


def _sync_folder(folder: Path) -> None:
    """A new file outlives a power cut only when its folder is on the disk too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def left_behind(path: Path, name: str) -> list[Path]:
    """The segments beside a database, oldest first: what a process that was killed had acknowledged."""
    found = [one for one in path.parent.glob(f"{glob.escape(path.name)}.{name}.*") if one.suffix[1:].isdecimal()]
    return sorted(found, key=lambda one: int(one.suffix[1:]))


def rows_of(segment: Path, kind: Kind[Row]) -> Iterator[list[Row]]:
    """The rows of every whole line; what was being written when the process ended was never acknowledged."""
    for line in segment.read_bytes().split(b"\n"):
        check, _, body = line.partition(b" ")
        try:
            if int(check, 16) == zlib.crc32(body):
                yield kind.rows.validate_json(body)
        except (ValueError, ValidationError):
            continue


def _fail(works: Sequence[tuple[object, Future[object]]], error: StoreError) -> None:
    for _, future in works:
        future.set_exception(error)


def _line(body: bytes) -> bytes:
    return b"%08x %s\n" % (zlib.crc32(body), body)
