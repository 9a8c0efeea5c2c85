"""A database that fails under the writer: every request is answered, and the next one tries again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import duckdb
import pytest

from store.database import Connection, Database
from store.errors import StoreUnavailable
from store.records import Outcome
from store.store import USUAL, Store
from store.writer import Writer
from tests.builders import make_sample
from tests.conftest import Clock

SECONDS = 5


class Failing(Database):
    """A file whose next cursor raises the error that is set."""

    error: Exception | None = None

    def cursor(self) -> Connection:
        error, self.error = self.error, None
        if error:
            raise error
        return super().cursor()


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Failing:
    database = Failing(tmp_path / "a.duckdb", clock, USUAL.checkpoint_bytes)
    database.open()
    return database


@pytest.fixture
def store(database: Failing) -> Iterator[Store]:
    """A store on the failing database."""
    writer = Writer(database, max_queued_rows=USUAL.max_queued_rows)
    writer.start()
    with Store(database, writer, USUAL) as store:
        yield store


def refused(future: Future[list[Outcome]] | Future[None]) -> bool:
    return isinstance(future.exception(SECONDS), StoreUnavailable)


@pytest.mark.parametrize("error", [duckdb.IOException("no"), duckdb.FatalException("no"), OSError("no")])
def test_a_failed_reconnect_is_tried_again(store: Store, database: Failing, error: Exception) -> None:
    """When opening anew fails too, the request is refused for now and the next one opens the file."""
    database.error = error
    assert refused(store.run(lambda c: c.close()))
    assert store.append_samples([make_sample("a")]).result(SECONDS) == [Outcome.ACCEPTED]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_writer_leaves_nobody_waiting(store: Store, database: Failing) -> None:
    """When a bug ends the writer, the request under way, those that wait and those that come later are refused."""
    entered, may_break = threading.Event(), threading.Event()

    def break_off(c: Connection) -> None:
        entered.set()
        may_break.wait(SECONDS)
        c.close()

    database.error = RuntimeError("a bug")
    under_way = store.run(break_off)
    entered.wait(SECONDS)
    waiting = store.append_samples([make_sample("a")])
    may_break.set()
    assert refused(under_way)
    assert refused(waiting)
    assert refused(store.append_samples([make_sample("b")]))
