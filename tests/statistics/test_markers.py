"""Markers may cost no more than their alpha: while nothing is wrong, P(alarm in 30 days) <= 2880/arl + sum alpha.

Every series is watched for 30 days with three markers a day, and looked at every three hours. Any look with R >= arl
counts. In the first rows all 90 markers have their mass (sum alpha = .09); in the others as many as the product gives
them (evaluator.monitors.marks), where half of the promise is the most that they may add. Bounds are one-sided 95 %
(Clopper-Pearson). What a marker is good for is printed beside it: the delay of a fall at the marker, with and without.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from evaluator.drift.battery import MARKER_ALPHA
from evaluator.monitors.marks import SHARE, indices
from store.records import Marker, MarkerKind
from tests.builders import NOON
from tests.figures import Figures
from tests.statistics.simulation import DAY, Array, coins, log_r, upper_bound

pytestmark = pytest.mark.slow

BUCKETS = 30 * DAY
SERIES = 300
EVERY = tuple(range(16, BUCKETS, 32))
"""Three markers a day."""
LOOKS = range(12, BUCKETS + 1, 12)
MOVED_AT = 10 * DAY


def _given(promise: float) -> tuple[int, ...]:
    """The buckets of the markers that the product gives a mass."""
    times = [NOON + bucket * timedelta(minutes=15) for bucket in EVERY]
    told = [Marker(marker_id="", ts=ts, created_at=ts, kind=MarkerKind.DEPLOY, name="") for ts in times]
    return indices(told, NOON, BUCKETS, arl=BUCKETS / promise)


def _highest(promise: float, markers: tuple[int, ...], rate: float, seed: int) -> Array:
    """The largest ln R of each series over 30 days."""
    rng = np.random.default_rng([20261129, seed])
    data = coins(rng, SERIES, BUCKETS, rate=rate, per_day=480, n0=1000)
    mass = BUCKETS / promise * MARKER_ALPHA
    highest: Array = log_r(data, LOOKS, markers=markers, mass=mass).max(1)
    return highest


@pytest.mark.parametrize("promise", [0.20, 0.05])
def test_three_markers_a_day_cost_no_more_than_their_alpha(promise: float, figures: Figures) -> None:
    """Upper bounds stay within promise + sum alpha, with every marker's mass and with those that the product gives."""
    given = _given(promise)
    threshold, held = np.log(BUCKETS / promise), []
    for name, markers in (("every marker", EVERY), (f"{len(given)} of them, as given", given)):
        found = [_highest(promise, markers, rate, seed) for seed, rate in enumerate((0.85, 0.95))]
        alarms = sum(int((highest >= threshold).sum()) for highest in found)
        most = promise + MARKER_ALPHA * len(markers)
        what = f"false alarms in 30 days at promise {promise:.0%} with {name}, sum alpha {most - promise:.3f}"
        bound, note = upper_bound(alarms, 2 * SERIES), f"{alarms}/{2 * SERIES}, upper bound"
        held.append(figures.at_most("markers", what, bound, most, form="{:.1%}", note=note))
    assert MARKER_ALPHA * len(given) <= SHARE * promise
    assert all(held)


@pytest.mark.parametrize("monitors", [1, 20])
def test_a_fall_at_a_marker_is_found_with_fewer_votes(monitors: int, figures: Figures) -> None:
    """The mean delay of a fall that begins at a marker, beside that of the same votes without one."""
    arl = float(BUCKETS * monitors)
    rng = np.random.default_rng([20261129, 7, monitors])
    moved = np.where(np.arange(MOVED_AT + 4 * DAY) < MOVED_AT, 0.95, 0.80)
    data = coins(rng, 300, len(moved), rate=moved, per_day=480, n0=1000)
    looks = range(MOVED_AT + 1, MOVED_AT + 4 * DAY)
    delays = []
    for markers in ((MOVED_AT,), ()):
        over = log_r(data, looks, markers=markers, mass=arl * MARKER_ALPHA) >= np.log(arl)
        delays.append(float(np.where(over.any(1), over.argmax(1) + 1, len(looks)).mean()) / 4)
    saved = 1.0 - delays[0] / delays[1]
    told = f"{delays[0]:.1f} h with a marker, {delays[1]:.1f} h without ({saved:.0%} sooner)"
    figures.record("markers", f"mean delay, 95 % to 80 %, 480 votes a day, {monitors} monitors", told)
    assert delays[0] < delays[1]
