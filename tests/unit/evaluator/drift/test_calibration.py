"""The true pass rate, beside prediction-powered inference worked out by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from evaluator.drift.calibration import Labels, post_stratified, rogan_gladen

LABELS = Labels(pass_pass=80, pass_fail=6, fail_pass=3, fail_fail=11)


def _rng() -> np.random.Generator:
    return np.random.default_rng(20261129)


def test_post_stratified_beside_prediction_powered_inference() -> None:
    """100 labels and 1000 other verdicts, by the formula of Angelopoulos et al. (2023), section on means.

    theta = mean(f) over the 1000 - mean(f - Y) over the 100, its variance the sum of both variances. ppi-python 0.2.3
    gives [.7472, .8728] for it, and .8182 in [.7608, .8757] with its best weight; ours lies within a point of both.
    """
    rectifier, second = (6 - 3) / 100, (6 + 3) / 100
    theta = 0.84 - rectifier
    error = sqrt(0.84 * 0.16 / 1000 + (second - rectifier**2) / 100)
    assert (theta - 1.96 * error, theta + 1.96 * error) == pytest.approx((0.7472, 0.8728), abs=1e-4)
    found = post_stratified(LABELS, 840, 1000, _rng(), draws=200_000)
    assert found is not None
    assert found.rate == pytest.approx(theta, abs=0.01)
    assert (found.lo, found.hi) == pytest.approx((0.7472, 0.8728), abs=0.01)
    assert found.hi - found.lo < 2 * 1.96 * error


def test_post_stratified_is_prediction_powered_with_the_best_weight() -> None:
    """By hand: p PPV + (1-p)(1-NPV) equals mean(Y) + (PPV + NPV - 1)(p - the labels' own share)."""
    ppv, npv = 80 / 86, 11 / 14
    by_hand = 83 / 100 + (ppv + npv - 1) * (0.84 - 0.86)
    assert 0.84 * ppv + 0.16 * (1 - npv) == pytest.approx(by_hand)
    many = Labels(80_000, 6_000, 3_000, 11_000)
    found = post_stratified(many, 840_000, 1_000_000, _rng())
    assert found is not None
    assert found.rate == pytest.approx(by_hand, abs=2e-4)


def test_rogan_gladen_by_hand() -> None:
    """Sensitivity 80/83, specificity 11/17: (.84 + 11/17 - 1) / (80/83 + 11/17 - 1) = .797."""
    by_hand = (0.84 + 11 / 17 - 1) / (80 / 83 + 11 / 17 - 1)
    found = rogan_gladen(Labels(80_000, 6_000, 3_000, 11_000), 840_000, 1_000_000, _rng())
    assert found is not None
    assert found.rate == pytest.approx(by_hand, abs=2e-3)
    assert by_hand == pytest.approx(0.797, abs=5e-4)


def test_the_same_seed_gives_the_same_answer() -> None:
    """The draws come from the generator that is passed in, and from nowhere else."""
    assert post_stratified(LABELS, 840, 1000, _rng()) == post_stratified(LABELS, 840, 1000, _rng())


@pytest.mark.parametrize(
    ("labels", "passes", "n"),
    [
        (Labels(0, 0, 0, 0), 840, 1000),
        (Labels(80, 6, 0, 0), 840, 1000),
        (Labels(0, 0, 3, 11), 840, 1000),
        (LABELS, 0, 0),
    ],
)
def test_what_nobody_labelled_gives_no_post_stratified_rate(labels: Labels, passes: float, n: float) -> None:
    """Without labels on a verdict that was given, or without votes, there is no answer."""
    assert post_stratified(labels, passes, n, _rng()) is None


def test_labels_on_a_verdict_never_given_are_not_needed() -> None:
    """A judge that passed everything needs labels on passes only."""
    assert post_stratified(Labels(80, 6, 0, 0), 1000, 1000, _rng()) is not None


@pytest.mark.parametrize(
    "labels", [Labels(50, 50, 5, 5), Labels(5, 50, 50, 5), Labels(80, 0, 3, 0), Labels(0, 0, 0, 0)]
)
def test_a_judge_that_tells_nothing_gives_no_rate(labels: Labels) -> None:
    """No better than chance, or never tested on one kind: no answer rather than any."""
    assert rogan_gladen(labels, 840, 1000, _rng()) is None


@pytest.mark.parametrize("correct", [post_stratified, rogan_gladen])
def test_impossible_counts_are_refused(correct: Any) -> None:
    """More passes than votes and negative labels are refused."""
    with pytest.raises(ValueError, match="0 <= passes <= n"):
        correct(LABELS, 11, 10, _rng())
    with pytest.raises(ValueError, match="labels must be counts"):
        correct(Labels(-1, 0, 0, 0), 1, 10, _rng())
