"""Many questions at once, beside statsmodels, and the intervals of rates and their differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from evaluator.drift.correction import e_bh, holm
from evaluator.drift.intervals import newcombe, wilson

Z = float(norm.ppf(0.975))
P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30)
COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(P_VALUES)
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    """Adjusted p-values agree."""
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


@given(st.lists(st.floats(-5.0, 12.0), max_size=12), st.floats(0.01, 0.5))
def test_e_bh_finds_what_bh_finds_among_the_reciprocals(log_e: list[float], fdr: float) -> None:
    """1/e is a p-value, and e-BH is the Benjamini-Hochberg procedure on it."""
    p = np.minimum(np.exp(-np.array(log_e)), 1.0)
    clear = all(abs(k * e - len(p)) > 1e-6 for k in range(1, len(p) + 1) for e in fdr / np.maximum(p, 1e-300))
    expected = list(multipletests(p, alpha=fdr, method="fdr_bh")[0]) if len(p) else []
    assert not clear or e_bh(log_e, fdr) == expected


def test_e_bh_takes_the_evidence_of_a_long_alarm() -> None:
    """Evidence too large for exp is a finding, not an overflow."""
    assert e_bh([5000.0, -np.inf], 0.1) == [True, False]


@pytest.mark.parametrize("p", [[1.5], [-0.1], [float("nan")], [[0.1]]])
def test_impossible_p_values_are_refused(p: list[float]) -> None:
    """Outside [0, 1], NaN and tables are refused."""
    with pytest.raises(ValueError, match="p-values must be"):
        holm(p)


@given(COUNTS)
def test_wilson_is_that_of_statsmodels(count: tuple[int, int]) -> None:
    """The limits agree."""
    assert wilson(*count, Z) == pytest.approx(proportion_confint(*count, method="wilson"), abs=1e-9)


@given(COUNTS, COUNTS)
def test_newcombe_is_that_of_statsmodels(one: tuple[int, int], two: tuple[int, int]) -> None:
    """The limits of a difference agree."""
    theirs = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff")
    assert newcombe(one, two, Z) == pytest.approx(theirs, abs=1e-9)
