"""How often does a plain threshold rule fire for nothing? A rehearsal of quiet months at the real arrival counts.

Idea: keep the traffic as it is and let nothing happen. In each run the true share of bad ones is drawn from what the
baseline says of it, every bucket's bad ones are drawn from that share, and the rule is held against the window at every
look, as it is live; its alarms are counted from edge to edge:

    p_r,b ~ Beta(x0_b + 1/2, n0_b - x0_b + 1/2),  X_r,t ~ Binomial(n_t, p_r,b(t))
    over_r,t = [sum_(window of t) X_r / sum_(window of t) n >= limit]
    fires when the last k looks are over, ends when the last k looks are within

for runs r, blocks of the day b, buckets t. Answer: mean alarms per 30 days, with the 5 % and 95 % points over runs,
which hold both the chance of one month and what a baseline of finite size leaves open.

Reference: the parametric bootstrap, B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), ch. 6.5, with
Jeffreys' posterior in place of the point estimate. Deviation: votes are taken as independent and whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.counts import FloatArray

MONTH = 2880
"""Buckets in 30 days."""
RUNS = 200
_CELLS = 600_000
"""Runs x buckets drawn at a time: a bound on memory."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Traffic with nothing wrong: votes per bucket (T,), each bucket's block (T,), and per block n0 votes, x0 bad."""

    n: FloatArray
    block: NDArray[np.int64]
    n0: FloatArray
    x0: FloatArray


@dataclass(frozen=True, slots=True)
class Limit:
    """The rule: the first bucket of the window of each look (T,), the share it fires at, n and looks it needs.

    With `inclusive` a share at the limit is over it.
    """

    first: NDArray[np.int64]
    share: float
    min_n: float
    for_looks: int
    inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """Alarms per 30 days with nothing wrong: the mean, and what 90 % of months lie between."""

    mean: float
    lo: float
    hi: float


def rehearse(quiet: Quiet, limit: Limit, rng: np.random.Generator, runs: int = RUNS) -> Expected | None:
    """The alarms that the rule would raise per 30 days of this traffic; None without votes, or without a baseline.

    >>> n = np.full(2880, 5.0)
    >>> quiet = Quiet(n, np.zeros(2880, dtype=np.int64), np.array([1000.0]), np.array([50.0]))
    >>> first = np.maximum(np.arange(2880) - 19, 0)
    >>> found = rehearse(quiet, Limit(first, 0.10, 100, 1), np.random.default_rng(1))
    >>> 3 < found.mean < 25 and found.lo <= found.mean <= found.hi
    True
    >>> rehearse(quiet, Limit(first, 0.50, 100, 1), np.random.default_rng(1)).mean
    0.0
    """
    length = len(quiet.n)
    if not quiet.n.sum() > 0 or not quiet.n0.sum() > 0:
        return None
    pooled = float(quiet.x0.sum() / quiet.n0.sum())
    # A block that the baseline has hardly seen leans on the others, as strata do in the detector.
    seen = quiet.n0 >= 1.0
    n0, x0 = np.where(seen, quiet.n0, quiet.n0.sum()), np.where(seen, quiet.x0, pooled * quiet.n0.sum())
    alarms: list[FloatArray] = []
    at_once = max(_CELLS // length, 1)
    for start in range(0, runs, at_once):
        some = min(at_once, runs - start)
        share = rng.beta(x0 + 0.5, np.maximum(n0 - x0, 0.0) + 0.5, (some, len(n0)))
        bad = rng.binomial(np.rint(quiet.n).astype(np.int64), share[:, quiet.block])
        alarms.append(_alarms(bad.astype(np.float64), np.rint(quiet.n), limit))
    counted = np.concatenate(alarms) * (MONTH / length)
    lo, hi = np.quantile(counted, [0.05, 0.95])
    return Expected(float(counted.mean()), float(lo), float(hi))


def _alarms(bad: FloatArray, n: FloatArray, limit: Limit) -> FloatArray:
    """How many alarms each run (R, T) of bad ones has."""
    ends = np.arange(1, len(n) + 1)
    votes = _sums(n[None, :], limit.first, ends)
    share = _sums(bad, limit.first, ends) / np.maximum(votes, 1.0)
    known = votes >= max(limit.min_n, 1.0)
    passed = share >= limit.share - 1e-9 if limit.inclusive else share > limit.share + 1e-9
    over, within = _lasting(passed & known, limit.for_looks), _lasting(~passed & known, limit.for_looks)
    # Between an "over" and the next "within" it fires: of these events in order, each "over" after a "within" is new.
    event = np.where(over, 1, np.where(within, -1, 0)).astype(np.int8)
    place = np.where(event != 0, np.arange(event.shape[1]), -1)
    last = np.maximum.accumulate(place, axis=1)
    state = np.where(last >= 0, np.take_along_axis(event, np.maximum(last, 0), axis=1), -1)
    before = np.concatenate([np.full((len(state), 1), -1, dtype=state.dtype), state[:, :-1]], axis=1)
    begun: FloatArray = ((state == 1) & (before == -1)).sum(axis=1).astype(np.float64)
    return begun


def _lasting(flags: NDArray[np.bool_], looks: int) -> NDArray[np.bool_]:
    """Whether each look and the ones before it, `looks` of them, all hold."""
    if looks == 1:
        return flags
    running = np.concatenate([np.zeros((len(flags), 1)), np.cumsum(flags, axis=1)], axis=1)
    lasting = np.zeros_like(flags)
    lasting[:, looks - 1 :] = running[:, looks:] - running[:, :-looks] == looks
    return lasting


def _sums(values: FloatArray, first: NDArray[np.int64], ends: NDArray[np.int64]) -> FloatArray:
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    sums: FloatArray = running[:, ends] - running[:, first]
    return sums
