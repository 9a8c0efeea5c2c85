"""Batteries of indicators raise no more false alarms than promised: continuous, ordinal and categorical metrics.

As in test_false_alarms.py: 30 days with nothing wrong, any look with R >= arl counts, bounds are one-sided 95 %
(Clopper-Pearson), a row checks the promise of 20 % and all rows together 5 %.
Beside them what is used today: once a day, the day's values against the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from evaluator.drift.battery import LEAST
from tests.figures import Figures
from tests.statistics.daily_tests import DAILY, alarm_days
from tests.statistics.simulation import DAY, Array, upper_bound
from tests.statistics.streams import (
    LABEL,
    LATENCY,
    SCORE,
    Draw,
    Metric,
    Stream,
    battery,
    labels,
    latency,
    log_r_of,
    stream,
    tokens,
)

BUCKETS = 30 * DAY
SERIES = 100
ROW_PROMISE = 0.20
POOLED_PROMISES = (0.20, 0.05)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Setting:
    """One row of the table."""

    name: str
    draw: Draw
    metric: Metric
    n0: int = 1000
    per_day: int = 480
    strata: int = 1
    every: int = 12

    def __str__(self) -> str:
        return f"{self.name:38} n0={self.n0:<5} votes/day={self.per_day:<5} {self.strata} strata, every {self.every}"


RARE = (0.88, 0.05, 0.02, 0.02, 0.01, 0.005, 0.005, 0.005, 0.005)
SCORES = (0.02, 0.03, 0.10, 0.35, 0.50)
TOKENS = Metric("both", ridit=True)
SMALL_BLOCKS = Setting("latency, ±10 %, small baseline", latency(swing=0.10), LATENCY, n0=200, strata=4, every=48)
CONTINUOUS = [
    Setting("latency, lognormal", latency(), LATENCY, every=8),
    Setting("latency, small baseline", latency(), LATENCY, n0=200, per_day=96),
    Setting("latency, daily cycle of ±10 %", latency(swing=0.10), LATENCY, strata=4, every=24),
    SMALL_BLOCKS,
    Setting("tokens, 30 % at their cap, both sides", tokens, TOKENS),
]
OTHERS = [
    Setting("scores 1..5", labels(SCORES), SCORE, every=8),
    Setting("scores 1..5, small baseline", labels(SCORES), SCORE, n0=200, per_day=96),
    Setting("scores 1..5, rarely bad", labels((0.001, 0.001, 0.003, 0.045, 0.95)), SCORE),
    Setting("labels, four of them at 0.5 %", labels(RARE), LABEL),
    Setting("labels, small baseline", labels(RARE), LABEL, n0=200, per_day=96),
    Setting("labels in four strata", labels(RARE), LABEL, strata=4, every=48),
]


def _streams(setting: Setting) -> list[Stream]:
    rng = np.random.default_rng([20261129, *setting.name.encode(), setting.n0])
    swing = 0.6 if setting.strata > 1 else 0.0
    options = {"buckets": BUCKETS, "per_day": setting.per_day, "n0": setting.n0, "swing": swing}
    return [stream(rng, setting.draw, **options) for _ in range(SERIES)]  # type: ignore[arg-type]


def _holds(figures: Figures, name: object, highest: Array, promise: float, beside: str = "") -> bool:
    """Record one line of the table and say whether its bound is within the promise."""
    alarms = int((highest >= np.log(BUCKETS / promise)).sum())
    bound = upper_bound(alarms, len(highest))
    note = f"{alarms}/{len(highest)}, upper bound{beside}"
    what = f"false alarms in 30 days, {' '.join(str(name).split())}"
    return figures.at_most("types", what, bound, promise, form="{:.1%}", note=note)


@pytest.mark.parametrize("settings", [CONTINUOUS, OTHERS], ids=["continuous", "ordinal and categorical"])
def test_batteries_keep_the_promise(settings: list[Setting], figures: Figures) -> None:
    """The upper bound of the false-alarm rate over 30 days is at most the promise, per setting and over all of them."""
    highest, held = [], []
    for setting in settings:
        made = _streams(setting)
        tables = [battery(one, setting.metric, setting.strata) for one in made]
        highest.append(log_r_of(tables, range(setting.every, BUCKETS + 1, setting.every)).max(1))
        today = {rule: sum(len(alarm_days(rule, one, setting.metric)) for one in made) for rule in DAILY}
        beside = f"; daily tests, over {len(made)} series: " + ", ".join(f"{k} {v}" for k, v in today.items())
        held.append(_holds(figures, setting, highest[-1], ROW_PROMISE, beside))
    pooled = np.concatenate(highest)
    name = f"all {'continuous' if settings is CONTINUOUS else 'ordinal and categorical'} rows"
    assert all(held + [_holds(figures, name, pooled, promise) for promise in POOLED_PROMISES])


def test_half_a_vote_costs_no_false_alarm(figures: Figures) -> None:
    """Small strata whose reference begins with half a vote on either side alarm falsely no more often than without."""
    tables = [battery(one, LATENCY, SMALL_BLOCKS.strata) for one in _streams(SMALL_BLOCKS)]
    looks = range(SMALL_BLOCKS.every, BUCKETS + 1, SMALL_BLOCKS.every)
    counts = {
        least: [int((highest >= np.log(BUCKETS / promise)).sum()) for promise in POOLED_PROMISES]
        for least in (0.0, LEAST)
        for highest in [log_r_of(tables, looks, least=least).max(1)]
    }
    said = {least: " and ".join(f"{count}/{SERIES}" for count in found) for least, found in counts.items()}
    what = f"false alarms in 30 days without half a vote, {SMALL_BLOCKS.name}, for promises of 20 and 5 %"
    figures.record("types", " ".join(what.split()), said[0.0], note=f"with it {said[LEAST]}")
    assert sum(counts[LEAST]) <= sum(counts[0.0])
