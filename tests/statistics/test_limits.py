"""What the detector cannot do, as figures: printed to be known, and asserted to be no better than the docs say."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest

from evaluator.drift.detector import evaluate
from evaluator.drift.planner import votes_needed
from tests.figures import Figures
from tests.statistics.simulation import DAY, Simulated, coins, log_r, upper_bound

P0, N0, PER_DAY, MONTH = 0.95, 1000, 480, 30 * DAY
HOUR = 4

pytestmark = pytest.mark.slow


def _first_alarms(data: Simulated, arl: float) -> list[float]:
    """The day of each series' first alarm, inf for none, looked at every hour."""
    looks = range(HOUR, data.n.shape[1] + 1, HOUR)
    hits = [(looks[at] for at in np.flatnonzero(row >= log(arl))) for row in log_r(data, looks)]
    alarms = (
        next((at for at in row if evaluate(*data.tables(i, at), arl=arl).alarm), inf) for i, row in enumerate(hits)
    )
    return [at / DAY for at in alarms]


def test_two_points_are_not_seen_with_a_small_baseline(figures: Figures) -> None:
    """With 1000 baseline votes drops of 2 points right after it are mostly not found; the planner names none."""
    rng, arl = np.random.default_rng(20261120), 5.0 * MONTH
    data = coins(rng, 200, MONTH, rate=P0 - 0.02, per_day=PER_DAY, n0=N0)
    data = Simulated(data.n0, rng.binomial(N0, P0, (200, 1)).astype(float), data.n, data.x)
    days = np.array(_first_alarms(data, arl))
    shares = [float((days <= limit).mean()) for limit in (3, 7, 30)]
    name = "drop of 2 points at p0 .95 after 1000 baseline votes: found in 3, 7, 30 days"
    note = (
        "480 votes a day, five monitors; found where the baseline was drawn too high; the planner: enlarge the baseline"
    )
    figures.record("limits", name, ", ".join(f"{share:.0%}" for share in shares), note=note)
    assert votes_needed(P0, 0.02, PER_DAY, N0, arl) is None
    assert shares[1] < 0.5


def test_jitter_from_day_to_day_breaks_the_promise(figures: Figures) -> None:
    """Pass rates that move by a point from day to day, for no reason, alarm more often than the 1 % promised."""
    rng, series, promise = np.random.default_rng(20261120), 400, 0.01
    rates = np.repeat(np.clip(P0 + rng.normal(0.0, 0.01, (series, 30)), 0.0, 1.0), DAY, axis=1)
    n = rng.poisson(PER_DAY / DAY, rates.shape)
    x0 = rng.binomial(N0, P0, (series, 1)).astype(float)
    data = Simulated(
        np.full_like(x0, N0), x0, n[..., None].astype(float), rng.binomial(n, rates)[..., None].astype(float)
    )
    alarms = sum(day < inf for day in _first_alarms(data, MONTH / promise))
    name = "false alarms in 30 days where the rate jitters by 1 point (sd) from day to day"
    note = f"promise {promise:.0%}; {alarms} of {series}, upper bound {upper_bound(alarms, series):.1%}"
    figures.record("limits", name, f"{alarms / series:.1%}", note=note)
    assert alarms / series > promise
