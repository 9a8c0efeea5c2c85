"""What is not kept is counted by bucket, feature, model, stop reason, latency and outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evaluator.buckets import floor
from evaluator.intake.traffic import Tally, latency_bin
from store.records import Outcome, TrafficCount
from tests.builders import NOON, make_sample


@pytest.mark.parametrize(
    ("latency_ms", "name"),
    [(0, "le_100"), (100, "le_100"), (100.1, "le_300"), (99_999, "le_100000"), (100_001, "gt_100000"), (None, "")],
)
def test_latency_bins_are_named_by_their_upper_edge(latency_ms: float | None, name: str) -> None:
    """The edge belongs to the bin below it; an unknown latency has no bin."""
    assert latency_bin(latency_ms) == name


def test_buckets_start_on_the_quarter_hour() -> None:
    """A bucket begins at a full quarter of an hour and holds the 15 minutes after it."""
    assert floor(NOON + timedelta(minutes=14, seconds=59, microseconds=9)) == NOON
    assert floor(NOON + timedelta(minutes=15)) == NOON + timedelta(minutes=15)


def test_equal_items_are_one_count() -> None:
    """Items that agree in everything counted are one row with their number."""
    tally = Tally()
    for sample_id in ("a", "b"):
        tally.add(make_sample(sample_id, latency_ms=812), Outcome.RATE)
    assert tally.counts() == [
        TrafficCount(
            bucket=NOON,
            feature="support-chat",
            model="claude-sonnet-5-5",
            stop_reason="end_turn",
            latency_bin="le_1000",
            outcome=Outcome.RATE,
            n=2,
        )
    ]


@pytest.mark.parametrize(
    ("item", "feature"),
    [
        ({"feature": "chat"}, "chat"),
        ({"feature": 5}, "(unknown)"),
        ({"feature": "a\x00"}, "(unknown)"),
        (None, "(unknown)"),
    ],
)
def test_rejected_items_count_for_their_feature(item: object, feature: str) -> None:
    """A rejected item counts under the feature it named, when that is one."""
    tally = Tally()
    tally.add_rejected(item, NOON)
    (count,) = tally.counts()
    assert (count.feature, count.outcome, count.n) == (feature, Outcome.REJECTED, 1)
