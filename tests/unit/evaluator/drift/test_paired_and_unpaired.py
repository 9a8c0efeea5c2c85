"""Pairs and groups against a margin: the numbers of others, and what must hold for all counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

from evaluator.drift.noninferiority import Z, against, votes_to_decide
from evaluator.drift.paired import Pairs, paired
from evaluator.drift.standardised import standardised
from evaluator.drift.unpaired import Groups

TABLES = [Pairs(1, 7, 1, 12), Pairs(59, 16, 6, 80), Pairs(900, 40, 55, 5), Pairs(3, 0, 9, 0), Pairs(10, 4, 0, 1)]
GROUPS = [Groups(70, 56, 80, 48), Groups(10, 9, 10, 3), Groups(400, 372, 380, 314), Groups(56, 56, 29, 29)]
cells = st.floats(0.0, 500.0)


@pytest.mark.parametrize("table", TABLES)
def test_mcnemar_equals_statsmodels(table: Pairs) -> None:
    """The exact two-sided p value is the one of statsmodels."""
    theirs = mcnemar([[table.both, table.fell], [table.rose, table.neither]], exact=True).pvalue
    assert table.p_changed == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("table", GROUPS)
def test_newcombe_equals_statsmodels(table: Groups) -> None:
    """The interval is the one of statsmodels, to the digits of z."""
    args = (table.x1, table.n1, table.x0, table.n0)
    theirs = confint_proportions_2indep(*args, method="newcomb", compare="diff", alpha=0.05)
    assert table.interval(Z) == pytest.approx(theirs, abs=1e-7)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 10), (0.6075, 1.0000)),
    ],
)
def test_newcombe_equals_the_examples_of_its_paper(
    counts: tuple[int, int, int, int], interval: tuple[float, float]
) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table II, method 10."""
    x1, n1, x0, n0 = counts
    assert Groups(n0, x0, n1, x1).interval(Z) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(
    ("table", "interval"),
    [(Pairs(1, 7, 1, 12), (-0.517, -0.026)), (Pairs(59, 16, 6, 80), (-0.124, -0.005))],
)
def test_tango_equals_the_examples_of_a_book(table: Pairs, interval: tuple[float, float]) -> None:
    """Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017), chapter 8."""
    assert table.interval(Z) == pytest.approx(interval, abs=6e-4)


def likelihood_score(table: Pairs, d: float) -> float:
    """T(d) with the likeliest share of falls found by search in place of the formula."""
    same = table.both + table.neither

    def surprise(fell: float) -> float:
        rose = fell + d
        return -sum(n * math.log(p) for n, p in ((table.fell, fell), (table.rose, rose), (same, 1 - fell - rose)) if n)

    lo, hi = max(0.0, -d) + 1e-12, (1 - d) / 2 - 1e-12
    fell = minimize_scalar(surprise, bounds=(lo, hi), method="bounded", options={"xatol": 1e-12}).x
    return float((table.rose - table.fell - table.n * d) / math.sqrt(table.n * (2 * fell + d - d * d)))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("d", [-0.3, -0.02, 0.0, 0.05])
def test_tangos_formula_is_the_maximum_of_the_likelihood(table: Pairs, d: float) -> None:
    """A search for the likeliest shares gives the same score."""
    assert table.z_at(d) == pytest.approx(likelihood_score(table, d), abs=1e-4)


@pytest.mark.parametrize("z", [1.0, 1.959964, 3.5])
@pytest.mark.parametrize("table", [*TABLES, *GROUPS], ids=str)
def test_the_ends_of_an_interval_are_where_the_test_turns(table: Pairs | Groups, z: float) -> None:
    """At the lower end the score is z, at the upper end -z: tests and intervals never disagree."""
    lo, hi = table.interval(z) or (None, None)
    assert lo is not None
    assert hi is not None
    assert table.z_at(lo) == pytest.approx(z, abs=1e-4) or lo <= -1 + 1e-9
    assert table.z_at(hi) == pytest.approx(-z, abs=1e-4) or hi >= 1 - 1e-9


