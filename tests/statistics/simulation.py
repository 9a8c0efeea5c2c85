"""Many simulated series at once, pushed through the detector's own functions with a leading series axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from evaluator.drift.evidence import log_e, log_sum_exp, prior
from evaluator.drift.starts import starts, with_markers

Array = NDArray[np.float64]
DAY = 96


@dataclass(frozen=True)
class Simulated:
    """Baselines (series, S) and buckets (series, T, S) of votes n and passes x."""

    n0: Array
    x0: Array
    n: Array
    x: Array

    @property
    def running(self) -> tuple[Array, Array]:
        """Sums of n and x before each bucket, (series, T + 1, S)."""
        return _running(self.n), _running(self.x)

    def tables(self, i: int, until: int) -> tuple[dict[str, Array], dict[str, Array]]:
        """What `evaluate` takes, for series i at the end of bucket until - 1."""
        return {"n": self.n0[i], "x": self.x0[i]}, {"n": self.n[i, :until], "x": self.x[i, :until]}


def _running(values: Array) -> Array:
    return np.concatenate([np.zeros_like(values[:, :1]), np.cumsum(values, axis=1)], axis=1)


def coins(
    rng: np.random.Generator, series: int, buckets: int, *, rate: Array | float, per_day: float, n0: int
) -> Simulated:
    """One stratum of independent votes: a baseline of n0 at the first bucket's rate, then Poisson votes per bucket."""
    rates = np.broadcast_to(np.asarray(rate, dtype=float), (buckets,))
    n = rng.poisson(per_day / DAY, (series, buckets))
    x = rng.binomial(n, rates)
    x0 = rng.binomial(n0, rates[0], (series, 1)).astype(float)
    return Simulated(np.full((series, 1), float(n0)), x0, n[..., None].astype(float), x[..., None].astype(float))


def sessions(
    rng: np.random.Generator, series: int, buckets: int, *, rate: float, per_day: float, n0: int, icc: float = 0.3
) -> Simulated:
    """One vote per session, the mean of its 1 + Poisson(3) turns, which agree with intraclass correlation icc."""

    def votes(n: int) -> Array:
        spread = 1.0 / icc - 1.0
        own_rate = rng.beta(rate * spread, (1.0 - rate) * spread, n)
        turns = 1 + rng.poisson(3.0, n)
        return rng.binomial(turns, own_rate) / turns

    n = rng.poisson(per_day / DAY, series * buckets)
    owner = np.repeat(np.arange(n.size), n)
    x = np.bincount(owner, weights=votes(len(owner)), minlength=n.size).astype(float).reshape(series, buckets, 1)
    x0 = votes(series * n0).reshape(series, n0).sum(1, keepdims=True)
    return Simulated(np.full((series, 1), float(n0)), x0, n.reshape(series, buckets, 1).astype(float), x)


def daily_cycle(
    rng: np.random.Generator, series: int, buckets: int, *, rate: float, per_day: float, n0: int, swing: float = 0.02
) -> Simulated:
    """Rate and volume follow the hour: rate ± swing, volume ± 60 %; strata are the day's four blocks of six hours.

    The baseline is one week's shape scaled to n0 votes.
    """
    angle = 2.0 * np.pi * np.arange(buckets) / DAY
    rates, volume = rate + swing * np.sin(angle), per_day / DAY * (1.0 + 0.6 * np.cos(angle))
    block = (np.arange(buckets) % DAY) * 4 // DAY
    votes = rng.poisson(volume, (series, buckets))
    passes = rng.binomial(votes, rates)
    n, x = (np.where(block[:, None] == np.arange(4), a[..., None], 0).astype(float) for a in (votes, passes))
    day_votes = rng.multinomial(n0, volume[:DAY] / volume[:DAY].sum(), series)
    day_passes = rng.binomial(day_votes, rates[:DAY])
    n0s, x0s = (a.reshape(series, 4, DAY // 4).sum(2).astype(float) for a in (day_votes, day_passes))
    return Simulated(n0s, x0s, n, x)


def upper_bound(alarms: int, series: int) -> float:
    """Clopper and Pearson's one-sided upper 95 % bound of a probability."""
    return 1.0 if alarms == series else float(beta.ppf(0.95, alarms + 1, series - alarms))


def log_r(data: Simulated, looks: range, *, markers: Sequence[int] = (), mass: float = 0.0) -> Array:
    """ln R (series, looks), R as in the detector, without its conditions on drop and fails.

    Each bucket of `markers` has that extra mass at the looks after it.
    """
    running_n, running_x = data.running
    a, b = prior(data.n0, data.x0)
    rate = a / (a + b)
    result = np.empty((len(data.n), len(looks)))
    for column, look in enumerate(looks):
        grid = with_markers(starts(look), tuple(bucket for bucket in markers if bucket < look), mass)
        n, x = running_n[:, grid.first], running_x[:, grid.first]
        passes, votes = running_x[:, look, None] - x, running_n[:, look, None] - n
        evidence = log_e(passes, votes - passes, a[:, None] + x, b[:, None] + n - x, rate)
        result[:, column] = log_sum_exp(evidence + np.log(grid.weight))
    return result
