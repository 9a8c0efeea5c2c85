"""Target 1 of the detector: while nothing is wrong, alarms are at most as frequent as promised.

Every series is watched for 30 days and looked at every one or two hours, one row at every bucket (see the table).
Any look with R >= arl counts, even where the detector would only report a minor shift, so this is the stricter claim.
The promise for 30 days is 2880/arl; bounds are one-sided 95 % (Clopper-Pearson). A single row can check the promise of
20 % (a workspace of five monitors); all rows together check 5 % and 1 % too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from tests.figures import Figures
from tests.statistics.simulation import DAY, Array, Simulated, coins, daily_cycle, log_r, sessions, upper_bound

BUCKETS = 30 * DAY
ROW_PROMISE = 0.20
POOLED_PROMISES = (0.20, 0.05, 0.01)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Setting:
    """One row of the table."""

    name: str
    make: Callable[..., Simulated]
    rate: float
    n0: int
    per_day: int
    series: int = 200
    every: int = 4

    def __str__(self) -> str:
        return (
            f"{self.name:11} p0={self.rate:.2f} n0={self.n0:<5} votes/day={self.per_day:<5} every {self.every} buckets"
        )


GRID = [
    Setting("coins", coins, rate, n0, per_day, every=4 if per_day > 1000 else 8)
    for rate in (0.80, 0.90, 0.95, 0.99)
    for n0, per_day in ((200, 96), (200, 5000), (1000, 480), (5000, 5000))
]
SESSIONS = [
    Setting("sessions", sessions, rate, n0, 480, every=8) for rate, n0 in ((0.80, 200), (0.95, 1000), (0.99, 5000))
]
CYCLES = [
    Setting("daily cycle", daily_cycle, rate, n0, per_day, every=8)
    for rate, n0, per_day in ((0.80, 200, 480), (0.95, 1000, 480), (0.97, 5000, 5000))
]
EVERY_LOOK = [Setting("every look", coins, 0.95, 1000, 480, series=100, every=1)]


def _highest(setting: Setting, seed: int) -> Array:
    """The largest ln R of each series over 30 days."""
    rng = np.random.default_rng([20261120, seed])
    data = setting.make(rng, setting.series, BUCKETS, rate=setting.rate, per_day=setting.per_day, n0=setting.n0)
    highest: Array = log_r(data, range(setting.every, BUCKETS + 1, setting.every)).max(1)
    return highest


def _bound(highest: Array, promise: float) -> tuple[float, str]:
    """The upper bound of the false-alarm rate at that promise, and the count that it comes from."""
    alarms = int((highest >= np.log(BUCKETS / promise)).sum())
    return upper_bound(alarms, len(highest)), f"{alarms}/{len(highest)}"


@pytest.mark.parametrize("settings", [GRID, SESSIONS, CYCLES, EVERY_LOOK], ids=["grid", "sessions", "cycle", "every"])
def test_false_alarms_stay_within_the_promise(settings: list[Setting], figures: Figures) -> None:
    """The upper bound of the false-alarm rate over 30 days is at most the promise, per setting and over all of them."""
    highest = [_highest(setting, seed) for seed, setting in enumerate(settings)]
    rows = [(*_bound(values, ROW_PROMISE), str(setting)) for setting, values in zip(settings, highest, strict=True)]
    for bound, count, setting in rows:
        print(f"\n  {setting:66} {count} upper bound {bound:.2%}", end="")
    name, (worst, count, setting) = f"false alarms in 30 days, {settings[0].name}", max(rows)
    note = f"{count} at {' '.join(setting.split())}"
    held = [figures.at_most("1", f"{name}: worst row", worst, ROW_PROMISE, form="{:.1%}", note=note)]
    pooled = np.concatenate(highest)
    for promise in (promise for promise in POOLED_PROMISES if len(pooled) * promise >= 30):
        bound, count = _bound(pooled, promise)
        held += [figures.at_most("1", f"{name}: all rows", bound, promise, form="{:.1%}", note=f"{count}; upper bound")]
    assert all(held)
