"""Slices: what is enumerated, what is left out, and how they are ranked."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from evaluator.drift.cube import Cube, enumerate_slices
from evaluator.drift.detector import evaluate
from evaluator.drift.slices import SliceCounts, rank

LANG, MODEL = ("lang", "de"), ("model", "x")


def _cube(**dimensions: list[object]) -> Cube:
    rows = len(next(iter(dimensions.values())))
    current = np.arange(rows) >= rows // 2
    return enumerate_slices(dimensions, np.ones(rows), current)


def test_counts_are_those_of_a_plain_loop() -> None:
    """Every slice has the votes and passes that a filter over the rows counts."""
    rng = np.random.default_rng(3)
    dims = {name: rng.choice(["a", "b", "c"], 900).tolist() for name in ("one", "two")}
    y, current = rng.random(900).round(2), rng.random(900) < 0.4
    found = enumerate_slices(dims, y, current)
    assert len(found.slices) == 1 + 3 + 3 + 9
    for one in found.slices:
        hit = np.all([np.array(dims[key]) == value for key, value in one.keys], axis=0) & np.ones(900, dtype=bool)
        expected = [(hit & ~current).sum(), y[hit & ~current].sum(), (hit & current).sum(), y[hit & current].sum()]
        assert [one.n0, one.x0, one.n, one.x] == pytest.approx(expected)


def test_dimensions_without_slices_are_named() -> None:
    """Ids, constants, too many values and no values are left out, each with its reason."""
    many = [i % 31 for i in range(200)]
    left = _cube(id=list(range(200)), same=["a"] * 200, many=many, none=[None] * 200, ok=["a", "b"] * 100).left_out
    assert left == {
        "id": "a value of its own for each row",
        "same": "one value only",
        "many": "31 values, more than 30",
        "none": "no values",
    }


def test_a_row_without_a_value_is_in_no_slice_of_that_dimension() -> None:
    """None, NaN and the empty string are no values."""
    found = _cube(lang=["de", "en", None, ""] * 60, plan=["a", "b", "a", float("nan")] * 60)
    assert {one.keys: one.n0 + one.n for one in found.slices if len(one.keys) == 1} == {
        (("lang", "de"),): 60.0,
        (("lang", "en"),): 60.0,
        (("plan", "a"),): 120.0,
        (("plan", "b"),): 60.0,
    }


def test_a_value_that_is_new_since_the_change_is_named() -> None:
    """It has no baseline of its own, so it is not ranked."""
    found = _cube(model=["old"] * 100 + ["old", "new"] * 50)
    assert [(one.keys, one.n) for one in found.new] == [((("model", "new"),), 50.0)]
    assert (("model", "new"),) not in [one.keys for one in found.slices]


def test_a_slice_is_scored_as_the_detector_weighs_one_start() -> None:
    """The evidence of the whole traffic is that of `evaluate` on a single bucket, with two falls more to weigh."""
    (one,) = rank([SliceCounts((), 1000, 950, 300, 255)])
    look = evaluate({"n": [1000], "x": [950]}, {"n": [[300]], "x": [[255]]}, arl=2880)
    assert look.log_evidence is not None
    assert one.log_evidence == one.score == pytest.approx(look.log_evidence - log(11 / 9))


def test_a_slice_pays_for_the_number_of_its_kind() -> None:
    """Slices that fix one key pay the logarithm of how many were looked at, those with too few votes not counted."""
    fine = [SliceCounts((("lang", f"l{i}"),), 100, 95, 50, 48) for i in range(3)]
    rare = SliceCounts((("lang", "xx"),), 100, 95, 9, 0)
    best = rank([SliceCounts((LANG,), 500, 475, 250, 190), *fine, rare])[0]
    assert best.keys == (LANG,)
    assert best.log_evidence - best.score == pytest.approx(log(4))


def test_of_slices_with_the_same_rows_the_lower_order_is_shown() -> None:
    """A pair that is its key again is not shown, and two keys with the same rows stand side by side."""
    dims = {"lang": ["de", "en"] * 200, "region": ["eu", "us"] * 200}
    current = np.arange(400) >= 200
    y = np.where(current & (np.arange(400) % 2 == 0), 0.0, 1.0)
    best = rank(enumerate_slices(dims, y, current).slices)[0]
    assert (best.keys, best.same) == ((LANG,), ((("region", "eu"),),))


def test_half_of_the_traffic_that_fails_altogether_comes_first() -> None:
    """It is not read as "everything fell by 50 points"."""
    whole, half = SliceCounts((), 400, 396, 200, 99), SliceCounts((LANG,), 200, 198, 100, 0)
    assert rank([whole, half, SliceCounts((("lang", "en"),), 200, 198, 100, 99)])[0].keys == (LANG,)


def test_slices_that_only_count_alike_are_both_shown() -> None:
    """Equal counts of other rows are no duplicates."""
    counts = (500, 475, 250, 190)
    assert len(rank([SliceCounts((LANG,), *counts, rows=1), SliceCounts((MODEL,), *counts, rows=2)])) == 2


def test_where_more_is_worse_a_rise_is_ranked() -> None:
    """With bad="up" the passes count the bad outcome."""
    slices = [SliceCounts((LANG,), 500, 25, 250, 60), SliceCounts((MODEL,), 500, 25, 250, 5)]
    assert [one.keys for one in rank(slices, bad="up")] == [(LANG,)]
    assert [one.keys for one in rank(slices)] == [(MODEL,)]


def test_nothing_to_rank_gives_nothing() -> None:
    """No slices, or none with enough votes, is an empty ranking."""
    assert rank([]) == rank([SliceCounts((), 5, 5, 5, 0)]) == ()


def test_impossible_counts_are_refused() -> None:
    """More passes than votes are refused, with the slice's name."""
    with pytest.raises(ValueError, match=r"slice .*lang"):
        rank([SliceCounts((LANG,), 10, 11, 10, 10)])
    with pytest.raises(ValueError, match="dimension 'lang' has 1 values for 2 votes"):
        enumerate_slices({"lang": ["de"]}, [1, 1], [True, False])
    with pytest.raises(ValueError, match="dimension 'tags' must hold text"):
        enumerate_slices({"tags": [["a"], ["b"]]}, [1, 1], [True, False])
