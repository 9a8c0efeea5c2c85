"""Opening the file: whose it is, whether it can be used, and what is said when not."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from store.database import explain
from store.errors import DatabaseLocked, NotALeadlineDatabase, StoreError, StoreUnavailable
from store.records import Outcome
from store.samples import features
from store.store import Limits, Store
from tests.builders import make_sample
from tests.conftest import Clock


def foreign(path: Path, *statements: str) -> bytes:
    """Make a DuckDB file that is not ours; returns its bytes."""
    with duckdb.connect(str(path)) as c:
        for statement in statements:
            c.execute(statement)
    return path.read_bytes()


def test_a_file_is_made_and_found_again(tmp_path: Path, clock: Clock) -> None:
    """A missing file is made; what was stored is there after closing and opening."""
    path = tmp_path / "it's a.duckdb"
    with Store.open(path, clock=clock) as store:
        store.append_samples([make_sample("a")]).result()
    with Store.open(path, clock=clock) as store:
        assert store.append_samples([make_sample("a")]).result() == [Outcome.DUPLICATE]


def test_a_crash_loses_nothing_committed(tmp_path: Path, clock: Clock) -> None:
    """A copy of file and log as a kill would leave them holds what was acknowledged."""
    path, left = tmp_path / "a.duckdb", tmp_path / "left.duckdb"
    with Store.open(path, clock=clock) as store:
        store.append_samples([make_sample("a")]).result()
        shutil.copy(path, left)
        shutil.copy(f"{path}.wal", f"{left}.wal")
    with Store.open(left, clock=clock) as store, store.read() as c:
        assert features(c) == ["support-chat"]


def test_the_same_process_cannot_open_a_file_twice(tmp_path: Path, clock: Clock) -> None:
    """A second store on an open file is refused, and the first goes on working."""
    path = tmp_path / "a.duckdb"
    with Store.open(path, clock=clock) as store:
        with pytest.raises(DatabaseLocked, match="open in this process"):
            Store.open(path, clock=clock)
        assert store.append_samples([make_sample("a")]).result() == [Outcome.ACCEPTED]


def test_a_text_file_is_refused_untouched(tmp_path: Path, clock: Clock) -> None:
    """A file that is no database is refused by name and keeps its bytes."""
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n" * 1000)
    with pytest.raises(NotALeadlineDatabase, match=r"notes\.txt is not a DuckDB database"):
        Store.open(path, clock=clock)
    assert path.read_text() == "my notes\n" * 1000


def test_a_foreign_database_is_refused_untouched(tmp_path: Path, clock: Clock) -> None:
    """A DuckDB file with somebody else's tables is refused and keeps its bytes."""
    path = tmp_path / "sales.duckdb"
    before = foreign(path, "CREATE TABLE sales (n INTEGER)")
    with pytest.raises(NotALeadlineDatabase, match="something else made"):
        Store.open(path, clock=clock)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["sales.duckdb"]


def test_a_foreign_log_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    """A foreign database that was not closed keeps its log: looking at it replays nothing into the file."""
    with duckdb.connect(str(tmp_path / "open.duckdb")) as c:
        c.execute("CREATE TABLE sales (n INTEGER)")
        for suffix in ("", ".wal"):
            shutil.copy(f"{tmp_path}/open.duckdb{suffix}", f"{tmp_path}/left.duckdb{suffix}")
    before = [(tmp_path / f"left.duckdb{suffix}").read_bytes() for suffix in ("", ".wal")]
    with pytest.raises(NotALeadlineDatabase, match="something else made"):
        Store.open(tmp_path / "left.duckdb", clock=clock)
    assert [(tmp_path / f"left.duckdb{suffix}").read_bytes() for suffix in ("", ".wal")] == before


def test_an_empty_database_is_taken(tmp_path: Path, clock: Clock) -> None:
    """A DuckDB file without tables, as a crash at the first start leaves it, is filled."""
    foreign(tmp_path / "a.duckdb")
    with Store.open(tmp_path / "a.duckdb", clock=clock) as store:
        assert store.append_samples([make_sample("a")]).result() == [Outcome.ACCEPTED]


def test_a_newer_database_is_refused_untouched(tmp_path: Path, clock: Clock) -> None:
    """A file with a migration that we do not know is refused and keeps its bytes."""
    path = tmp_path / "a.duckdb"
    Store.open(path, clock=clock).close()
    before = foreign(path, "INSERT INTO schema_migration VALUES ('0999_future', now()::TIMESTAMP, '')")
    with pytest.raises(NotALeadlineDatabase, match=r"0999_future.*upgrade"):
        Store.open(path, clock=clock)
    assert path.read_bytes() == before


