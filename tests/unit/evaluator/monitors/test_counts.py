"""Rollup rows laid on the detector's grid."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from evaluator.buckets import STEP, floor
from evaluator.monitors.counts import Counts, lay
from evaluator.monitors.indicators import Indicators
from store.cells import BASELINE, CLEAN, Cells, Stratum, Stretch
from store.records import Series, Share
from tests.builders import NOON

RATE = Indicators(("down",), ("pass rate",), (Share(),))
STRATA: list[Stratum] = [("z", 0, "x"), ("a", 2, "x"), ("b", 2, "x"), ("a", 3, "x")]
Row = tuple[int, int, float, float]
"""Bucket from NOON on, stratum, votes, passes."""


def cells(*rows: Row) -> Cells:
    position, stratum, votes, passes = map(np.array, zip(*rows, strict=True))
    none = np.zeros(len(rows), dtype=int)
    return Cells(position, stratum, votes.astype(float), passes.astype(float), none, none.astype(float))


def counts(*rows: Row, length: int = 4, reference: tuple[Row, ...] = ((0, 1, 90, 80), (0, 2, 90, 80))) -> Counts:
    before = [(BASELINE, *row[1:]) for row in reference]
    end = NOON + length * STEP
    stretch = Stretch(Series(feature="f"), NOON - timedelta(days=2), NOON - timedelta(days=1), NOON, NOON, end)
    return lay(stretch, cells(*before, *rows), RATE, STRATA)


def test_missing_buckets_are_zero() -> None:
    """Buckets without a row have no votes, up to the given end."""
    assert counts((0, 1, 10, 9), (2, 1, 10, 9)).n.sum(axis=1).tolist() == [10, 0, 10, 0]


def test_each_stratum_is_a_column() -> None:
    """Segments are kept apart, in order of their names."""
    assert counts((0, 2, 10, 1), (0, 1, 10, 2), length=1).x.tolist() == [[[2, 1]]]


def test_no_rows_make_no_votes() -> None:
    """A series without later votes has its buckets, all empty."""
    assert (len(counts()), counts().n.sum()) == (4, 0)


def test_time_and_index_are_inverse() -> None:
    """A bucket's start leads back to its index, and times outside are clipped."""
    found = counts()
    assert [found.index(found.time(i)) for i in range(5)] == [0, 1, 2, 3, 4]
    assert found.index(NOON - timedelta(days=1)) == 0


def test_floor_gives_the_quarter_hour() -> None:
    """Any moment belongs to the quarter hour that began last."""
    assert floor(NOON + timedelta(minutes=29, seconds=59)) == NOON + STEP


def test_sparse_hours_are_taken_together() -> None:
    """An hour block with few votes in the baseline shares a column with its segment's others that are sparse."""
    found = counts((0, 1, 5, 5), (1, 3, 5, 4), reference=((0, 1, 15, 12), (0, 3, 15, 12)), length=2)
    assert (found.strata, found.x.tolist()) == ((("a", -1, "x"),), [[[5], [4]]])


def test_clean_votes_are_kept_apart() -> None:
    """The votes between the restart and the first bucket are sums of their own, as those of the baseline are."""
    found = counts((CLEAN, 1, 10, 9), (0, 1, 4, 3))
    assert (found.reference.n.tolist(), found.clean.x.tolist(), found.n.sum()) == ([90, 90], [[9, 0]], 4)


def test_totals_hold_what_lies_between() -> None:
    """The votes of a stretch of buckets are its sums by stratum."""
    assert counts((0, 1, 10, 9), (2, 1, 10, 7)).total(1, 4).x.tolist() == [[7, 0]]
