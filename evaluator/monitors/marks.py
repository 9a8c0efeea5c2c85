"""Which markers give the detector extra evidence mass, and at which buckets.

A marker's mass sits at the bucket that its time lies in. That bucket is mixed, with votes from before and after; the
next one would be pure, but would give away up to a quarter hour of votes right after the change, which are worth more
than a few good votes cost. It also forgives a deploy whose marker is told some minutes late.

Every mass adds alpha = .001 to the probability of a false alarm: P <= T/arl + sum alpha. So that many deploys cannot
spend the budget, at most half of a monitor's share of it is for markers: in any 30 days at most

    N = min(33, (2880/arl) / (2 alpha)), rounded down,

masses. They are given in order of time out of a purse that holds up to N/10 (at least one) and is refilled evenly, so
that a deploy a day and a few in a row count, and hourly ones are thinned. Where N is 0 no marker gets one. Whether a
marker gets a mass depends on earlier markers alone: neither on votes nor on what comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.alerts import fit
from evaluator.alerts.fit import Fit
from evaluator.buckets import PER_DAY, STEP, floor
from evaluator.drift.battery import MARKER_ALPHA
from store import markers as marker_store
from store.markers import MarkerFilter
from store.records import DriftCheck, Marker

if TYPE_CHECKING:
    from evaluator.monitors.views import Watched
    from store.database import Connection

MONTH = timedelta(days=30)
MOST = 33
"""In 30 days: enough for one a day."""
SHARE = 0.5


def indices(markers: Iterable[Marker], start: datetime, length: int, *, arl: float) -> tuple[int, ...]:
    """The buckets with extra mass, counted from `start`, oldest first; those outside [0, length) are left out.

    `markers` are those of the monitor's feature and of all features, also older than `start`: which markers get a mass
    must not change when the window moves on.
    """
    buckets = sorted({floor(one.ts) for one in markers})
    places = [(bucket - start) // STEP for bucket in _thinned(buckets, allowance(arl))]
    return tuple(place for place in places if 0 <= place < length)


def beside(c: Connection, feature: str, check: DriftCheck) -> Fit | None:
    """The marker nearest to the onset that a look found; None without an onset, or when no marker is near it."""
    onset, lo, hi = check.onset_at, check.onset_lo_at, check.onset_hi_at
    if onset is None or lo is None or hi is None:
        return None
    # A look as of the past does not know what came after it.
    end = min(hi + fit.AFTER, check.looked_at)
    found = marker_store.find(c, MarkerFilter(feature=feature, start_at=lo - fit.BEFORE, end_at=end))
    return fit.nearest(found, onset, lo, hi)


def of_features(c: Connection, known: Iterable[Watched]) -> dict[str, list[Marker]]:
    """The markers of each of these monitors' features, with those of all features."""
    told = marker_store.find(c)
    features = {one.monitor.series.feature for one in known}
    return {feature: [one for one in told if one.feature in (None, feature)] for feature in features}


def times(markers: Mapping[str, Iterable[Marker]]) -> dict[str, list[datetime]]:
    """When they were."""
    return {feature: [one.ts for one in found] for feature, found in markers.items()}


def allowance(arl: float) -> int:
    """How many masses a monitor with this many buckets between false alarms may have in 30 days.

    >>> [allowance(2880.0 * monitors) for monitors in (1, 20, 100, 1000)]
    [33, 25, 5, 0]
    """
    return min(MOST, int(SHARE * 30 * PER_DAY / arl / MARKER_ALPHA + 1e-9))


def _thinned(buckets: Iterable[datetime], allowed: int) -> Iterator[datetime]:
    """The buckets that the purse has a mass for; in any 30 days at most `allowed`."""
    if not allowed:
        return
    most = max(1.0, allowed / 10)
    purse, before = most, None
    for bucket in buckets:
        if before is not None:
            purse = min(most, purse + (allowed - most + 1.0) * ((bucket - before) / MONTH))
        before = bucket
        if purse >= 1.0:
            purse -= 1.0
            yield bucket
