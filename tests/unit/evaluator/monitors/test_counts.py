"""Rollup rows laid on the detector's grid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from evaluator.buckets import STEP, floor
from evaluator.monitors.counts import Counts
from store.records import Bucket
from tests.builders import NOON


def bucket(step: int, *, segment: str = "", votes: float = 10, passes: float = 9) -> Bucket:
    return Bucket(
        bucket=NOON + step * STEP,
        segment=segment,
        hour_block=2,
        sampling_class="default",
        votes=votes,
        passes=passes,
        errors=1,
    )


def test_missing_buckets_are_zero() -> None:
    """Buckets without a row have no votes, up to the given end."""
    counts = Counts.of([bucket(0), bucket(2)], NOON + 4 * STEP)
    assert counts.n.sum(axis=1).tolist() == [10, 0, 10, 0]


def test_each_stratum_is_a_column() -> None:
    """Segments are kept apart, in order of their names."""
    counts = Counts.of([bucket(0, segment="b", passes=1), bucket(0, segment="a", passes=2)], NOON + STEP)
    assert counts.x.tolist() == [[2, 1]]


def test_later_rows_are_not_seen() -> None:
    """A look as of a time sees only the buckets that had ended by then."""
    assert Counts.of([bucket(0), bucket(1)], NOON + STEP).n.sum() == 10


def test_no_rows_make_no_buckets() -> None:
    """A series without votes has no buckets and no strata."""
    assert len(Counts.of([], NOON)) == 0


def test_time_and_index_are_inverse() -> None:
    """A bucket's start leads back to its index, and times outside are clipped."""
    counts = Counts.of([bucket(0)], NOON + 4 * STEP)
    assert [counts.index(counts.time(i)) for i in range(5)] == [0, 1, 2, 3, 4]
    assert counts.index(NOON - timedelta(days=1)) == 0


def test_floor_gives_the_quarter_hour() -> None:
    """Any moment belongs to the quarter hour that began last."""
    assert floor(NOON + timedelta(minutes=29, seconds=59)) == NOON + STEP


def test_hours_can_be_taken_together() -> None:
    """Without its hour blocks a segment has one column with all of its votes."""
    morning, evening = bucket(0, passes=1), replace(bucket(1, passes=2), hour_block=3)
    counts = Counts.of([morning, evening, bucket(0, segment="b", passes=4)], NOON + 2 * STEP)
    assert (len(counts.strata), counts.without_hours().x.tolist()) == (3, [[1, 4], [2, 0]])
