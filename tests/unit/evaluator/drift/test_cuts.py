"""Which indicators a metric gets, and how they are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.categories import Category, categories
from evaluator.drift.cuts import Cut, cuts
from evaluator.drift.ridit import Direction
from evaluator.drift.words import Wording, told, which


def test_large_is_bad_cuts_the_upper_tail() -> None:
    """The shares from p50, p75, p90, p95 and p99 on, in this order."""
    found = cuts(np.arange(1000), np.ones(1000), "up")
    assert [cut.share for cut in found] == [0.5, 0.25, 0.1, 0.05, 0.01]
    assert [cut.level for cut in found] == [500, 750, 900, 950, 990]


def test_small_is_bad_is_the_mirror() -> None:
    """The shares below p50, p25, p10, p5 and p1."""
    found = cuts(np.arange(1000), np.ones(1000), "down")
    assert [(cut.name, cut.share) for cut in found] == [
        ("p50", 0.5),
        ("p25", 0.25),
        ("p10", 0.1),
        ("p5", 0.05),
        ("p1", 0.01),
    ]


def test_both_sides_are_both_lists() -> None:
    """A metric that may move either way has the cuts of both directions, each counting its own bad outcome."""
    values, votes = np.arange(1000), np.ones(1000)
    assert cuts(values, votes, "both") == cuts(values, votes, "up") + cuts(values, votes, "down")


def test_scores_are_cut_between_neighbours() -> None:
    """Five levels have four cuts, told by the last value on the bad side."""
    found = cuts([1, 2, 3, 4, 5], [1, 1, 2, 6, 10], "down")
    assert [(cut.name, cut.shown) for cut in found] == [("≤ 4", 4), ("≤ 3", 3), ("≤ 2", 2), ("≤ 1", 1)]
    assert found[0].holds([1, 4, 5]).tolist() == [True, True, False]
    assert [cut.name for cut in cuts([1, 2, 3], [60, 37, 3], "up")] == ["≥ 2", "≥ 3"]


def test_cuts_that_fall_together_count_once_and_say_where_they_lie() -> None:
    """With nine of ten votes in one bin there are less than five cuts, none of them named like another."""
    values = np.arange(100)
    found = cuts(values, np.where(values == 40, 900, 1), "up")
    assert len({cut.level for cut in found}) == len(found) < 5
    assert len({cut.name for cut in found}) == len(found)


def test_a_cap_leaves_a_cut_beyond_it() -> None:
    """Where a third of the votes lie in the highest bin, values above it are noticed by a cut of their own."""
    votes = np.ones(100)
    votes[-1] = 50
    last = cuts(np.arange(100), votes, "up")[-1]
    assert (last.name, last.share) == ("> 99", 0.0)
    assert last.holds([98, 99, 100]).tolist() == [False, False, True]


@pytest.mark.parametrize(("direction", "value"), [("up", 900.0), ("down", 50.0)])
def test_a_level_beyond_few_frequent_ones_is_noticed(direction: Direction, value: float) -> None:
    """Where a metric had three frequent levels, a new one beyond them is counted by a cut that none of them reached."""
    last = cuts([100, 200, 400], [300, 400, 300], direction)[-1]
    assert last.share == 0.0
    assert last.holds([100, 200, 400, value]).tolist() == [False, False, False, True]


@pytest.mark.parametrize(("direction", "value"), [("up", 6.0), ("down", 4.0)])
def test_a_constant_metric_notices_change(direction: str, value: float) -> None:
    """A metric that was always 5 has one cut, beyond 5."""
    (only,) = cuts([5], [300], direction)  # type: ignore[arg-type]
    assert only.share == 0.0
    assert only.holds([5, value]).tolist() == [False, True]


@given(
    st.dictionaries(st.integers(-50, 50), st.integers(0, 40), min_size=1, max_size=60),
    st.sampled_from(["up", "down", "both"]),
)
def test_a_cut_says_the_share_that_it_counts(bins: dict[int, int], direction: str) -> None:
    """Whatever the baseline, each cut's share is what it counts there, and no two count the same."""
    levels = np.array(sorted(bins))
    votes = np.array([bins[level] for level in levels])
    if not votes.sum():
        return
    found = cuts(levels, votes, direction)  # type: ignore[arg-type]
    assert [cut.share for cut in found] == pytest.approx(
        [votes[cut.holds(levels)].sum() / votes.sum() for cut in found]
    )
    assert len({(cut.direction, cut.level) for cut in found}) == len(found) > 0
    assert all(cut.share < 1.0 for cut in found)


