"""The one DuckDB file: opened for this process alone, checked to be ours, and opened anew after a failure."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from store.errors import DatabaseLocked, NotALeadlineDatabase, StoreError, StoreUnavailable
from store.migrate import check, migrate
from store.records import Clock

Connection = duckdb.DuckDBPyConnection

STOP_ATTEMPTS = 40
# A foreign file must not make DuckDB fetch an extension that could read it.
OFFLINE: dict[str, bool | int | float | str | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_LOCKED = re.compile(r"Conflicting lock|Could not set lock")
_PID = re.compile(r"\(PID (\d+)\)")
_FOREIGN = re.compile(
    r"_scanner\b|not a valid DuckDB database|database file with version|newer version of DuckDB|[Ss]erialization"
)

# The operating system's lock is per process: it does not keep one process from opening the same file twice.
_open_here: set[Path] = set()
_open_here_lock = threading.Lock()


class Database:
    """One attached file (None: in memory). Cursors for reading are handed out to any thread, many at once."""

    def __init__(self, path: Path | None, clock: Clock, checkpoint_bytes: int) -> None:
        self.path = path.resolve() if path else None
        self._clock = clock
        self._checkpoint_bytes = checkpoint_bytes
        self._root: Connection | None = None
        self._readers: set[Connection] = set()
        self._idle = threading.Condition()

    def open(self) -> None:
        """Attach the file, made when missing, and bring its schema up to date."""
        _claim(self.path)
        with ExitStack() as undo:
            undo.callback(_release, self.path)
            try:
                root = self._attach(undo)
            except duckdb.Error as error:
                raise explain(error, self.path) from error
            undo.pop_all()
        with self._idle:
            self._root = root

    def _attach(self, undo: ExitStack) -> Connection:
        if self.path:
            _inspect(self.path)
        root = _attach(self.path, self._checkpoint_bytes)
        undo.callback(root.close)
        migrate(root, self._clock)
        return root

    def cursor(self) -> Connection:
        """A connection of its own to the attached database."""
        with self._idle:
            if self._root is None:
                raise StoreUnavailable("the database is closed; try again in a few seconds")
            cursor = self._root.cursor()
        # A cursor does not inherit USE.
        return cursor.execute("USE leadline")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A cursor for reading. A database that broke meanwhile is StoreUnavailable: the writer opens it anew."""
        with self._idle:
            cursor = self.cursor()
            self._readers.add(cursor)
        try:
            yield cursor
        except (
            duckdb.FatalException,
            duckdb.IOException,
            duckdb.ConnectionException,
            duckdb.InterruptException,
        ) as error:
            raise StoreUnavailable("the database cannot be read now; try again in a few seconds") from error
        finally:
            with self._idle:
                self._readers.discard(cursor)
                self._idle.notify_all()
            cursor.close()

    def reopen(self) -> None:
        """Close and open the file again: what DuckDB asks for after a failed checkpoint or a full disk."""
        if self.path is None:
            raise StoreUnavailable("a database in memory cannot be opened again; restart with a file")
        self.close()
        self.open()

    def checkpoint(self) -> None:
        """Fold the log into the file; a failure loses nothing, the log is replayed at the next open."""
        try:
            self.cursor().execute("CHECKPOINT leadline")
        except (duckdb.Error, StoreUnavailable):
            return

    def close(self) -> None:
        """Stop the readers and let the file go."""
        with self._idle:
            root, self._root = self._root, None
            self._stop_readers()
        if root is not None:
            root.close()
            _release(self.path)

    def _stop_readers(self) -> None:
        """Interrupt what runs; a reader that runs nothing is waited for a little, then its cursor is closed."""
        for _ in range(STOP_ATTEMPTS):
            for cursor in self._readers:
                cursor.interrupt()
            if self._idle.wait_for(lambda: not self._readers, timeout=0.05):
                return

    def free_bytes(self) -> int | None:
        """Bytes free where the file lies; None in memory."""
        if self.path is None:
            return None
        disk = os.statvfs(self.path.parent)
        return disk.f_bavail * disk.f_frsize

    def size_bytes(self) -> int | None:
        """Bytes of the file and its log; None in memory."""
        return None if self.path is None else os.stat(self.path).st_size + self.log_bytes()

    def log_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return os.stat(f"{self.path}.wal").st_size
        except OSError:
            return 0


def explain(error: duckdb.Error, path: Path | None) -> StoreError:
    """What DuckDB said when it could not open the file, as an error that says what to do next."""
    text = str(error)
    if _LOCKED.search(text):
        pid = _PID.search(text)
        holder = f"process {pid[1]}" if pid else "another process"
        return DatabaseLocked(f"{path} is in use by {holder}: stop that process, or pass --url of the running service")
    if _FOREIGN.search(text):
        return NotALeadlineDatabase(f"{path} is not a DuckDB database that this version can read; name another file")
    return StoreError(f"{path} cannot be opened: {text.splitlines()[0]}")


def _attach(path: Path | None, checkpoint_bytes: int) -> Connection:
    root = duckdb.connect(config=OFFLINE)
    if path:
        root.execute(f"SET temp_directory = {_quoted(f'{path}.tmp')}")
    root.execute(f"ATTACH {_quoted(str(path or ':memory:'))} AS leadline (STORAGE_VERSION 'v1.5.0')")
    # What a query of some megabytes leaves in the allocator's hands goes back to the system: 15 MB less at the peak.
    root.execute("SET allocator_bulk_deallocation_flush_threshold = '4 MB'")
    root.execute(f"SET checkpoint_threshold = '{checkpoint_bytes} bytes'")
    # Nothing that a query could be talked into may reach other files.
    root.execute("SET enable_external_access = false")
    root.execute("SET lock_configuration = true")
    return root.execute("USE leadline")


def _inspect(path: Path) -> None:
    """Look before writing: opening a database for writing replays its log, and a foreign file must stay as it is."""
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} does not exist: make that directory, or name another database file")
    if path.is_dir():
        raise StoreError(f"{path} is a directory: name a file in it")
    if not path.exists():
        return
    with duckdb.connect(config=OFFLINE) as probe:
        probe.execute(f"ATTACH {_quoted(str(path))} AS leadline (READ_ONLY)")
        try:
            check(probe)
        except NotALeadlineDatabase as error:
            raise NotALeadlineDatabase(f"{path} is not ours to use: {error}. Name another file") from None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _claim(path: Path | None) -> None:
    with _open_here_lock:
        if path in _open_here:
            raise DatabaseLocked(f"{path} is open in this process already: use that store")
        if path is not None:
            _open_here.add(path)


def _release(path: Path | None) -> None:
    with _open_here_lock:
        if path is not None:
            _open_here.discard(path)
