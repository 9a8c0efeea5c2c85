"""A judge beside people, checked against the worked examples of the papers."""

from __future__ import annotations

import numpy as np
import pytest

import evaluator.agreement
from evaluator.agreement import Kappa, agreement, kappa

COHEN_1960 = {(0, 0): 88, (0, 1): 14, (0, 2): 18, (1, 0): 10, (1, 1): 40, (1, 2): 10, (2, 0): 2, (2, 1): 6, (2, 2): 12}
FLEISS_1981 = {(0, 0): 75, (0, 1): 1, (0, 2): 4, (1, 0): 5, (1, 1): 4, (1, 2): 1, (2, 2): 10}
DISAGREEMENT_1968 = ((0, 1, 3), (1, 0, 6), (3, 6, 0))


def same(i: int, j: int) -> float:
    """Credit only for the same label."""
    return float(i == j)


def standard_error(found: Kappa | None) -> float:
    """What the interval says of the standard error."""
    assert found is not None
    return (found.hi - found.lo) / 2 / 1.96


def test_kappa_of_cohens_table() -> None:
    """Cohen (1960), 200 patients and three diagnoses: kappa .492."""
    found = kappa(COHEN_1960, 3, same)
    assert found is not None
    assert round(found.value, 3) == 0.492


def test_weighted_kappa_of_cohens_table() -> None:
    """Cohen (1968), the same table with weights of disagreement 0, 1, 3, 6: weighted kappa .348."""
    found = kappa(COHEN_1960, 3, lambda i, j: 1 - DISAGREEMENT_1968[i][j] / 6)
    assert found is not None
    assert round(found.value, 3) == 0.348


def test_standard_error_of_fleiss_table() -> None:
    """Fleiss (1981), 100 subjects: kappa .68, standard error .087, interval .51 to .85."""
    found = kappa(FLEISS_1981, 3, same)
    assert found is not None
    assert (round(found.value, 2), round(found.lo, 1), round(found.hi, 2)) == (0.68, 0.5, 0.85)
    assert standard_error(found) == pytest.approx(0.087, abs=0.001)


@pytest.mark.parametrize("credit", [same, lambda i, j: 1 - ((i - j) / 2) ** 2])
def test_the_standard_error_is_that_of_repeated_tables(credit: evaluator.agreement.Credit) -> None:
    """Over 2,000 tables drawn from one population, kappa varies as the formula says."""
    shares = np.array([COHEN_1960[i, j] for i in range(3) for j in range(3)]) / 200
    tables = np.random.default_rng(7).multinomial(400, shares, size=2000)
    drawn = [{(k // 3, k % 3): float(n) for k, n in enumerate(table)} for table in tables]
    values = [found.value for table in drawn if (found := kappa(table, 3, credit))]
    claimed = kappa({cell: 2.0 * n for cell, n in COHEN_1960.items()}, 3, credit)
    assert np.std(values) == pytest.approx(standard_error(claimed), rel=0.06)


def test_no_pairs_is_no_agreement() -> None:
    """Nothing judged gives None everywhere, never 0."""
    found = agreement([], passing={"pass"})
    assert (found.n, found.agreed, found.kappa, found.tpr, found.tnr) == (0, None, None, None, None)


def test_one_label_only_has_no_kappa() -> None:
    """When people and judge always say the same one word, chance explains it all."""
    found = agreement([("pass", "pass")] * 9, passing={"pass"})
    assert (found.kappa, found.tnr) == (None, None)


def test_few_pairs_that_agree_prove_little() -> None:
    """Five of five is kappa 1, with an interval that starts near chance."""
    found = agreement([("a", "a")] * 3 + [("b", "b")] * 2, passing={"a"}).kappa
    assert found is not None
    assert (found.value, found.hi) == (1.0, 1.0)
    assert found.lo == pytest.approx(0.095, abs=0.001)


def test_the_order_makes_near_misses_cheap() -> None:
    """On a scale, a judge that is one step off is better than its plain kappa, and far better than its opposite."""
    scale = ("1", "2", "3", "4")
    near = agreement([("1", "2"), ("2", "1"), ("3", "4"), ("4", "3")] * 5, {"3", "4"}, scale)
    far = agreement([("1", "4"), ("2", "3"), ("3", "2"), ("4", "1")] * 5, {"3", "4"}, scale)
    assert near.kappa is not None
    assert near.weighted is not None
    assert far.weighted is not None
    assert far.weighted.value < near.kappa.value < 0 < near.weighted.value


def test_rates_are_of_what_people_said() -> None:
    """Several labels pass: the rates ask whether judge and people fall on the same side."""
    pairs = [("full", "full"), ("full", "partial"), ("none", "partial"), ("partial", "none")]
    found = agreement(pairs, passing={"none", "partial"})
    assert found.tpr is not None
    assert found.tnr is not None
    assert (found.tpr.rate, found.tpr.n, found.tnr.rate, found.tnr.n) == (1.0, 2, 0.5, 2)


def test_a_label_outside_of_the_scale_is_refused() -> None:
    """A misspelt label is named, not counted."""
    with pytest.raises(ValueError, match="outside of the scale"):
        agreement([("4", "good")], passing={"4"}, order=("1", "4"))
