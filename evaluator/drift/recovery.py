"""Is it over? Evidence that the rate is back at the baseline, in an alarm.

Idea: from each bucket k since the alarm, weigh "back at the baseline" against "still down by half of the drop",
stratum by stratum with the baseline's rates p_s. The drop is the alarm's, corrected by the votes between alarm and k:

    d_k = min(d, (50 d + sum_(t<k) sum_s (n_ts p_s - x_ts)) / (50 + sum_(t<k) sum_s n_ts))
    e_k = max(delta, d_k/2),  q_ks = max(p_s - e_k, .01)
    L_k = sum_(t>=k) sum_s [x_ts ln(p_s/q_ks) + (n_ts - x_ts) ln((1-p_s)/(1-q_ks))]

Resolved when mean_k exp L_k >= 100 and the rate from the best k on is at least the baseline's minus delta.

Reference: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954), turned around; A. N. Shiryaev (1963) for
averaging over starts. Deviation from the first design, max_k exp L_k >= 100 with d_k = d: asked for 5 days while the
drop lasts, it falsely resolved 5-20 % of real alarms at 96-480 votes a day, because the best of hundreds of starts was
free and because a drop reads too large at its alarm. Averaging over the starts pays for the choice, d_k forgets the
exaggeration; a true resolve takes about twice as long. Known limit: drops of 2-3 points, or 100 votes a day, still
resolve falsely in 2-8 % of cases. tests/statistics/test_recovery.py prints the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift.counts import Bad, Counts, FloatArray, read
from evaluator.drift.evidence import LOWEST_RATE, log_sum_exp, prior

ODDS = 100.0
ALARM_VOTES = 50.0  # what the drop at the alarm counts against votes after it


@dataclass(frozen=True, slots=True)
class Recovery:
    """`log_ratio` is the evidence for recovery (0 without votes), `at`, when resolved, the bucket where it begins."""

    resolved: bool
    log_ratio: float
    at: int | None


def recovered(
    baseline: Mapping[str, ArrayLike],
    buckets: Mapping[str, ArrayLike],
    *,
    drop: float,
    delta: float = 0.02,
    bad: Bad = "down",
) -> Recovery:
    """Look at the buckets since the alarm fired; tables as in `evaluate`, `drop` is the alarm's (positive: worse).

    >>> before = {"n": [1000], "x": [950]}
    >>> still_down, back = [[20, 16]] * 20, [[20, 19]] * 20
    >>> look = lambda rows: {"n": [[n] for n, _ in rows], "x": [[x] for _, x in rows]}
    >>> recovered(before, look(still_down), drop=0.15).resolved
    False
    >>> found = recovered(before, look(still_down + back), drop=0.15)
    >>> found.resolved, found.at
    (True, 20)
    """
    if not (0.0 <= drop <= 1.0 and 0.0 <= delta < 1.0):
        raise ValueError(f"drop must lie in [0, 1] and delta in [0, 1), not drop={drop}, delta={delta}")
    counts = read(baseline, buckets, bad)
    if not (counts.n0.sum() > 0 and counts.n.sum() > 0):
        return Recovery(False, 0.0, None)
    a, b = prior(counts.n0, counts.x0)
    rate = a / (a + b)
    odds = _log_odds(counts, rate, drop, delta)
    start = int(np.argmax(odds))
    log_ratio = float(log_sum_exp(odds)) - log(len(odds))
    since = counts.n[start:]
    good = float(counts.x[start:].sum()) >= float((since @ (rate - delta)).sum())
    resolved = log_ratio >= log(ODDS) and good
    return Recovery(resolved, log_ratio, start if resolved else None)


def _log_odds(counts: Counts, rate: FloatArray, drop: float, delta: float) -> FloatArray:
    """L_k of every bucket (T,)."""
    votes = counts.n.sum(1)
    lost = counts.n @ rate - counts.x.sum(1)
    before_votes, before_lost = np.cumsum(votes) - votes, np.cumsum(lost) - lost
    refreshed = (ALARM_VOTES * drop + before_lost) / (ALARM_VOTES + before_votes)
    by = np.maximum(np.minimum(drop, refreshed) / 2.0, delta)
    down = np.minimum(np.maximum(rate - by[:, None], LOWEST_RATE), rate)
    passes, fails = _from_each(counts.x), _from_each(counts.n - counts.x)
    log_odds: FloatArray = (passes * np.log(rate / down) + fails * np.log((1.0 - rate) / (1.0 - down))).sum(1)
    return log_odds


def _from_each(values: FloatArray) -> FloatArray:
    return np.cumsum(values[::-1], axis=0)[::-1]
