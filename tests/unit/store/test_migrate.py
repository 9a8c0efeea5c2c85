"""Migrations: in order, once, all or nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from store import rollup
from store.database import Connection
from store.migrate import Migration, migrate, migrations
from store.store import Store
from tests.builders import make_sample, make_verdict
from tests.conftest import Clock


@pytest.fixture
def empty() -> Iterator[Connection]:
    """An attached database without any table."""
    with duckdb.connect() as c:
        c.execute("ATTACH ':memory:' AS leadline")
        c.execute("USE leadline")
        yield c


TWICE = """
    UPDATE rollup SET weight = 2 * (4 / 0.5 + 40 / 0.05), weight_sq = 2 * ((4 / 0.5) ** 2 + (40 / 0.05) ** 2),
      weight_pass = 2 * 4 / 0.5, weight_sq_pass = 2 * (4 / 0.5) ** 2, weight_sq_pass_sq = 2 * (4 / 0.5) ** 2
    WHERE judge = 'tone'"""


def weights(c: Connection) -> list[tuple[float, ...]]:
    """The sums of weights of each judge."""
    return c.execute(
        "SELECT weight, weight_sq, weight_pass, weight_sq_pass, weight_sq_pass_sq FROM rollup ORDER BY judge"
    ).fetchall()


def tables(c: Connection) -> set[str]:
    return {name for (name,) in c.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def test_names_are_numbered_without_gaps() -> None:
    """Migrations are called NNNN_words, counted from 0001."""
    names = [migration.name for migration in migrations()]
    assert [name[:4] for name in names] == [f"{n + 1:04}" for n in range(len(names))]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", name) for name in names)


def test_a_migration_never_changes() -> None:
    """Files have migrations applied as they were: what they lack comes in a new one (its hash joins the list)."""
    listed = Path(__file__).with_name("migrations.sha256").read_text("utf-8").splitlines()
    assert [f"{one.sha256}  {one.name}.sql" for one in migrations()] == listed


def test_a_fresh_file_has_every_migration_in_its_ledger(store: Store, clock: Clock) -> None:
    """The ledger of a fresh store names each migration with its time and hash."""
    with store.read() as c:
        found = c.execute("SELECT name, applied_at, sha256 FROM schema_migration ORDER BY name").fetchall()
    now = clock().replace(tzinfo=None)
    assert found == [(m.name, now, hashlib.sha256(m.text.encode()).hexdigest()) for m in migrations()]


def test_a_fresh_schema_equals_one_migration_after_the_other(empty: Connection, store: Store, clock: Clock) -> None:
    """Applying the migrations one by one gives the same columns as opening a fresh store."""
    columns = """
        SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()
        WHERE database_name = 'leadline' ORDER BY table_name, column_index"""
    for upto in range(len(migrations())):
        migrate(empty, clock, migrations()[: upto + 1])
    with store.read() as c:
        assert empty.execute(columns).fetchall() == c.execute(columns).fetchall()


def test_a_migration_runs_once(empty: Connection, clock: Clock) -> None:
    """Migrating again applies nothing; a new step is applied alone."""
    first, second = Migration("0001_a", "CREATE TABLE a (n INTEGER)"), Migration("0002_b", "CREATE TABLE b (n INTEGER)")
    applied = [migrate(empty, clock, steps) for steps in ([first], [first], [first, second])]
    assert applied == [["0001_a"], [], ["0002_b"]]


def test_a_failing_migration_leaves_nothing(empty: Connection, clock: Clock) -> None:
    """A step that fails half way is rolled back, and the steps before it stay."""
    good = Migration("0001_a", "CREATE TABLE a (n INTEGER)")
    bad = Migration("0002_b", "CREATE TABLE b (n INTEGER); INSERT INTO missing VALUES (1)")
    with pytest.raises(duckdb.CatalogException):
        migrate(empty, clock, [good, bad])
    assert tables(empty) == {"a", "schema_migration"}


def test_weights_that_had_a_sample_s_probability_twice_are_mended(store: Store) -> None:
    """A quarter hour whose passes were kept at one rate and its fails at another weighs what a full count gives."""
    rates = {"p": (0.5, True), "q": (0.5, True), "x": (0.05, False), "y": (0.05, False)}
    store.append_samples([make_sample(one, sampling_probability=rate) for one, (rate, _) in rates.items()])
    judged = [make_verdict(one, judge_probability=rate / 2, passed=good) for one, (rate, good) in rates.items()]
    store.append_verdicts([*judged, make_verdict("b", judge="other", judge_probability=0.5)]).result()
    store.run(lambda c: rollup.refresh(c, {})).result()
    right = store.run(weights).result()
    store.run(lambda c: c.execute(TWICE)).result()
    assert store.run(weights).result() != right
    [mend] = [one for one in migrations() if one.name == "0016_weights"]
    store.run(lambda c: c.execute(mend.text)).result()
    for mended, counted in zip(store.run(weights).result(), right, strict=True):
        assert mended == pytest.approx(counted)
