"""The rates that are shown: of all traffic where sampling weighs votes differently, else of the votes as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluator.api.shapes import Bounded, Interval
from evaluator.drift.bounds import bounds
from evaluator.drift.intervals import wilson
from store.rollup import Total

if TYPE_CHECKING:
    from evaluator.drift.level import Level
    from evaluator.monitors.metrics import Metric
    from store.records import Series

ALIKE = 1e-9
MISSING_DATA = "may_be_missing_data"
"""Flag of an alarm that the unscored alone could explain."""


def interval(votes: float, passes: float) -> Interval:
    """A rate of votes that count alike, with its n and 95 % interval."""
    bounds = wilson(passes, votes)
    if bounds is None:
        return Interval(n=votes, rate=None, lo=None, hi=None)
    return Interval(n=votes, rate=passes / votes, lo=bounds[0], hi=bounds[1])


def shown(series: Series, total: Total) -> Interval:
    """The rate of a window: Hájek's, with an interval that knows what the weights cost, where weights differ.

    >>> from store.records import Series
    >>> from store.samples import EARLIEST
    >>> kept = Total(EARLIEST, 120, 100, 0, weight=500, weight_sq=8100, weight_pass=290, weight_sq_pass=4090)
    >>> seen = shown(Series(feature="f"), kept._replace(weight_sq_pass_sq=4090))
    >>> seen.n, round(seen.rate, 2), round(seen.lo, 3), round(seen.hi, 3)
    (120.0, 0.58, 0.403, 0.739)
    """
    found = _weighted(total) if series.metric == "pass_rate" and _differ(total) else None
    if found is None:
        return interval(total.votes, total.passes)
    return Interval(n=total.votes, rate=found.rate, lo=found.lo, hi=found.hi)


def effective(series: Series, total: Total) -> tuple[float, float]:
    """Passes and votes that count alike and say as much as those of the window: fewer, where weights differ.

    >>> from store.records import Series
    >>> from store.samples import EARLIEST
    >>> kept = Total(EARLIEST, 120, 100, 0, weight=500, weight_sq=8100, weight_pass=290, weight_sq_pass=4090)
    >>> [round(one, 1) for one in effective(Series(feature="f"), kept._replace(weight_sq_pass_sq=4090))]
    [17.1, 29.4]
    """
    found = _weighted(total) if series.metric == "pass_rate" and _differ(total) else None
    return (total.passes, total.votes) if found is None else (found.rate * found.n_eff, found.n_eff)


def bounded(rate: Interval, unscored: float) -> Bounded:
    """A rate with what it would be had the unscored failed or passed; they count as the scored do."""
    worst, best = bounds((rate.rate or 0.0) * rate.n, rate.n, unscored) or (None, None)
    return Bounded(**rate.model_dump(), unscored=unscored, worst=worst, best=best)


def missing_data(before: Interval, now: Bounded, metric: Metric) -> bool:
    """Whether a fall would be none, or too small to matter, had all the unscored passed; of pass rates alone."""
    if metric.name != "pass_rate" or before.rate is None or now.best is None or not now.unscored:
        return False
    return now.best >= before.rate - metric.min_drop


def _differ(total: Total) -> bool:
    """Whether the votes' weights differ: Kish's number of votes is smaller than theirs."""
    weight, squares = total.weight, total.weight_sq
    if not weight or not squares:
        return False
    return weight * weight < total.votes * squares * (1.0 - ALIKE)


def _weighted(total: Total) -> Level | None:
    from evaluator.drift.level import Sums, level

    sums = (
        total.weight,
        total.weight_sq,
        total.weight_pass,
        total.weight_sq_pass,
        total.weight_sq_pass_sq,
    )
    return level(Sums(total.votes, *(float(one or 0.0) for one in sums)))