def test_a_file_that_was_refused_can_be_opened_once_mended(tmp_path: Path, clock: Clock) -> None:
    """A refusal leaves no lock behind: when the file is gone, the name can be used."""
    path = tmp_path / "a.duckdb"
    path.write_text("no database")
    with pytest.raises(NotALeadlineDatabase):
        Store.open(path, clock=clock)
    path.unlink()
    Store.open(path, clock=clock).close()


@pytest.mark.parametrize(
    ("name", "says"),
    [("missing/a.duckdb", "does not exist: make that directory"), (".", "is a directory")],
)
def test_an_impossible_path_is_explained(tmp_path: Path, clock: Clock, name: str, says: str) -> None:
    """A directory that is missing, or a directory as the file, is a clear error."""
    with pytest.raises(StoreError, match=says):
        Store.open(tmp_path / name, clock=clock)


def test_a_lock_names_the_process() -> None:
    """The message of a locked file names the file, the process and the way out."""
    raw = 'IO Error: Could not set lock on file "/d/a.duckdb": Conflicting lock is held in /bin/python (PID 42).'
    error = explain(duckdb.IOException(raw), Path("/d/a.duckdb"))
    assert isinstance(error, DatabaseLocked)
    assert str(error) == "/d/a.duckdb is in use by process 42: stop that process, or pass --url of the running service"


def test_no_permission_is_explained() -> None:
    """The message of a file that may not be opened carries the system's reason, on one line."""
    error = explain(duckdb.IOException('IO Error: Cannot open file "/d/a": Permission denied\nmore'), Path("/d/a"))
    assert type(error) is StoreError
    assert str(error) == '/d/a cannot be opened: IO Error: Cannot open file "/d/a": Permission denied'


def test_a_nearly_full_disk_refuses_samples_only(tmp_path: Path, clock: Clock) -> None:
    """Below the reserve of free space new samples are refused with a time to come back; verdict work goes on."""
    with Store.open(tmp_path / "a.duckdb", clock=clock, limits=Limits(reserve_bytes=2**62)) as store:
        error = store.append_samples([make_sample("a")]).exception()
        assert isinstance(error, StoreUnavailable)
        assert error.retry_after_seconds == 5
        assert store.append_samples([]).result() == []


def test_a_broken_connection_is_opened_again(tmp_path: Path, clock: Clock) -> None:
    """Whatever broke the connection, the next write opens the file anew and nothing stored is missing."""
    with Store.open(tmp_path / "a.duckdb", clock=clock) as store:
        store.append_samples([make_sample("a")]).result()
        assert isinstance(store.run(lambda c: c.close()).exception(), StoreUnavailable)
        assert store.append_samples([make_sample("a"), make_sample("b")]).result() == [
            Outcome.DUPLICATE,
            Outcome.ACCEPTED,
        ]


def test_a_closed_store_cannot_be_read(clock: Clock) -> None:
    """Reading after closing is StoreUnavailable, not a crash."""
    store = Store.open(None, clock=clock)
    store.close()
    with pytest.raises(StoreUnavailable), store.read():
        pass


def test_closing_stops_a_reader(tmp_path: Path, clock: Clock) -> None:
    """A reader that is still there when the store closes is told so, and the file is free."""
    store = Store.open(tmp_path / "a.duckdb", clock=clock)
    reading = threading.Event()

    def read_for_ever() -> None:
        with store.read() as c:
            reading.set()
            c.execute("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range = -b.range")

    with ThreadPoolExecutor() as threads:
        reader = threads.submit(read_for_ever)
        reading.wait(5)
        store.close()
        assert isinstance(reader.exception(), StoreUnavailable)
    Store.open(tmp_path / "a.duckdb", clock=clock).close()


def test_a_file_of_another_database_is_named_and_nothing_is_fetched(tmp_path: Path, clock: Clock) -> None:
    """An SQLite file is refused as foreign; no extension that could read it is looked for anywhere."""
    foreign = tmp_path / "a.sqlite"
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE t (a)")
        other.commit()
    with pytest.raises(NotALeadlineDatabase, match="name another file"):
        Store.open(foreign, clock=clock)
