"""Which window a monitor's baseline is: one that was given, or the first one with enough votes and no marker inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from evaluator.buckets import STEP, ceil
from evaluator.monitors.metrics import Metric
from evaluator.settings import BaselineSettings, DriftSettings
from store.rollup import Total

Window = tuple[datetime, datetime]
MIN_VOTES = 20
"""A given window with fewer votes is refused: its own uncertainty would hide a drop of 30 points."""
PATIENCE = 4
"""After so many times the votes without a stretch that is free of markers, a window with markers must do."""


@dataclass(frozen=True, slots=True)
class Enough:
    """What a first window needs: so many votes in at least so many hours."""

    votes: float
    hours: float


def enough(metric: Metric, drift: DriftSettings) -> Enough:
    """What the first window of this metric needs."""
    return Enough(metric.votes or drift.baseline_votes, metric.hours or drift.baseline_hours)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What there is of a first window that is not there yet: votes and hours since `since`, and whether a marker is why
    it does not begin with the first vote."""

    since: datetime
    votes: float
    hours: float
    is_after_marker: bool


def gathered(votes: Sequence[Total], until: datetime, markers: Sequence[datetime] = ()) -> Gathered | None:
    """How far the first window is, where `first_window` found none; None without votes since the last marker."""
    edge = max((m for m in markers if votes and votes[0].start_at < m < until), default=None)
    inside = [total for total in votes if total.start_at + STEP <= until and (edge is None or total.start_at >= edge)]
    if not inside:
        return None
    since = inside[0].start_at
    hours = (until - since) / timedelta(hours=1)
    return Gathered(since, sum(total.votes for total in inside), hours, edge is not None)


def first_window(
    votes: Sequence[Total], until: datetime, enough: Enough, markers: Sequence[datetime] = ()
) -> Window | None:
    """The first window, as short as can be, with votes and hours enough and no marker inside; None without one.

    `votes` are counts by bucket up to `until`, oldest first. A window may begin at a marker. Where markers come so
    often that no stretch between them is enough, the first window counts as if there were none.
    """
    if not votes:
        return None
    edges = [votes[0].start_at, *sorted(m for m in markers if votes[0].start_at < m < until), until]
    for start, end in pairwise(edges):
        if found := _within(votes, (start, end), enough):
            return found
    patient = sum(total.votes for total in votes) >= PATIENCE * enough.votes
    return _within(votes, (edges[0], until), enough) if patient else None


def _within(votes: Sequence[Total], stretch: Window, enough: Enough) -> Window | None:
    """The shortest window at the start of the stretch; whole buckets, a first one that a marker splits is left out."""
    inside = [total for total in votes if stretch[0] <= total.start_at and total.start_at + STEP <= stretch[1]]
    n = 0.0
    for total in inside:
        n += total.votes
        if n >= enough.votes:
            start = inside[0].start_at
            end = max(total.start_at + STEP, ceil(start + timedelta(hours=enough.hours)))
            return (start, end) if end <= stretch[1] else None
    return None


def given_window(votes: Sequence[Total], until: datetime, given: BaselineSettings) -> Window | None:
    """The window from the configuration, once it has ended and holds votes enough."""
    if given.end is None or not votes:
        return None
    start, end = given.start or votes[0].start_at, given.end
    if until < end or votes_in(votes, (start, end)) < MIN_VOTES:
        return None
    return start, end


def votes_in(votes: Sequence[Total], window: Window) -> float:
    """How many votes lie in the window."""
    return sum(total.votes for total in votes if window[0] <= total.start_at < window[1])
