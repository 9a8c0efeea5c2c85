"""The true pass rate from human labels: its intervals cover, and each estimator where it belongs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evaluator.drift.calibration import Labels, TrueRate, post_stratified, rogan_gladen
from tests.figures import Figures
from tests.statistics.simulation import Array

SERIES = 8000
VOTES = 4000
SETTINGS = [
    (200, 0.90, 0.95, 0.80),
    (100, 0.80, 0.90, 0.70),
    (300, 0.95, 0.97, 0.60),
    (200, 0.70, 0.85, 0.85),
    (150, 0.90, 0.90, 0.90),
]

Correction = Callable[[Labels, float, float, np.random.Generator], TrueRate | None]

pytestmark = pytest.mark.slow


def _cells(good: float, sensitivity: float, specificity: float) -> Array:
    """Probabilities of pass/pass, pass/fail, fail/pass, fail/fail (judge/human)."""
    bad = 1 - good
    cells = [good * sensitivity, bad * (1 - specificity), good * (1 - sensitivity), bad * specificity]
    return np.array(cells)


def _coverage(found: list[TrueRate | None], truth: float) -> tuple[float, float]:
    """Coverage and mean width; at most 2 % may be without an answer."""
    answers = [one for one in found if one is not None]
    covered = float(np.mean([one.lo <= truth <= one.hi for one in answers]))
    width = float(np.mean([one.hi - one.lo for one in answers]))
    assert len(answers) >= 0.98 * len(found)
    return covered, width


@pytest.mark.parametrize(("labelled", "good", "sensitivity", "specificity"), SETTINGS)
def test_the_true_rate_covers(
    labelled: int, good: float, sensitivity: float, specificity: float, figures: Figures
) -> None:
    """94 to 97 %, give or take three Monte-Carlo errors, and clearly narrower where labels are of the same window.

    Labels from a time when 15 points fewer answers were good: Rogan and Gladen's still covers, the other collapses.
    """
    rng = np.random.default_rng([20261129, labelled, round(100 * good)])
    now, then = _cells(good, sensitivity, specificity), _cells(good - 0.15, sensitivity, specificity)

    def passes(cells: Array) -> float:
        return float(rng.binomial(VOTES - cells.sum(), now[:2].sum()) + cells[:2].sum())

    def same_window() -> TrueRate | None:
        fresh = rng.multinomial(labelled, now)
        return post_stratified(Labels(*fresh), passes(fresh), VOTES, rng)

    def older(cells: Array, correct: Correction) -> TrueRate | None:
        return correct(Labels(*rng.multinomial(labelled, cells)), passes(np.zeros(4, dtype=int)), VOTES, rng)

    half = SERIES // 2
    inside, width = _coverage([same_window() for _ in range(SERIES)], good)
    moved, wide = _coverage([older(then, rogan_gladen) for _ in range(half)], good)
    alike, _ = _coverage([older(now, rogan_gladen) for _ in range(half)], good)
    broken, _ = _coverage([older(then, post_stratified) for _ in range(500)], good)
    what = f"true rate covers, {labelled} labels, {good:.0%} good, judge {sensitivity}/{specificity}"
    rows = {
        "same window": (inside, SERIES),
        "older labels": (moved, half),
        "older labels of alike answers": (alike, half),
    }
    note = f"widths {100 * width:.1f}, {100 * wide:.1f} points (design: half); older ones post-stratified {broken:.2f}"
    for name, (covered, series) in rows.items():
        error, ok = 3 * (0.95 * 0.05 / series) ** 0.5, 0.94 <= covered <= 0.97
        notes = f"{series} series; asserted within three Monte-Carlo errors; {note}"
        figures.record("happened", f"{what}: {name}", f"{covered:.4f}", target=".94-.97", ok=ok, note=notes)
        assert 0.94 - error <= covered <= 0.97 + error
    assert broken < 0.6
    assert width < 0.65 * wide
