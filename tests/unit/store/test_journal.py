"""Parts on the disk before they are in the database."""

from __future__ import annotations

import resource
from concurrent.futures import Future
from pathlib import Path

import pytest

from store.errors import StoreError, StoreUnavailable
from store.journal import PARTS, Journal, Segment, left_behind, rows_of
from store.parts import PartRow
from store.store import Store
from tests.builders import NOON
from tests.conftest import Clock


def row(number: int, body: str = "{}") -> PartRow:
    return PartRow(group_id="t:1", part_id=f"s:{number}", received_at=NOON, kind="call", body=body)


class Table:
    """Takes rows as the database does; `trouble` is what it answers for a row of this body."""

    def __init__(self) -> None:
        self.rows: list[PartRow] = []
        self.trouble: dict[str, Exception] = {}

    def insert(self, rows: list[PartRow]) -> Future[object]:
        answer: Future[object] = Future()
        if bad := [self.trouble[one.body] for one in rows if one.body in self.trouble]:
            answer.set_exception(bad[0])
        else:
            self.rows += rows
            answer.set_result(None)
        return answer


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.duckdb"


def stored(store: Store) -> list[str]:
    with store.read() as c:
        return [part_id for (part_id,) in c.execute("SELECT part_id FROM part ORDER BY seq").fetchall()]


def test_what_is_acknowledged_is_on_the_disk(path: Path, table: Table) -> None:
    """When append is done, the rows can be read from the segment, while the database has none."""
    journal = Journal(path, PARTS, table.insert)
    journal.append([row(1), row(2, 'a "quoted"\nbody')]).result()
    (segment,) = left_behind(path, "parts")
    assert [one for rows in rows_of(segment, PARTS) for one in rows] == [row(1), row(2, 'a "quoted"\nbody')]
    assert (table.rows, journal.unfolded()) == ([], 2)
    journal.close()


def test_a_fold_brings_everything_over(path: Path, table: Table) -> None:
    """After a fold the database has the rows in order, and no file is left with them."""
    journal = Journal(path, PARTS, table.insert)
    for number in range(3):
        journal.append([row(number)]).result()
    journal.fold()
    assert (table.rows, journal.unfolded()) == ([row(0), row(1), row(2)], 0)
    journal.close()
    assert left_behind(path, "parts") == []


def test_what_a_kill_left_is_brought_over_at_the_next_start(path: Path, table: Table) -> None:
    """Rows of a process that never folded are in the database after the next start, once."""
    Segment(Path(f"{path}.parts.7"), PARTS).append([[row(1)], [row(2)]])
    journal = Journal(path, PARTS, table.insert)
    journal.fold()
    journal.close()
    assert table.rows == [row(1), row(2)]


def test_a_name_like_a_pattern_hides_nothing(tmp_path: Path, table: Table) -> None:
    """What a kill left beside `a[1].duckdb` is found as well."""
    path = tmp_path / "a[1].duckdb"
    Journal(path, PARTS, table.insert).append([row(1)]).result()
    assert [one.name for one in left_behind(path, "parts")] == ["a[1].duckdb.parts.1"]


@pytest.mark.parametrize("tail", [b"0badc0de [{", b"\x00\xff\n", b"1234"])
def test_a_torn_line_is_passed_over(path: Path, table: Table, tail: bytes) -> None:
    """What was being written when the process ended was not acknowledged, and does not hide what was."""
    left = Path(f"{path}.parts.1")
    Segment(left, PARTS).append([[row(1)]])
    left.write_bytes(left.read_bytes() + tail)
    Journal(path, PARTS, table.insert).close()
    assert table.rows == [row(1)]


def test_a_busy_database_loses_nothing(path: Path, table: Table) -> None:
    """Rows that cannot be brought over now stay on the disk and come with the next fold."""
    journal = Journal(path, PARTS, table.insert)
    table.trouble = {"{}": StoreUnavailable("busy")}
    journal.append([row(1)]).result()
    with pytest.raises(StoreUnavailable):
        journal.fold()
    table.trouble = {}
    journal.fold()
    journal.close()
    assert table.rows == [row(1)]


def test_a_close_without_a_database_leaves_the_file(path: Path, table: Table) -> None:
    """What cannot be brought over when the service stops waits for the next start."""
    journal = Journal(path, PARTS, table.insert)
    table.trouble = {"{}": StoreUnavailable("busy")}
    journal.append([row(1)]).result()
    journal.close()
    table.trouble = {}
    Journal(path, PARTS, table.insert).close()
    assert table.rows == [row(1)]


def test_a_row_that_is_refused_for_good_does_not_hold_up_others(path: Path, table: Table) -> None:
    """One row that the database will never take is left out; the others are brought over."""
    journal = Journal(path, PARTS, table.insert)
    table.trouble = {"bad": StoreError("never")}
    journal.append([row(1), row(2, "bad"), row(3)]).result()
    journal.close()
    assert (table.rows, journal.refused) == ([row(1), row(3)], [row(2, "bad")])


def test_a_write_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    """When a write breaks off in the middle, its lines are gone again, and those before and after it stay."""
    segment = Segment(Path(f"{path}.parts.1"), PARTS)
    segment.append([[row(1)]])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (segment.size + 20, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            segment.append([[row(2)]])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    segment.append([[row(3)]])
    assert [one for rows in rows_of(segment.path, PARTS) for one in rows] == [row(1), row(3)]


def test_a_fold_without_a_file_to_go_on_in_changes_nothing(path: Path, table: Table) -> None:
    """When no file can be opened, what is acknowledged stays where it is, and comes once with the next fold."""
    journal = Journal(path, PARTS, table.insert)
    journal.append([row(1)]).result()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match="open files"):
            journal.fold()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    journal.append([row(2)]).result()
    journal.fold()
    journal.close()
    assert (table.rows, left_behind(path, "parts")) == ([row(1), row(2)], [])


def test_rows_that_are_no_json_are_refused_alone(path: Path, table: Table) -> None:
    """Rows that cannot be written fail for their sender; the journal goes on."""
    journal = Journal(path, PARTS, table.insert)
    bad = [journal.append([row(1, "\ud800")]), journal.append([row(2)])]
    with pytest.raises(StoreError, match="no JSON"):
        bad[0].result(timeout=5)
    bad[1].result(timeout=5)
    journal.close()
    assert table.rows == [row(2)]


def test_a_caller_that_goes_away_does_not_end_the_journal(path: Path, table: Table) -> None:
    """Rows whose caller gave up waiting are kept, and the next ones are taken as ever."""
    journal = Journal(path, PARTS, table.insert)
    assert not journal.append([row(1)]).cancel()
    journal.append([row(2)]).result(10)
    journal.close()
    assert table.rows == [row(1), row(2)]


def test_a_closed_journal_refuses(path: Path, table: Table) -> None:
    """Nothing is acknowledged after the close."""
    journal = Journal(path, PARTS, table.insert)
    journal.close()
    with pytest.raises(StoreUnavailable):
        journal.append([row(1)]).result()


def test_the_store_folds_and_recovers(tmp_path: Path, clock: Clock) -> None:
    """A store's parts are in its table after a fold, and a store that is opened again has those of before."""
    with Store.open(tmp_path / "a.duckdb", clock=clock) as store:
        store.append_parts([row(1)]).result()
        assert (stored(store), store.unfolded_parts()) == ([], 1)
        store.fold_parts()
        assert (stored(store), store.unfolded_parts()) == (["s:1"], 0)
        store.append_parts([row(2)]).result()
    with Store.open(tmp_path / "a.duckdb", clock=clock) as store:
        assert stored(store) == ["s:1", "s:2"]
