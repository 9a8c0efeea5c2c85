"""Estimates from people's labels: unbiased and covered, though fails are oversampled and traffic goes on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from evaluator.drift.beside_people import CELLS, alike, beside_people
from evaluator.drift.calibration import Labels
from evaluator.labelling.horizon import horizon
from store.labels import Judged
from tests.builders import NOON
from tests.figures import Figures
from tests.statistics.simulation import Array

pytestmark = pytest.mark.slow

SERIES = 800
TRAFFIC = 3000
SETTINGS = [(0.90, 0.95, 0.70, 200), (0.80, 0.90, 0.75, 150), (0.95, 0.97, 0.60, 300)]
"""Share of good answers, TPR and TNR of the judge, labels."""
MONTH = timedelta(days=30)
LARGEST = {"rate": 0.004, "tpr": 0.004, "tnr": 0.03, "kappa": 0.02}
"""Bias: TNR and kappa are ratios of few bad answers, and lean by a tenth or less of their interval's width."""


@dataclass
class Traffic:
    """Samples by what people would say and what the judge says, in the order in which people are asked."""

    good: Array
    passed: Array

    @classmethod
    def drawn(cls, rng: np.random.Generator, n: int, good: float, tpr: float, tnr: float) -> Traffic:
        is_good = rng.random(n) < good
        return cls(is_good, np.where(is_good, rng.random(n) < tpr, rng.random(n) >= tnr))

    def truth(self) -> dict[str, float]:
        """What labels of all of it would say."""
        rate, agreed = float(self.good.mean()), float((self.good == self.passed).mean())
        chance = rate * self.passed.mean() + (1 - rate) * (1 - self.passed.mean())
        tpr, tnr = self.passed[self.good].mean(), 1 - self.passed[~self.good].mean()
        return {"rate": rate, "tpr": float(tpr), "tnr": float(tnr), "kappa": float((agreed - chance) / (1 - chance))}

    def labels(self, of_passes: Array, of_fails: Array) -> Labels:
        passes, fails = self.good[of_passes].sum(), self.good[of_fails].sum()
        return Labels(passes, len(of_passes) - passes, fails, len(of_fails) - fails)


