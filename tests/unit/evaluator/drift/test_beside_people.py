"""A judge beside people, and two people beside each other: by hand, and where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.agreement import agreement
from evaluator.drift.beside_people import alike, beside_people
from evaluator.drift.calibration import Labels, post_stratified


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_by_hand() -> None:
    """90 % pass; of passes 9 in 10 are good, of fails 2 in 10: 81 of 100 are good and passed, 2 good and failed."""
    found = beside_people(Labels(45, 5, 10, 40), 900, 1000, _rng())
    assert found is not None
    assert found.tpr is not None
    assert found.tnr is not None
    assert found.kappa is not None
    values = (found.rate.value, found.agreed.value, found.tpr.value, found.tnr.value, found.kappa.value)
    chance = 0.83 * 0.9 + 0.17 * 0.1
    assert values == pytest.approx((0.83, 0.89, 0.81 / 0.83, 0.08 / 0.17, (0.89 - chance) / (1 - chance)))


def test_labels_in_the_traffics_own_shares_agree_with_the_plain_numbers() -> None:
    """Where nothing is oversampled, weighing changes nothing: the same as agreement.py has of pairs."""
    pairs = [("pass", "pass")] * 81 + [("fail", "pass")] * 9 + [("pass", "fail")] * 2 + [("fail", "fail")] * 8
    plain = agreement(pairs, passing={"pass"})
    found = beside_people(Labels(81, 9, 2, 8), 90, 100, _rng())
    assert found is not None
    assert found.kappa is not None
    assert found.tpr is not None
    assert plain.kappa is not None
    assert plain.tpr is not None
    assert (found.kappa.value, found.tpr.value) == pytest.approx((plain.kappa.value, plain.tpr.rate))


def test_the_corrected_rate_has_calibrations_interval() -> None:
    """The rate is post_stratified's: one correction, not two."""
    labels = Labels(45, 5, 10, 40)
    found, known = beside_people(labels, 900, 1000, _rng()), post_stratified(labels, 900, 1000, _rng())
    assert found is not None
    assert known is not None
    assert (found.rate.lo, found.rate.hi) == (known.lo, known.hi)


def test_intervals_hold_their_value() -> None:
    """Also where everybody agrees, and the draws never reach 1."""
    found = beside_people(Labels(30, 0, 0, 30), 900, 1000, _rng())
    assert found is not None
    for one in (found.rate, found.agreed, found.tpr, found.tnr, found.kappa):
        assert one is not None
        assert one.lo <= one.value <= one.hi


@pytest.mark.parametrize(
    ("labels", "passes", "n"),
    [
        (Labels(0, 0, 0, 0), 90, 100),
        (Labels(9, 1, 0, 0), 90, 100),
        (Labels(0, 0, 9, 1), 90, 100),
        (Labels(1, 1, 1, 1), 0, 0),
    ],
)
def test_nothing_is_known_of_a_verdict_that_nobody_labelled(labels: Labels, passes: int, n: int) -> None:
    """Then there is no number, not one of the other verdict."""
    assert beside_people(labels, passes, n, _rng()) is None


def test_a_judge_that_passes_everything_needs_no_labels_on_fails() -> None:
    """It agrees with people on what is good, and by chance alone: kappa is 0."""
    found = beside_people(Labels(45, 5, 0, 0), 100, 100, _rng())
    assert found is not None
    assert found.kappa is not None
    assert (found.rate.value, found.kappa.value) == pytest.approx((0.9, 0.0))


def test_two_people_by_hand() -> None:
    """They agree on all of the passes and on half of the fails, of which there is one in ten."""
    tables = {True: {(True, True): 20}, False: {(True, False): 5, (False, False): 5}}
    found = alike(tables, 90, 100, _rng())
    assert found is not None
    assert found.kappa is not None
    chance = 0.95 * 0.9 + 0.05 * 0.1
    assert (found.agreed.value, found.kappa.value) == pytest.approx((0.95, (0.95 - chance) / (1 - chance)))
    assert alike({True: {(True, True): 20}}, 90, 100, _rng()) is None
    assert alike({}, 0, 0, _rng()) is None


def test_the_same_labels_give_the_same_interval() -> None:
    """Draws come from the generator that is passed in."""
    labels = Labels(45, 5, 10, 40)
    assert beside_people(labels, 900, 1000, _rng()) == beside_people(labels, 900, 1000, _rng())
