"""Verdicts that were paid for: durable at once, in the database soon after, known in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from store import verdicts
from store.journal import VERDICTS, Segment, left_behind
from store.records import Opinion, Verdict
from store.store import Store
from store.verdicts import identity
from tests.builders import NOON, make_verdict
from tests.conftest import Clock

OPINIONS = (Opinion(passed=True, label="PASS", cost_usd=0.1), Opinion(passed=False, explanation="No. \x00 Grüße 😀"))
KEY = ("s1", NOON)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.duckdb"


@pytest.fixture
def filed(path: Path, clock: Clock) -> Iterator[Store]:
    """A store in a file."""
    with Store.open(path, clock=clock) as opened:
        yield opened


def found(store: Store) -> list[Verdict]:
    """All verdicts in the database, with what is behind them."""
    with store.read() as c:
        return verdicts.with_opinions(c, verdicts.find(c, verdicts.VerdictFilter()))


def test_a_noted_verdict_is_known_at_once(filed: Store) -> None:
    """It counts as judged before it is in the database, and after."""
    filed.note_verdicts([make_verdict()]).result()
    assert (found(filed), filed.judged([KEY])) == ([], {identity(make_verdict())})
    filed.fold_verdicts()
    assert filed.judged([KEY]) == {identity(make_verdict())}


def test_a_fold_changes_nothing_about_it(filed: Store) -> None:
    """Every field, and every answer behind it, is in the database as it was noted."""
    noted = make_verdict(judge_probability=0.25, cost_usd=0.3, votes=2, disagreement=0.5, opinions=OPINIONS)
    filed.note_verdicts([noted]).result()
    filed.fold_verdicts()
    assert found(filed) == [noted]


def test_a_close_brings_it_over(path: Path, clock: Clock) -> None:
    """A store that is closed leaves no verdict beside the database."""
    with Store.open(path, clock=clock) as store:
        store.note_verdicts([make_verdict()]).result()
    with Store.open(path, clock=clock) as store:
        assert found(store) == [make_verdict()]
        assert [one.stat().st_size for one in left_behind(path, "verdicts")] == [0]


def test_what_a_kill_left_is_brought_over_once(path: Path, clock: Clock) -> None:
    """What was noted and perhaps committed too when the process was killed is there once after the next start."""
    with Store.open(path, clock=clock) as store:
        store.append_verdicts([make_verdict("s1")]).result()
    Segment(Path(f"{path}.verdicts.3"), VERDICTS).append([[make_verdict("s1"), make_verdict("s2")]])
    with Store.open(path, clock=clock) as store:
        assert sorted(verdict.sample_id for verdict in found(store)) == ["s1", "s2"]


def test_a_verdict_that_no_table_takes_is_not_bought_again(filed: Store) -> None:
    """It is left out, the others are brought over, and its sample stays judged as long as the store is open."""
    bad = replace(make_verdict("bad"), input_tokens=2**63)
    filed.note_verdicts([bad, make_verdict("good")]).result()
    filed.fold_verdicts()
    assert [verdict.sample_id for verdict in found(filed)] == ["good"]
    assert identity(bad) in filed.judged([("bad", NOON)])


def test_in_memory_it_is_committed(store: Store) -> None:
    """Without a file there is nothing beside it: a noted verdict is in the database at once."""
    store.note_verdicts([make_verdict()]).result()
    assert found(store) == [make_verdict()]
