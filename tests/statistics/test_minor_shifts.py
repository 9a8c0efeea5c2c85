"""The report's list of minor shifts keeps its promise: on average at most a tenth of it is false.

Each report looks at twenty monitors at one time, a week after their baselines. With nothing wrong every finding is
false, and the promise is the share of reports with any. With some monitors shifted, it is the mean share of the list
that is false. All monitors of a report may share their votes: e-BH needs no independence.
"""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.report.shifts import FDR, chosen, log_e
from tests.figures import Figures
from tests.statistics.simulation import DAY, Array, coins, log_r, upper_bound

BUCKETS = 7 * DAY
MONITORS = 20
REPORTS = 500
RATE = 0.95

pytestmark = pytest.mark.slow


def e_values(found: Array) -> Array:
    """ln of the e-values (reports, monitors) that the report makes of ln R after a week."""
    threshold = np.log(30.0 * DAY * MONITORS)
    return np.array([log_e(one, BUCKETS, 0, threshold) for one in np.maximum(found, 0.0).ravel()]).reshape(found.shape)


def evidence(rng: np.random.Generator, series: int, *, fall: float = 0.0, per_day: float = 1000.0) -> Array:
    """ln R after a week (series,), where the rate fell by so much half-way."""
    rates = np.where(np.arange(BUCKETS) < BUCKETS // 2, RATE, RATE - fall)
    return log_r(coins(rng, series, BUCKETS, rate=rates, per_day=per_day, n0=5000), range(BUCKETS, BUCKETS + 1))[:, 0]


@pytest.mark.parametrize("alike", [False, True], ids=["monitors apart", "monitors alike"])
def test_with_nothing_wrong_lists_are_empty(alike: bool, figures: Figures) -> None:
    """The upper bound of the share of reports that list anything is at most the promise."""
    rng = np.random.default_rng([20261130, alike])
    found = evidence(rng, REPORTS if alike else REPORTS * MONITORS)
    values = np.repeat(found[:, None], MONITORS, 1) if alike else found.reshape(REPORTS, MONITORS)
    wrong = sum(bool(chosen(row)) for row in e_values(values).tolist())
    what = f"reports that list a minor shift with nothing wrong, {MONITORS} monitors {'alike' if alike else 'apart'}"
    plain = sum(bool(chosen(row)) for row in (e_values(values) + np.log(BUCKETS)).tolist())
    note = f"{wrong}/{REPORTS}, upper bound; were R itself taken for an e-value {plain}/{REPORTS}"
    assert figures.at_most("report", what, upper_bound(wrong, REPORTS), FDR, form="{:.1%}", note=note)


def test_among_real_shifts_few_are_false(figures: Figures) -> None:
    """Five of twenty fell by 3 points: the mean false share of the list, and how many of the five it holds."""
    rng = np.random.default_rng(20261130)
    fallen = evidence(rng, REPORTS * 5, fall=0.03).reshape(REPORTS, 5)
    steady = evidence(rng, REPORTS * 15).reshape(REPORTS, 15)
    lists = [chosen(row) for row in e_values(np.hstack([fallen, steady])).tolist()]
    false = float(np.mean([sum(place >= 5 for place in found) / max(len(found), 1) for found in lists]))
    held = float(np.mean([sum(place < 5 for place in found) / 5 for found in lists]))
    note = f"{REPORTS} reports, 5 of 20 monitors 3 points lower for half a week"
    assert figures.at_most("report", "false share of the list among real shifts", false, FDR, form="{:.2%}", note=note)
    assert figures.at_least("report", "share of the real shifts that it holds", held, 0.5, form="{:.0%}", note=note)
