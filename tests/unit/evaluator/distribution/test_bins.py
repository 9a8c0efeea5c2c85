"""Bins that people can read, out of those that are stored."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from evaluator.distribution import bins
from evaluator.distribution.bins import RATIO, Bin
from evaluator.drift.quantiles import beyond, quantile, quantile_interval
from store.levels import Level


def levels_of(rng: random.Random, n: int, *, shift: float = 0.0) -> list[Level]:
    """So many values of a wide distribution before and now, in bins as they are stored."""
    found: dict[int, list[float]] = {}
    for side in (0, 1):
        for _ in range(n):
            place = round(rng.gauss(130 + side * shift, 14))
            found.setdefault(place, [0.0, 0.0])[side] += 1
    return [Level(RATIO**place, None, *votes) for place, votes in sorted(found.items())]


def test_hundreds_of_bins_become_readable_ones(rng: random.Random) -> None:
    """At most 40 bins, side by side without a gap, in which no vote is lost."""
    levels = levels_of(rng, 20_000, shift=9)
    found = bins.of_numbers(levels, whole=False)
    assert 20 <= len(found) <= 40
    assert all(one.high == after.low for one, after in pairwise(found))
    for side in ("before", "now"):
        assert sum(getattr(one, side) for one in found) == pytest.approx(20_000)


def test_what_lies_far_out_stands_at_the_ends(rng: random.Random) -> None:
    """One value a million times as large does not stretch the scale: it is in an open bin at the end."""
    levels = [*levels_of(rng, 20_000), Level(RATIO**420, None, 1, 0)]
    last = bins.of_numbers(levels, whole=False)[-1]
    assert last.high is None
    assert last.low is not None
    assert last.low < RATIO**200


def test_zero_is_a_bin_of_its_own() -> None:
    """What cost nothing has no place on a scale of ratios."""
    found = bins.of_numbers([Level(0.0, None, 5, 2), Level(1.0, None, 1, 1), Level(RATIO, None, 2, 3)], whole=False)
    assert found[0] == Bin(0.0, 0.0, 5, 2)


def test_bins_of_whole_numbers_hold_a_whole_number() -> None:
    """Between one and two tokens there is nothing, so there is no bin either."""
    levels = [Level(RATIO**place, None, 1, 1) for place in (0, 14, 22, 28, 33)]
    found = bins.of_numbers(levels, whole=True)
    assert [one.before for one in found] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("levels", [[], [Level(0.0, None, 3, 0)], [Level(4.0, None, 3, 0)]])
def test_little_is_little(levels: list[Level]) -> None:
    """Nothing, only zeros, or one value: as many bins as there are."""
    assert len(bins.of_numbers(levels, whole=True)) == len(levels)


def test_a_scale_of_steps_is_told_step_by_step() -> None:
    """Five grades are five bins, whatever their votes."""
    found = bins.of_scores([Level(i / 4, None, 10, i) for i in range(5)])
    assert [(one.low, one.high) for one in found] == [(i / 4, i / 4) for i in range(5)]


def test_many_labels_are_pooled_but_no_frequent_one() -> None:
    """Forty labels: those that are frequent on either side stand alone, the others are one with their number."""
    levels = [Level(None, f"l{i}", 100 - i, 0) for i in range(40)] + [Level(None, "new", 0, 50)]
    found = bins.of_labels(levels)
    assert len(found) == bins.MOST_LABELS
    assert "new" in [one.label for one in found]
    assert found[-1].pooled == 41 - (bins.MOST_LABELS - 1)
    assert sum(one.before for one in found) == sum(one.before for one in levels)


def test_quantiles_of_bins_are_near_those_of_the_values(rng: random.Random) -> None:
    """The p90 out of bins that grow by 5 % is within 1 % of the p90 of the values."""
    values = sorted(rng.lognormvariate(6.5, 0.7) for _ in range(20_000))
    stored: dict[float, float] = {}
    for value in values:
        edge = RATIO ** math.floor(math.log(value) / math.log(RATIO))
        stored[edge] = stored.get(edge, 0.0) + 1
    edges = sorted(stored)
    found = quantile(edges, [stored[edge] for edge in edges], 0.9, RATIO)
    assert found == pytest.approx(values[18_000], rel=0.01)


def test_the_interval_of_a_quantile_covers_it(rng: random.Random) -> None:
    """In about 95 of 100 draws of 400 votes the interval of the median holds the true median."""
    held = 0
    for _ in range(300):
        values = sorted(rng.random() for _ in range(400))
        lo, hi = quantile_interval(values, [1.0] * 400, 0.5) or (1.0, 0.0)
        held += lo <= 0.5 <= hi
    assert 0.91 <= held / 300 <= 0.99


def test_a_tenth_lies_beyond_the_p90(rng: random.Random) -> None:
    """Of the votes that a quantile is taken of, the part that its name says lies beyond it."""
    levels = levels_of(rng, 5_000)
    values, votes = [one.value or 0.0 for one in levels], [one.before for one in levels]
    p90 = quantile(values, votes, 0.9, RATIO)
    assert p90 is not None
    assert beyond(values, votes, p90, RATIO) / 5_000 == pytest.approx(0.1, abs=1e-9)
