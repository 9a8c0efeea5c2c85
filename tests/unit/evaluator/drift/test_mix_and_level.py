"""The change split by segments, and the level of unevenly sampled traffic, beside statsmodels and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.oaxaca import OaxacaBlinder

from evaluator.drift.level import Level, Sums, level
from evaluator.drift.mix import Mix, decompose
from tests.weighing import sums

CELL = st.integers(0, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def _table(cells: Any) -> dict[str, list[float]]:
    return {"n": [n for n, _ in cells], "x": [x for _, x in cells]}


def _mix(before: Any, now: Any) -> Mix:
    found = decompose([f"s{i}" for i in range(len(before))], _table(before), _table(now))
    assert found is not None
    return found


@given(st.lists(CELL, min_size=3, max_size=3), st.lists(CELL, min_size=3, max_size=3))
def test_within_and_mix_add_up(before: list[tuple[int, int]], now: list[tuple[int, int]]) -> None:
    """within + mix is the change of the whole rate, and the segments' parts add up to both."""
    found = decompose(["a", "b", "c"], _table(before), _table(now))
    if found is None:
        assert not sum(n for n, _ in before) or not sum(n for n, _ in now)
        return
    assert found.within.size + found.mix.size == pytest.approx(found.total.size, abs=1e-12)
    assert sum(part.within for part in found.parts) == pytest.approx(found.within.size, abs=1e-12)
    assert sum(part.mix for part in found.parts) == pytest.approx(found.mix.size, abs=1e-12)
    assert found.within.lo <= found.within.size <= found.within.hi


def test_the_split_is_that_of_oaxaca_and_blinder() -> None:
    """On dummies, coefficients + interaction/2 is within, endowments + interaction/2 is mix (statsmodels)."""
    before, now = [(50, 45), (30, 24), (20, 10)], [(20, 17), (40, 30), (40, 18)]
    rows = [
        (s, side, x)
        for side, t in ((0, before), (1, now))
        for s, (n, k) in enumerate(t)
        for x in [1] * k + [0] * (n - k)
    ]
    segment, side, y = map(np.array, zip(*rows, strict=True))
    dummies = np.column_stack([segment == 1, segment == 2, np.ones(len(y))]).astype(float)
    model = OaxacaBlinder(y, np.column_stack([dummies, side]), 3, hasconst=True, swap=False)
    endowments, coefficients, interaction, gap = model.three_fold().params
    found = _mix(before, now)
    sign = np.sign(gap) * np.sign(found.total.size)
    assert found.within.size == pytest.approx(sign * (coefficients + interaction / 2), abs=1e-9)
    assert found.mix.size == pytest.approx(sign * (endowments + interaction / 2), abs=1e-9)


def test_the_interval_by_hand() -> None:
    """Two segments worked out from the design's formulae, with the rate in v drawn in by half a vote."""
    found = _mix([(60, 54), (40, 20)], [(30, 24), (70, 28)])
    v = [(k + 0.5) / (n + 1) * (1 - (k + 0.5) / (n + 1)) / n for n, k in ((60, 54), (40, 20), (30, 24), (70, 28))]
    within = 0.45 * -0.1 + 0.55 * -0.1
    error = 0.45**2 * (v[0] + v[2]) + 0.55**2 * (v[1] + v[3])  # g is the same in both segments, so V(g; w) is 0
    assert found.within.size == pytest.approx(within)
    assert found.within.hi - found.within.size == pytest.approx(1.96 * error**0.5)
    mix = -0.3 * 0.85 + 0.3 * 0.45
    spread = sum(0.85**2 * w + 0.45**2 * (1 - w) - (0.85 * w + 0.45 * (1 - w)) ** 2 for w in (0.6, 0.3)) / 100
    assert found.mix.size == pytest.approx(mix)
    assert found.mix.hi - found.mix.size == pytest.approx(1.96 * (0.15**2 * sum(v) + spread) ** 0.5)


def test_a_new_segment_counts_under_mix() -> None:
    """Poor requests of a kind never seen before are no fall of quality."""
    found = _mix([(1000, 950), (0, 0)], [(1000, 950), (500, 250)])
    assert found.within.size == 0.0
    assert found.mix.hi < 0.0
    assert (found.parts[0].name, found.parts[0].rate_before, found.parts[0].mix < 0) == ("s1", None, True)


def test_the_segment_that_moved_most_comes_first() -> None:
    """Parts are ordered by what they add."""
    found = _mix([(500, 475), (500, 475), (500, 475)], [(500, 470), (500, 400), (500, 460)])
    assert [part.name for part in found.parts] == ["s1", "s2", "s0"]


def test_names_must_fit_the_segments() -> None:
    """A name too few is refused."""
    with pytest.raises(ValueError, match="1 names for 2 segments"):
        decompose(["a"], _table([(1, 1), (1, 1)]), _table([(1, 1), (1, 1)]))


def _level(y: Any, weight: Any) -> Level:
    found = level(sums(y, weight))
    assert found is not None
    return found


def test_the_level_is_that_of_a_weighted_regression() -> None:
    """Rate and variance are those of a weighted mean with a sandwich variance (statsmodels WLS, HC0)."""
    rng = np.random.default_rng(5)
    weight = np.where(rng.random(600) < 0.5, 1.0, 4.0)
    y = (rng.random(600) < np.where(weight > 1, 0.55, 0.95)).astype(float)
    theirs = sm.WLS(y, np.ones(600), weights=weight).fit(cov_type="HC0")
    found = _level(y, weight)
    assert found.rate == pytest.approx(theirs.params[0])
    assert found.n_eff == pytest.approx(found.rate * (1 - found.rate) / theirs.bse[0] ** 2)


def test_equal_weights_change_nothing() -> None:
    """With one sampling rate the level is the plain rate on the votes counted."""
    found = _level([1.0] * 90 + [0.0] * 10, [20.0] * 100)
    assert (found.rate, found.n_eff) == (pytest.approx(0.9), pytest.approx(100.0))


def test_the_design_effect_is_never_below_that_of_the_weights() -> None:
    """A rate of 1, and halves of votes, are no surer than coins with the same weights."""
    weight = [1.0] * 50 + [20.0] * 10
    kish = (50 + 200) ** 2 / (50 + 4000)
    assert _level([1.0] * 60, weight).n_eff == pytest.approx(kish)
    assert _level([0.5, 0.6] * 30, weight).n_eff == pytest.approx(kish)


def test_no_votes_have_no_level() -> None:
    """Without votes there is no rate."""
    assert level(Sums()) is None
