"""Simulated metrics that are no pass or fail, vote by vote, and their tables for a battery of indicators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.battery import LEAST, merged
from evaluator.drift.categories import Category, categories
from evaluator.drift.counts import Bad
from evaluator.drift.cuts import Cut, cuts
from evaluator.drift.evidence import log_e, log_sum_exp, prior
from evaluator.drift.ridit import Direction, Ridit, log_ridit_e, ridits, spread
from evaluator.drift.starts import starts
from tests.statistics.simulation import DAY, Array

Draw = Callable[[np.random.Generator, NDArray[np.int64]], Array]
"""Values of votes at these buckets; labels are numbers too."""


@dataclass(frozen=True)
class Metric:
    """How a metric is watched: its bad direction (None: categories), whether by ridits too, and its bins."""

    direction: Direction | None
    ridit: bool = False
    bin: Callable[[Array], Array] = lambda values: values


LATENCY = Metric("up", True, lambda values: np.exp(np.floor(np.log(values) / 0.05) * 0.05))
SCORE = Metric("down")
LABEL = Metric(None)


@dataclass(frozen=True)
class Stream:
    """One series: values and buckets of the baseline (a day's worth of hours) and of the watched votes, in order."""

    base: Array
    base_bucket: NDArray[np.int64]
    value: Array
    bucket: NDArray[np.int64]
    buckets: int


def stream(
    rng: np.random.Generator, draw: Draw, *, buckets: int, per_day: float, n0: int, swing: float = 0.0
) -> Stream:
    """A baseline of n0 votes, drawn as at the first day, then Poisson votes, whose volume swings with the hour."""
    volume = per_day / DAY * (1.0 + swing * np.cos(2.0 * np.pi * np.arange(buckets) / DAY))
    bucket = np.repeat(np.arange(buckets), rng.poisson(volume))
    base = rng.choice(DAY, n0, p=volume[:DAY] / volume[:DAY].sum())
    return Stream(draw(rng, base), base, draw(rng, bucket), bucket, buckets)


@dataclass(frozen=True)
class Battery:
    """One series as `evaluate_battery` takes it."""

    baseline: dict[str, Any]
    buckets: dict[str, Any]
    bad: tuple[Bad, ...]
    ridit: tuple[dict[str, Any], dict[str, Any], Direction] | None

    def until(self, end: int) -> dict[str, Any]:
        """The arguments of a look at the end of bucket end - 1."""
        tables = {"n": self.buckets["n"][:end], "x": self.buckets["x"][:, :end]}
        ridit = self.ridit and Ridit(self.ridit[0], {"r": self.ridit[1]["r"][:end]}, self.ridit[2])
        return {"baseline": self.baseline, "buckets": tables, "bad": self.bad, "ridit": ridit}


def battery(data: Stream, metric: Metric, strata: int = 1) -> Battery:
    """The tables of a series in `strata` hour blocks, as a rollup of binned values would hold them."""
    base, value = metric.bin(data.base), metric.bin(data.value)
    levels, votes = np.unique(base, return_counts=True)
    indicators: Sequence[Cut | Category]
    if metric.direction is None:
        indicators = categories([f"{level:g}" for level in levels], votes)
        base_hits = [one.holds([f"{v:g}" for v in base]) for one in indicators]
        hits = [one.holds([f"{v:g}" for v in value]) for one in indicators]
    else:
        indicators = cuts(levels, votes, metric.direction)
        base_hits, hits = [one.holds(base) for one in indicators], [one.holds(value) for one in indicators]
    block0, block = (b % DAY * strata // DAY for b in (data.base_bucket, data.bucket))

    def before(weight: Array | None = None) -> Array:
        return np.bincount(block0, weight, strata).astype(float)

    def after(weight: Array | None = None) -> Array:
        cells = np.bincount(data.bucket * strata + block, weight, data.buckets * strata)
        return cells.astype(float).reshape(data.buckets, strata)

    ridit = None
    if metric.ridit and metric.direction is not None:
        r0, r = ridits(base, levels, votes), ridits(value, levels, votes)
        ridit = ({"r": before(r0), "rr": before(r0 * r0)}, {"r": after(r)}, metric.direction)
    return Battery(
        {"n": before(), "x": np.array([before(hit) for hit in base_hits])},
        {"n": after(), "x": np.array([after(hit) for hit in hits])},
        tuple(one.bad for one in indicators),
        ridit,
    )


def log_r_of(series: Sequence[Battery], looks: range, *, least: float = LEAST) -> Array:
    """ln R (series, looks) without the conditions on drop and fails; series with equally many indicators at once.

    `least`: the pseudo-votes on either side of a stratum that the reference begins with.
    """
    result = np.empty((len(series), len(looks)))
    for size in {len(one.bad) for one in series}:
        members = [i for i, one in enumerate(series) if len(one.bad) == size]
        for chunk in (members[i : i + 50] for i in range(0, len(members), 50)):
            result[chunk] = _log_r([series[i] for i in chunk], looks, least)
    return result


def _running(tables: list[Array]) -> Array:
    values = np.stack(tables)
    return np.concatenate([np.zeros_like(values[..., :1, :]), np.cumsum(values, axis=-2)], axis=-2)


def _passes(one: Battery, table: dict[str, Any]) -> Array:
    """Of each indicator the good outcomes."""
    up = np.array([bad == "up" for bad in one.bad]).reshape(-1, *[1] * (table["x"].ndim - 1))
    return np.where(up, table["n"] - table["x"], table["x"])


def _log_r(series: list[Battery], looks: range, least: float) -> Array:
    """Axes: series, indicator, start, stratum."""
    n0 = np.stack([one.baseline["n"] for one in series])
    x0 = np.stack([_passes(one, one.baseline) for one in series])
    expected, expected_fails = prior(n0[:, None], x0)
    a, b = prior(n0[:, None], x0, least)
    n, x = _running([one.buckets["n"] for one in series]), _running([_passes(one, one.buckets) for one in series])
    rate, columns = expected / (expected + expected_fails), []
    terms = [one.ridit for one in series if one.ridit is not None]
    if terms:
        r0, rr = (np.stack([term[0][key] for term in terms]) for key in ("r", "rr"))
        r, v = _running([term[1]["r"] for term in terms]), spread(n0, r0, rr)
    for look in looks:
        grid = starts(look)
        votes_before, before = n[:, grid.first], x[:, :, grid.first]
        votes, passes = n[:, look, None] - votes_before, x[:, :, look, None] - before
        fails, fails_before = votes[:, None] - passes, votes_before[:, None] - before
        each = log_e(passes, fails, a[:, :, None] + before, b[:, :, None] + fails_before, rate)
        ridit = None
        if terms:
            ref = (n0[:, None] + votes_before, r0[:, None] + r[:, grid.first])
            ridit = log_ridit_e((votes, r[:, look, None] - r[:, grid.first]), ref, v, terms[0][2])
        columns.append(log_sum_exp(merged(each, ridit) + np.log(grid.weight)))
    return np.stack(columns, axis=1)


def latency(swing: float = 0.0, factor: float = 1.0, tail: float = 1.0, since: int = 0) -> Draw:
    """Lognormal milliseconds whose median swings with the hour; from `since` on all times factor, or beyond the 90th
    percentile stretched so that the 95th is `tail` times what it was."""

    def draw(rng: np.random.Generator, bucket: NDArray[np.int64]) -> Array:
        z = rng.standard_normal(len(bucket))
        stretch = 1.0 + np.log(tail) / (0.6 * (1.6449 - 1.2816))
        late = (bucket >= since) & (tail > 1.0)
        z = np.where(late & (z > 1.2816), 1.2816 + (z - 1.2816) * stretch, z)
        median = 800.0 * np.exp(swing * np.sin(2.0 * np.pi * bucket / DAY)) * np.where(bucket >= since, factor, 1.0)
        values: Array = median * np.exp(0.6 * z)
        return values

    return draw


def tokens(rng: np.random.Generator, bucket: NDArray[np.int64]) -> Array:
    """Lengths in steps of 100 with a cap that three of ten reach."""
    values: Array = np.minimum(np.ceil(np.exp(6.2 + 0.9 * rng.standard_normal(len(bucket))) / 100.0) * 100.0, 800.0)
    return values


def labels(before: Sequence[float], after: Sequence[float] | None = None, since: int = 0) -> Draw:
    """Label 1, 2, ... with these shares; from `since` on with others."""

    def draw(rng: np.random.Generator, bucket: NDArray[np.int64]) -> Array:
        u = rng.random(len(bucket))
        old, new = (np.searchsorted(np.cumsum(shares[:-1]), u) + 1.0 for shares in (before, after or before))
        return np.where(bucket >= since, new, old)

    return draw
