"""Target 1 where a baseline is cut into many strata: alarms stay as rare as promised, however alike the strata are.

Rates per stratum are drawn from Beta(spread p, spread (1 - p)) (spread 0: all equal). Two weeks, looks every half day.
Beside it, how much later a fall of 10 points in all strata is found than where they are known to be one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.figures import Figures
from tests.statistics.simulation import DAY, Simulated, log_r, upper_bound

BUCKETS, EVERY, SERIES, PROMISE = 14 * DAY, 48, 120, 0.20
FALL, ARL = 4 * DAY, 5 * 30 * DAY

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Cut:
    """A baseline of n0 votes in so many equal strata, rates around p."""

    strata: int
    n0: int
    p: float
    spread: float

    def draw(self, rng: np.random.Generator, *, drop: float = 0.0) -> Simulated:
        """Series of 450 votes a day; after four days all rates are lower by `drop`."""
        shape = (SERIES, self.strata)
        rates = np.full(shape, self.p)
        if self.spread:
            rates = rng.beta(self.p * self.spread, (1 - self.p) * self.spread, shape)
        n0 = rng.multinomial(self.n0, np.full(self.strata, 1 / self.strata), SERIES)
        n = rng.poisson(450 / DAY / self.strata, (SERIES, BUCKETS, self.strata))
        later = (np.arange(BUCKETS) >= FALL)[None, :, None]
        x = rng.binomial(n, np.clip(rates[:, None] - drop * later, 0, 1))
        return Simulated(n0.astype(float), rng.binomial(n0, rates).astype(float), n.astype(float), x.astype(float))


CUTS = [
    Cut(24, 500, 0.90, 0),
    Cut(24, 500, 0.99, 0),
    Cut(40, 500, 0.90, 0),
    Cut(24, 500, 0.90, 10),
    Cut(24, 500, 0.90, 30),
    Cut(12, 500, 0.97, 30),
    Cut(12, 500, 0.97, 100),
    Cut(8, 300, 0.99, 100),
    Cut(4, 200, 0.99, 30),
]


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_many_sparse_strata_keep_the_promise(cut: Cut, figures: Figures) -> None:
    """The upper 95 % bound of the false-alarm rate is at most the promise."""
    rng = np.random.default_rng([20261129, cut.strata, cut.n0, round(1000 * cut.p), round(cut.spread)])
    highest = log_r(cut.draw(rng), range(EVERY, BUCKETS + 1, EVERY)).max(1)
    alarms = int((highest >= np.log(BUCKETS / PROMISE)).sum())
    bound = upper_bound(alarms, SERIES)
    what = f"{cut.strata} strata, n0={cut.n0}, p={cut.p}, spread {cut.spread:g}: upper bound"
    assert figures.at_most("1", what, bound, PROMISE, form="{:.1%}", note=f"{alarms} of {SERIES}")


def _hours(cut: Cut) -> float:
    """The mean of the hours from a fall of 10 points to the evidence for it; three days where there is none."""
    looks = range(FALL, FALL + 3 * DAY + 1, 4)
    found = log_r(cut.draw(np.random.default_rng([20261129, cut.strata]), drop=0.1), looks) >= np.log(ARL)
    return float(np.where(found.any(1), found.argmax(1), len(looks) - 1)[~found[:, 0]].mean())


def test_many_sparse_strata_take_longer(figures: Figures) -> None:
    """A fall of 10 points in all of 24 strata is found some hours later than in one, in less than twice the time."""
    many, one = (_hours(Cut(strata, 500, 0.90, 0)) for strata in (24, 1))
    what = "10 points in 24 strata of 500 baseline votes in all, five monitors: mean delay"
    figures.record("limits", what, f"{many:.1f} h", note=f"{one:.1f} h in one stratum, {SERIES} series each")
    assert one < many < 2.0 * one
