"""The false alarms a month that stand beside a plain rule: against months in which nothing happened, counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from evaluator.drift.rule_alarms import MONTH, Expected, Limit, Quiet, rehearse
from evaluator.rules.threshold import Tally, Threshold, first_buckets, judge
from tests.figures import Figures

pytestmark = pytest.mark.slow

PER_BUCKET = 5.0
BASELINE = 1000
SERIES = 100


@dataclass(frozen=True)
class Month:
    """One series: its baseline's share of bad ones, its arrivals, and how often the rule fired though nothing was."""

    normal: float
    n: np.ndarray
    counted: int


def rule(limit: float, looks: int) -> Threshold:
    return Threshold(limit, None, 100, 100, looks, inclusive=True)


def months(p0: float, points: float, looks: int, rng: np.random.Generator) -> Iterator[Month]:
    """A baseline of 1000 votes, 30 days of 480 a day at the same rate, and the live rule's own alarms, counted."""
    for _ in range(SERIES):
        normal = rng.binomial(BASELINE, 1 - p0) / BASELINE
        n = rng.poisson(PER_BUCKET, MONTH).astype(float)
        table = Tally(n, n, rng.binomial(n.astype(int), 1 - p0).astype(float))
        found = judge(table, range(1, MONTH + 1), rule(normal + points, looks), firing=False)
        yield Month(normal, n, sum(one.action == "fire" for one in found))


def estimate(month: Month, points: float, looks: int, rng: np.random.Generator) -> Expected:
    first = first_buckets(month.n, np.arange(1, MONTH + 1), rule(0.0, looks))
    quiet = Quiet(
        month.n, np.zeros(MONTH, dtype=np.int64), np.array([float(BASELINE)]), np.array([BASELINE * month.normal])
    )
    found = rehearse(quiet, Limit(first, month.normal + points, 100, looks), rng, runs=60)
    assert found is not None
    return found


@pytest.mark.parametrize(("p0", "points", "looks"), [(0.95, 0.05, 1), (0.85, 0.05, 1), (0.95, 0.05, 4)])
def test_the_estimate_is_what_quiet_months_raise(p0: float, points: float, looks: int, figures: Figures) -> None:
    """Over 100 series the mean estimate is within a fifth of what was counted, give or take its Monte-Carlo error.

    At least 80 % of the months lie in their interval.
    """
    rng = np.random.default_rng(20261120)
    found = [(month, estimate(month, points, looks, rng)) for month in months(p0, points, looks, rng)]
    counted = np.array([month.counted for month, _ in found], dtype=float)
    expected = np.array([one.mean for _, one in found])
    inside = np.mean([one.lo <= month.counted <= one.hi for month, one in found])
    off = (expected - counted).mean() / counted.mean()
    error = (expected - counted).std(ddof=1) / SERIES**0.5 / counted.mean()
    ok = bool(abs(off) <= 0.2 and inside >= 0.8)
    what = f"down {100 * points:g} points over 100 votes, {looks} look(s), p0 {p0}: false alarms in 100 quiet months"
    said = f"{counted.sum():.0f}, estimated {expected.sum():.0f} (off {off:+.0%} ± {1.645 * error:.0%})"
    said += f"; {inside:.0%} inside"
    note = "asserted within the Monte-Carlo error"
    figures.record("rules", what, said, target="off ≤ 20 %, ≥ 80 % inside", ok=ok, note=note)
    assert abs(off) <= 0.2 + 1.645 * error
    assert inside >= 0.8