@pytest.mark.parametrize(
    ("values", "votes", "direction", "says"),
    [
        ([1, 2], [0, 0], "up", "with votes"),
        ([2, 1], [1, 1], "up", "increasing"),
        ([1, float("nan")], [1, 1], "up", "increasing|finite"),
        ([1], [1], "left", "direction"),
    ],
)
def test_what_cannot_be_cut_is_named(values: list[float], votes: list[int], direction: str, says: str) -> None:
    """A baseline without votes, out of order or with NaN, and an unknown direction are refused."""
    with pytest.raises(ValueError, match=says):
        cuts(values, votes, direction)  # type: ignore[arg-type]


def test_labels_are_watched_to_both_sides_and_rare_ones_together() -> None:
    """Frequent labels one by one, those below 0.2 % as "other", unseen ones as "new"."""
    found = categories(["a", "b", "c", "d", "e"], [9000, 976, 8, 8, 8])
    assert [(one.name, one.bad) for one in found] == [
        ("a", "up"),
        ("a", "down"),
        ("b", "up"),
        ("b", "down"),
        ("other", "up"),
        ("new", "up"),
    ]
    assert found[4].holds(["c", "a", "zzz"]).tolist() == [True, False, False]
    assert found[-1].holds(["c", "a", "zzz"]).tolist() == [False, False, True]


def test_a_single_rare_label_keeps_its_name() -> None:
    """A pool of one is told as the label that it is."""
    assert [one.name for one in categories(["a", "b"], [9995, 5])] == ["a", "a", "b", "new"]


def test_a_label_called_other_is_no_pool() -> None:
    """Labels are the users' own: kinds, not names, tell what an indicator counts."""
    found = categories(["other", "new"], [50, 50])
    assert [one.kind for one in found] == ["label"] * 4 + ["new"]


def test_many_labels_are_at_most_twenty_indicators_and_a_pool() -> None:
    """A feature with fifty labels gets the twenty most frequent, the others pooled."""
    found = categories([f"l{i:02}" for i in range(50)], [100 - i for i in range(50)])
    assert len({one.labels for one in found if one.kind == "label"}) == 20
    assert sum(one.share for one in found if one.bad == "up") == pytest.approx(1.0)


def test_labels_without_votes_are_new() -> None:
    """A label that only is in the list was never seen."""
    assert categories(["a", "b"], [10, 0])[-1].holds(["b"]).tolist() == [True]


@pytest.mark.parametrize(
    ("labels", "votes", "says"), [(["a"], [0], "with votes"), (["a", "a"], [1, 1], "distinct"), (["a"], [1, 1], "many")]
)
def test_what_is_no_distribution_is_named(labels: list[str], votes: list[int], says: str) -> None:
    """No votes, equal labels and a missing label are refused."""
    with pytest.raises(ValueError, match=says):
        categories(labels, votes)


@pytest.mark.parametrize(
    ("indicator", "says"),
    [
        (Cut(0.0031, "up", "p95", 0.05, 0.0031), "dearer than the baseline's p95 ($0.0031)"),
        (Cut(0.0031, "down", "p5", 0.05, 0.0031), "cheaper than the baseline's p5 ($0.0031)"),
        (Cut(2.0, "down", "< 2", 0.0, 2.0), "cheaper than $2"),
        (Cut(4.0, "up", "≥ 4", 0.1, 4.0), "at $4 or higher"),
        (Category("other", ("a", "b"), "up", 0.01), "from among the rare ones"),
    ],
)
def test_every_kind_of_indicator_has_words(indicator: Cut | Category, says: str) -> None:
    """Percentiles, ends, steps and pools are told in the metric's own wording."""
    assert which(indicator, Wording("dearer than", "cheaper than", "${}", "at", "from")) == says


def test_small_shares_keep_a_digit() -> None:
    """Shares that a whole per cent would hide are told with one digit, tiny ones with two."""
    label = Category("label", ("{x}",), "up", 0.004)
    assert told(label, 0.004, 0.06, Wording()) == "share with {x}: 0.4 % → 6.0 %"
    assert told(label, 0.0004, 0.06, Wording()) == "share with {x}: 0.04 % → 6.00 %"
    assert told(label, 0.0, 0.06, Wording()) == "share with {x}: 0 % → 6 %"
