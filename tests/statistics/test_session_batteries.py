"""Sessions share one vote: a latency battery over sessions whose turns agree raises no more alarms than promised.

Turns of a session have log-latencies with the intraclass correlation .3. As the rollup keeps them, each turn holds one
over the number of the session's turns as its share of the session's vote, in the bucket of the first turn. Beside it
what would happen if every turn were a vote. Bounds as in test_battery_false_alarms.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluator.drift.cuts import cuts
from evaluator.drift.ridit import ridits
from tests.figures import Figures
from tests.statistics.simulation import DAY, Array, upper_bound
from tests.statistics.streams import LATENCY, Battery, log_r_of

BUCKETS = 30 * DAY
SERIES = 100
ICC = 0.3
EVERY = 24
PROMISE = 0.05

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Turns:
    """Turns of sessions: their latencies, the bucket of their session's first turn, and their shares of its vote."""

    value: Array
    bucket: NDArray[np.int64]
    share: Array


def turns(rng: np.random.Generator, bucket: NDArray[np.int64]) -> Turns:
    """Sessions that begin in these buckets, with 1 + Poisson(3) turns each."""
    many = 1 + rng.poisson(3.0, len(bucket))
    owner = np.repeat(np.arange(len(bucket)), many)
    own = rng.standard_normal(len(bucket))[owner]
    z = np.sqrt(ICC) * own + np.sqrt(1.0 - ICC) * rng.standard_normal(len(owner))
    return Turns(LATENCY.bin(800.0 * np.exp(0.6 * z)), bucket[owner], 1.0 / many[owner])


def battery(base: Turns, now: Turns, *, shared: bool) -> Battery:
    """The tables of one series; without `shared` votes, every turn is a vote of its own."""
    weight0, weight = (one.share if shared else np.ones(len(one.share)) for one in (base, now))
    levels, at = np.unique(base.value, return_inverse=True)
    votes = np.bincount(at, weight0)
    found = cuts(levels, votes, "up")
    r0, r = ridits(base.value, levels, votes), ridits(now.value, levels, votes)

    def after(weight: Array) -> Array:
        return np.bincount(now.bucket, weight, BUCKETS)[:, None].astype(float)

    baseline = {"n": np.array([weight0.sum()]), "x": np.array([[weight0 @ one.holds(base.value)] for one in found])}
    buckets = {"n": after(weight), "x": np.stack([after(weight * one.holds(now.value)) for one in found])}
    sums = {"r": np.array([weight0 @ r0]), "rr": np.array([weight0 @ (r0 * r0)])}
    return Battery(baseline, buckets, tuple(one.bad for one in found), (sums, {"r": after(weight * r)}, "up"))


@pytest.mark.parametrize(("n0", "per_day"), [(1000, 480), (200, 96)])
def test_sessions_keep_the_promise(n0: int, per_day: int, figures: Figures) -> None:
    """With one vote per session the upper bound of the false-alarm rate over 30 days is at most the promise."""
    rng = np.random.default_rng([20261129, n0])
    shared, each = [], []
    for _ in range(SERIES):
        base = turns(rng, np.zeros(n0, dtype=np.int64))
        now = turns(rng, np.repeat(np.arange(BUCKETS), rng.poisson(per_day / DAY, BUCKETS)))
        shared.append(battery(base, now, shared=True))
        each.append(battery(base, now, shared=False))
    looks, threshold = range(EVERY, BUCKETS + 1, EVERY), np.log(BUCKETS / PROMISE)
    ours, theirs = (int((log_r_of(series, looks).max(1) >= threshold).sum()) for series in (shared, each))
    what = f"false alarms in 30 days, latency in sessions of ICC {ICC}, n0={n0}, {per_day} a day"
    note = f"{ours}/{SERIES}, upper bound; were every turn a vote {theirs}/{SERIES}"
    assert figures.at_most("types", what, upper_bound(ours, SERIES), PROMISE, form="{:.1%}", note=note)
