"""Python values through Arrow into DuckDB and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import rows
from store.database import Connection

AT = datetime.fromisoformat("2026-11-20T12:00:00.000001")


@pytest.fixture(scope="module")
def c() -> Iterator[Connection]:
    with duckdb.connect() as opened:
        yield opened


def through(c: Connection, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """The type that DuckDB sees in the values, and the values as it gives them back."""
    with rows.incoming_once(c, {"place": range(len(values)), "value": values}):
        answer = c.execute("SELECT value FROM incoming ORDER BY place")
        return str((answer.description or [])[0][1]), [value for (value,) in answer.fetchall()]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("BOOLEAN", [True, None, False] * 7),
        ("BIGINT", [1, None, -(2**63), 2**63 - 1]),
        ("DOUBLE", [0.5, None, 1.0]),
        ("DOUBLE", [1, 2.5]),
        ("VARCHAR", ["a", None, "", "ü😀", "a\0b"]),
        ("TIMESTAMP", [AT, None, datetime.fromisoformat("1969-12-31T23:59:59.999999")]),
        ("MAP(VARCHAR, VARCHAR)", [{"a": "b", "c": "d"}, {}, None, {"e": "f"}]),
        ("BLOB", [b"\0\xff", None, b""]),
        ("BIGINT[]", [(1, 2), (), None, (3,)]),
        ("INTEGER", [None, None]),
    ],
)
def test_values_come_back(c: Connection, kind: str, values: list[Any]) -> None:
    """Every kind of value that records hold is the same in the database, and what is missing stays missing."""
    expected = [list(value) if isinstance(value, tuple) else value for value in values]
    found, back = through(c, values)
    assert (found.replace('"NULL"', "INTEGER"), back) == (kind, expected)


def test_a_time_is_utc(c: Connection) -> None:
    """A time with a zone is the same moment in UTC."""
    there = AT.replace(tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert through(c, [there])[1] == [there.astimezone(UTC).replace(tzinfo=None)]


@pytest.mark.parametrize("values", [["a\ud800b", "x"], [{"k\ud800": "v\udfff"}]])
def test_a_lone_surrogate_becomes_a_mark(c: Connection, values: list[Any]) -> None:
    """Text that is no Unicode is stored with a replacement character."""
    assert "\ufffd" in str(through(c, values)[1][0])


@pytest.mark.parametrize("values", [[2**63], ["a", 1j], [1j]])
def test_what_no_column_holds_is_an_error(c: Connection, values: list[Any]) -> None:
    """A number that is too large, or a value of another kind, is refused and not bent."""
    with pytest.raises((OverflowError, AttributeError, TypeError)):
        through(c, values)


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_texts_come_back(c: Connection, values: list[str | None]) -> None:
    """Whatever texts there are, in whatever order, beside whatever is missing."""
    assert through(c, values)[1] == values


def test_several_queries_see_the_same_rows(c: Connection) -> None:
    """Rows can stay for several queries, each of which may name them twice; then they are gone."""
    with rows.incoming(c, {"value": ["a", "b"]}):
        pairs = "SELECT count(*) FROM incoming JOIN incoming AS other USING (value)"
        assert [c.execute(pairs).fetchall() for _ in range(2)] == [[(2,)], [(2,)]]
    with pytest.raises(duckdb.CatalogException):
        c.execute("FROM incoming")
