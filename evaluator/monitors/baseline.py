"""Which window a monitor's baseline is: one that was given, or the first one with enough votes."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from evaluator.buckets import STEP
from evaluator.monitors.counts import Counts
from evaluator.settings import BaselineSettings, DriftSettings

Window = tuple[datetime, datetime]
MIN_VOTES = 20
"""A given window with fewer votes is refused: its own uncertainty would hide a drop of 30 points."""


def first_window(counts: Counts, drift: DriftSettings) -> Window | None:
    """The shortest window from the first vote on with votes and hours enough; None while there is none."""
    votes = np.cumsum(counts.n.sum(axis=1))
    enough = np.flatnonzero(votes >= drift.baseline_votes)
    if not len(enough):
        return None
    hours = timedelta(hours=drift.baseline_hours)
    end = max(int(enough[0]) + 1, -(-hours // STEP))
    return (counts.start, counts.time(end)) if end <= len(counts) else None


def given_window(counts: Counts, given: BaselineSettings) -> Window | None:
    """The window from the configuration, once it has ended and holds votes enough."""
    if given.end is None:
        return None
    start, end = given.start or counts.start, given.end
    if counts.time(len(counts)) < end or votes_in(counts, (start, end)) < MIN_VOTES:
        return None
    return start, end


def votes_in(counts: Counts, window: Window) -> float:
    """How many votes lie in the window."""
    return float(counts.n[counts.index(window[0]) : counts.index(window[1])].sum())