@pytest.mark.parametrize(("good", "tpr", "tnr", "labelled"), SETTINGS)
def test_weighed_estimates_are_unbiased_and_cover(
    good: float, tpr: float, tnr: float, labelled: int, figures: Figures
) -> None:
    """Half of the labels are on fails: the corrected rate, TPR, TNR and kappa hit the truth, plain ones are far off."""
    rng = np.random.default_rng([20261130, labelled])
    errors: dict[str, list[float]] = {name: [] for name in ("rate", "tpr", "tnr", "kappa", "plain tpr", "plain tnr")}
    covered: dict[str, list[bool]] = {name: [] for name in ("rate", "tpr", "tnr", "kappa")}
    for _ in range(SERIES):
        traffic = Traffic.drawn(rng, TRAFFIC, good, tpr, tnr)
        of_passes, of_fails = (np.flatnonzero(side)[: labelled // 2] for side in (traffic.passed, ~traffic.passed))
        labels, truth = traffic.labels(of_passes, of_fails), traffic.truth()
        found = beside_people(labels, traffic.passed.sum(), TRAFFIC, rng)
        assert found is not None
        for name in covered:
            estimate = getattr(found, name)
            errors[name].append(estimate.value - truth[name])
            covered[name].append(estimate.lo <= truth[name] <= estimate.hi)
        errors["plain tpr"].append(labels.pass_pass / (labels.pass_pass + labels.fail_pass) - truth["tpr"])
        errors["plain tnr"].append(labels.fail_fail / (labels.fail_fail + labels.pass_fail) - truth["tnr"])
    bias = {name: float(np.mean(told)) for name, told in errors.items()}
    what = f"{labelled} labels, half on fails, {good:.0%} good, judge {tpr}/{tnr}"
    plain = f"plain TPR {100 * bias['plain tpr']:+.1f}, TNR {100 * bias['plain tnr']:+.1f} points"
    for name in covered:
        least = 0.94 - 3 * (0.95 * 0.05 / SERIES) ** 0.5
        assert figures.at_most(
            "labels", f"bias of {name}, {what}", abs(bias[name]), LARGEST[name], form="{:.4f}", note=plain
        )
        assert figures.at_least("labels", f"{name} covers, {what}", np.mean(covered[name]), least, form="{:.3f}")
    assert abs(bias["plain tpr"]) > 0.05


@pytest.mark.parametrize("agree", [0.95, 0.8])
def test_two_people_weighed(agree: float, figures: Figures) -> None:
    """Half of the pairs are on fails, where two people agree less: their agreement covers that of the traffic."""
    rng = np.random.default_rng([20261130, round(100 * agree)])
    tables = {True: _pairs(0.95, agree), False: _pairs(0.3, agree - 0.2)}
    whole = 0.9 * tables[True] + 0.1 * tables[False]
    truth = whole[0] + whole[3]
    covered, values = [], []
    for _ in range(SERIES):
        counts = {side: dict(zip(CELLS, rng.multinomial(40, table), strict=True)) for side, table in tables.items()}
        found = alike(counts, 900, 1000, rng)
        assert found is not None
        covered.append(found.agreed.lo <= truth <= found.agreed.hi)
        values.append(found.agreed.value)
    what = f"two people agree in {truth:.0%}, 40 pairs on passes and 40 on fails"
    assert figures.at_most("labels", f"bias, {what}", abs(float(np.mean(values)) - truth), 0.005, form="{:.4f}")
    assert figures.at_least("labels", f"covers, {what}", np.mean(covered), 0.925, form="{:.3f}")


def _pairs(good: float, agree: float) -> Array:
    """Shares of the four words of two people."""
    apart = (1 - agree) / 2
    return (
        np.array([good - apart, apart, apart, 1 - good - apart]).clip(0)
        / np.array([good - apart, apart, apart, 1 - good - apart]).clip(0).sum()
    )


def test_labels_stay_random_while_traffic_goes_on(figures: Figures) -> None:
    """Days with and without labelling, answers that get worse, people who leave off anywhere: what counts is unbiased.

    Each day the share of good answers falls a little; people label what is first in the order when they come. The
    estimate is compared with the truth of the very time that it tells of, and with all labels taken as they are.
    """
    rng = np.random.default_rng(20261130)
    errors, naive, used, shares = [], [], [], []
    for _ in range(SERIES // 2):
        error, plain, counted, share = _month(rng)
        errors.append(error)
        naive.append(plain)
        used.append(counted)
        shares.append(share)
    bias, plain = float(np.mean(errors)), float(np.mean(naive))
    error = float(np.std(errors) / len(errors) ** 0.5)
    note = (
        f"{np.mean(used):.0f} labels count, {100 * np.mean(shares):.0f} % of all; all labels as they are {plain:+.4f}"
    )
    what = "bias while traffic goes on and gets worse"
    assert figures.at_most("labels", what, abs(bias), 3 * error + 0.002, form="{:.4f}", note=note)
    assert np.mean(shares) > 0.6


def _month(rng: np.random.Generator) -> tuple[float, float, int, float]:
    """Errors of the estimate and of the plain one, how many labels count, and which share of all that is."""
    days, daily = 20, 150
    at = np.repeat(np.arange(days), daily) + rng.random(days * daily)
    good = rng.random(days * daily) < 0.97 - 0.02 * at
    passed = np.where(good, rng.random(len(at)) < 0.95, rng.random(len(at)) < 0.3)
    place = rng.random(len(at))
    labelled = np.zeros(len(at), dtype=bool)
    for day in range(1, days + 1):
        if day % 5 in (0, 1, 2):
            continue
        for side in (passed, ~passed):
            waiting = np.flatnonzero(side & ~labelled & (at < day))
            labelled[waiting[np.argsort(place[waiting])][: rng.integers(5, 20)]] = True
    judged = [Judged(p, NOON + timedelta(days=float(t)), bool(v)) for p, t, v in zip(place, at, passed, strict=True)]
    drawn = [one for one, done in zip(judged, labelled, strict=True) if done]
    last = {side: max(one.place for one in drawn if one.verdict is side) for side in (True, False)}
    over = [one for one, done in zip(judged, labelled, strict=True) if not done and one.place < last[one.verdict]]
    seen = horizon(drawn, over, MONTH, NOON + timedelta(days=days))
    counts = np.array([seen.counts(one) for one in judged]) & labelled
    told = (at >= (seen.start - NOON) / timedelta(days=1)) & (at < (seen.end - NOON) / timedelta(days=1))
    error = _rate(good, passed, counts, told) - good[told].mean()
    plain = _rate(good, passed, labelled, np.ones_like(told)) - good.mean()
    return error, plain, int(counts.sum()), float(counts.sum() / labelled.sum())


def _rate(good: Array, passed: Array, labelled: Array, told: Array) -> float:
    """The post-stratified rate of what is told of."""
    share = passed[told].mean()
    return float(share * good[labelled & passed].mean() + (1 - share) * good[labelled & ~passed].mean())