@given(cells, cells, cells, cells)
def test_an_interval_of_pairs_holds_the_difference(both: float, fell: float, rose: float, neither: float) -> None:
    """It lies in [-1, 1] around the difference, and no count at all gives None."""
    table = Pairs(both, fell, rose, neither)
    found = table.interval()
    if not table.n:
        assert found is None
        return
    assert found is not None
    assert -1.0 - 2e-9 <= found[0] - 1e-9 <= table.difference <= found[1] + 1e-9 <= 1.0 + 2e-9  # type: ignore[operator]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_whole_votes_are_counted_into_their_cells(votes: list[tuple[bool, bool]]) -> None:
    """Without fractions the cells are plain counts."""
    table = paired([(float(before), float(after)) for before, after in votes])
    kinds = [(True, True), (True, False), (False, True), (False, False)]
    assert [table.both, table.fell, table.rose, table.neither] == [votes.count(kind) for kind in kinds]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=40))
def test_fractions_never_make_the_variance_too_small(votes: list[tuple[float, float]]) -> None:
    """The spread cells have the rates of the votes and at least the variance of their differences."""
    table = paired(votes)
    differences = np.array([after - before for before, after in votes])
    assert table.difference == pytest.approx(differences.mean(), abs=1e-9)
    assert table.variance >= differences.var() - 1e-9


@pytest.mark.parametrize("bad", [(-1, 0, 0, 0), (math.nan, 0, 0, 0), (math.inf, 0, 0, 0)])
def test_impossible_pairs_are_refused(bad: tuple[float, ...]) -> None:
    """Counts are finite and not negative."""
    with pytest.raises(ValueError, match="counts of pairs"):
        Pairs(*bad)


@pytest.mark.parametrize("bad", [(1, 2, 1, 1), (1, 1, 1, -1), (math.nan, 0, 1, 1)])
def test_impossible_groups_are_refused(bad: tuple[float, ...]) -> None:
    """Passes are at most the votes."""
    with pytest.raises(ValueError, match="groups need"):
        Groups(*bad)


@pytest.mark.parametrize("empty", [Pairs(0, 0, 0, 0), Groups(0, 0, 5, 5), Groups(5, 5, 0, 0)])
def test_no_data_is_none_everywhere(empty: Pairs | Groups) -> None:
    """Never 0."""
    asked = (empty.difference, empty.p_fell, empty.p_changed, empty.z_at(0.0), empty.interval(), against(empty, 0.02))
    assert asked == (None,) * 6
    assert votes_to_decide(empty, 0.02) is None


@pytest.mark.parametrize("margin", [-0.1, 1.0, math.nan])
def test_an_impossible_margin_is_refused(margin: float) -> None:
    """The margin lies in [0, 1)."""
    with pytest.raises(ValueError, match="margin"):
        against(Pairs(1, 1, 1, 1), margin)


def test_more_votes_turn_the_same_rates_into_a_verdict() -> None:
    """What 100 pairs leave open, ten thousand decide, for better or worse."""
    small, good, bad = Pairs(90, 5, 5, 0), Pairs(9000, 500, 500, 0), Pairs(8500, 1000, 500, 0)
    found = [against(table, 0.02) for table in (small, good, bad)]
    assert [(one.not_worse, one.p_worse <= 0.025) for one in found if one] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_a_certain_fall_within_the_margin_is_tolerated() -> None:
    """Significant is not the same as too much."""
    table = Pairs(95_000, 3000, 2000, 0)
    found = against(table, 0.02)
    assert table.p_changed is not None
    assert table.p_changed < 1e-6
    assert found is not None
    assert found.not_worse


def test_strata_that_all_passed_count_like_their_sum() -> None:
    """With nothing failed before, three equal strata say as much as the votes of all three together."""
    strata = [Groups(100, 100, 100, 80)] * 3
    found = standardised(strata)
    assert (found.n0, found.x0) == pytest.approx((300, 300))
    assert found.p_fell == pytest.approx(Groups(300, 300, 300, 240).p_fell)


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 300), st.integers(1, 300)), min_size=1, max_size=12))
def test_standardised_groups_are_groups(strata: list[tuple[int, int, int]]) -> None:
    """Whatever the strata, the first group has no more votes than it began with, and no more passes than votes."""
    found = standardised([Groups(n0, min(x0, n0), n1, n1) for n0, x0, n1 in strata])
    assert 0.0 < found.n0 <= sum(n0 for n0, _, _ in strata) * (1 + 1e-9)
    assert found.p_fell is not None


def test_votes_that_are_fractions_never_overstate_a_fall() -> None:
    """Part of a fail counts as one."""
    assert Groups(10.99, 9.01, 10, 6).p_fell >= Groups(11, 9, 10, 6).p_fell
