"""Rows that DuckDB 1.5 loses without an error, and how they are kept."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from store import rollup
from store.database import Connection
from store.store import Store
from tests.conftest import Clock

MANY = 130_000
SAMPLES = """
INSERT INTO sample (
  sample_id, ts, received_at, feature, environment, session_id, latency_ms, output_tokens, metadata, source,
  sampling_class, sampling_probability, sampling_u, text, seq
)
SELECT
  's' || i, $now::TIMESTAMP - to_seconds(i * 9), $now::TIMESTAMP, 'f' || (i % 3), 'production', 'q' || i,
  100 + i * 7919 % 5000, 100 + i * 104729 % 5000, MAP {}, 'webhook', 'default', 1, 0.5, 'kept', i + 1
FROM range($n) AS r(i)
"""


def test_what_is_counted_at_once_is_all_there(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first count of so many values that nobody graded before leaves every one of them in the file."""
    # As on any real machine: with one thread, as elsewhere in these tests, nothing is lost.
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "2")
    with Store.open(tmp_path / "leadline.duckdb", clock=clock) as store:
        store.run(lambda c: c.execute(SAMPLES, {"now": clock().replace(tzinfo=None), "n": MANY})).result()
        store.run(lambda c: rollup.refresh(c, {})).result()
        with store.read() as c:
            rows = c.execute("SELECT metric, sum(votes) FROM rollup_value GROUP BY metric").fetchall()
    assert {metric: votes for metric, votes in rows if metric in ("latency_ms", "output_tokens")} == {
        "latency_ms": MANY,
        "output_tokens": MANY,
    }


def inserted(c: Connection, *between: str) -> int:
    """How many rows a table keeps of an ordered insert without rows, what comes between, and one of many."""
    c.execute("CREATE TABLE src AS SELECT range::DOUBLE AS v FROM range(200000)")
    c.execute("CREATE TABLE kept (v DOUBLE)")
    c.begin()
    for statement in ("INSERT INTO kept SELECT v FROM src WHERE v < 0 ORDER BY v", *between):
        c.execute(statement)
    c.execute("INSERT INTO kept SELECT v FROM src ORDER BY v")
    c.commit()
    return int(c.execute("SELECT count(*) FROM kept").fetchall()[0][0])


@pytest.mark.parametrize(
    ("between", "kept"), [((), 0), (("INSERT INTO kept VALUES (-1)", "DELETE FROM kept WHERE v = -1"), 200_000)]
)
def test_why_it_takes_a_row_in_between(tmp_path: Path, between: tuple[str, ...], kept: int) -> None:
    """The fault of DuckDB, and what prevents it; when the first case fails, store/counted.py has served."""
    with duckdb.connect(tmp_path / "plain.duckdb", config={"threads": 2}) as c:
        assert inserted(c, *between) == kept
