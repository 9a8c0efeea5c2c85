"""Streams of votes for the contest, and the contestants that need nothing but numpy: ours and the plain rules.

100 series, 480 votes a day, five in every quarter hour, p0 = .95: a week before the watch, then 30 days. In `drop_5`
and `drop_10` the same random numbers meet a pass rate that is 5 or 10 points lower from day 10 on. An alarm is told by
the number of votes that had come; looks are taken at the end of a quarter hour.
"""

from __future__ import annotations

from itertools import islice
from math import log

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.detector import evaluate
from tests.statistics.simulation import Simulated, log_r

SERIES, P0 = 100, 0.95
QUARTER, DAY = 5, 480
BEFORE, WATCH, CHANGE = 7 * DAY, 30 * DAY, 10 * DAY
REFERENCE = 1000
ARL = WATCH // QUARTER * SERIES
"""One false alarm in 30 days over all series together, as the product sets it by itself."""
LAST, POINTS = 100, 0.05
Votes = NDArray[np.uint8]
Alarms = list[list[int]]


def streams(rng: np.random.Generator, series: int = SERIES) -> dict[str, Votes]:
    """Votes (series, BEFORE + WATCH), 1 for a pass, per stream."""
    drawn = rng.random((series, BEFORE + WATCH))
    late = np.arange(BEFORE + WATCH) >= BEFORE + CHANGE
    rates = {"nothing": 0.0, "drop_5": 0.05, "drop_10": 0.10}
    return {name: (drawn < np.where(late, P0 - drop, P0)).astype(np.uint8) for name, drop in rates.items()}


def ours(votes: Votes, *, first: bool = False, every: int = 1) -> Alarms:
    """`evaluate` after every so many quarter hours, on 1000 votes before the watch; or the `first` alarm only."""
    x0 = votes[:, BEFORE - REFERENCE : BEFORE].sum(1, keepdims=True).astype(float)
    x = votes[:, BEFORE:].reshape(len(votes), -1, QUARTER).sum(2, dtype=float)[..., None]
    data = Simulated(np.full_like(x0, REFERENCE), x0, np.full_like(x, QUARTER), x)
    looks = range(every, x.shape[1] + 1, every)
    alarms = []
    for i, row in enumerate(log_r(data, looks)):
        hits = (looks[at] for at in np.flatnonzero(row >= log(ARL)))
        found = (BEFORE + look * QUARTER for look in hits if evaluate(*data.tables(i, look), arl=ARL).alarm)
        alarms.append(list(islice(found, 1 if first else None)))
    return alarms


def drop_rule(votes: Votes) -> Alarms:
    """The last 100 votes at least 5 points below the last 1000 before the watch, asked every quarter hour."""
    reference = votes[:, BEFORE - REFERENCE : BEFORE].mean(1, keepdims=True)
    ends = np.arange(BEFORE + QUARTER, votes.shape[1] + 1, QUARTER)
    running = np.concatenate([np.zeros((len(votes), 1)), np.cumsum(votes, axis=1)], axis=1)
    fallen = (running[:, ends] - running[:, ends - LAST]) / LAST <= reference - POINTS + 1e-12
    return [ends[row].tolist() for row in fallen]


def three_sigma(votes: Votes) -> Alarms:
    """A day's pass rate more than 3 standard deviations below the mean of the seven days before it, asked daily."""
    days = votes.reshape(len(votes), -1, DAY).mean(2)
    past = np.lib.stride_tricks.sliding_window_view(days, 7, axis=1)[:, :-1]
    low = days[:, 7:] < past.mean(2) - 3.0 * past.std(2, ddof=1)
    return [(BEFORE + (np.flatnonzero(row) + 1) * DAY).tolist() for row in low]
