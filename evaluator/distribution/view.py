"""The distribution of one monitor's metric, before and now, out of the counted votes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Literal

from evaluator.api.distribution_shapes import (
    BinView,
    DistributionView,
    EdgeView,
    PieceView,
    QuantileView,
    WindowView,
)
from evaluator.distribution import bins
from evaluator.distribution.bins import RATIO, Bin
from evaluator.drift.intervals import wilson
from evaluator.drift.quantiles import beyond, quantile, quantile_interval
from evaluator.monitors import spans
from evaluator.monitors.metrics import GRADES, METRICS, Kind
from evaluator.monitors.views import Watched
from store import levels as level_store
from store.database import Connection
from store.levels import Level
from store.records import Series, Share
from store.rollup import Window

QUANTILES = {"up": (0.5, 0.9, 0.99), "down": (0.01, 0.1, 0.5), "both": (0.01, 0.1, 0.5, 0.9, 0.99)}
FEW_SCORES = 12
"""A scale of so few steps has no quantiles: its steps are told one by one."""


@dataclass(frozen=True, slots=True)
class Side:
    """One window's votes at increasing values."""

    values: Sequence[float]
    votes: Sequence[float]

    @property
    def n(self) -> float:
        return sum(self.votes)


def view(c: Connection, watched: Watched, now: datetime) -> DistributionView:
    """The votes of the baseline and those of the time that is tested, by value or label."""
    monitor, baseline = watched.monitor.series, watched.baseline
    current = spans.current(watched, now)
    series = _distributed(c, monitor)
    kind = _kind(series)
    found: list[Level] = []
    if series and kind != "none":
        nothing = (current.start_at, current.start_at)
        before = (baseline.start_at, baseline.end_at) if baseline else nothing
        found = level_store.of_windows(c, series, before, (current.start_at, current.end_at))
    metric = METRICS[series.metric if series else monitor.metric]
    before_n, now_n = sum(one.before for one in found), sum(one.now for one in found)
    share = current.share if watched.check and series == monitor else Share()
    return DistributionView(
        monitor_id=watched.monitor.monitor_id,
        feature=monitor.feature,
        judge=monitor.judge,
        metric=metric.name,
        unit=metric.unit,
        whole=metric.whole,
        kind=kind,
        before=WindowView(start=baseline.start_at, end=baseline.end_at, n=before_n) if baseline else None,
        now=_window(current, now_n),
        bins=[_bin(one, before_n, now_n) for one in _bins(kind, found, whole=metric.whole)],
        quantiles=quantiles_of(kind, found, metric.direction),
        says=watched.check.says if watched.check and series == monitor else None,
        edge=_edge(share),
        labels=list(share.labels),
        others=share.others,
    )


def _distributed(c: Connection, series: Series) -> Series | None:
    """What is shown of a monitor: its own metric; of a pass rate the scores or labels beside it; None without any."""
    if series.metric == "pass_rate":
        return level_store.graded(c, series)
    return series if METRICS[series.metric].kind in (Kind.NUMBER, Kind.CATEGORY) else None


def _kind(series: Series | None) -> Literal["number", "score", "category", "none"]:
    if series is None:
        return "none"
    if METRICS[series.metric].kind is Kind.CATEGORY:
        return "category"
    return "score" if series.metric in GRADES else "number"


def _bins(kind: str, found: Sequence[Level], *, whole: bool) -> list[Bin]:
    if not found:
        return []
    if kind == "number":
        return bins.of_numbers(found, whole=whole)
    return bins.of_scores(found) if kind == "score" else bins.of_labels(found)


def _window(current: Window, n: float) -> WindowView:
    return WindowView(start=current.start_at, end=current.end_at, n=n)


def _bin(one: Bin, before: float, now: float) -> BinView:
    return BinView(
        label=one.label,
        low=one.low,
        high=one.high,
        pooled=one.pooled,
        before=piece(one.before, before),
        now=piece(one.now, now),
    )


def piece(votes: float, n: float) -> PieceView:
    """So many of n votes, as a share with its interval."""
    bounds = wilson(min(votes, n), n)
    if bounds is None:
        return PieceView(votes=votes, share=None, lo=None, hi=None)
    return PieceView(votes=votes, share=votes / n, lo=bounds[0], hi=bounds[1])


def _edge(share: Share) -> EdgeView | None:
    if share.low is not None:
        return EdgeView(value=share.low, direction="up")
    return None if share.high is None else EdgeView(value=share.high, direction="down")


def quantiles_of(kind: str, found: Sequence[Level], direction: str) -> list[QuantileView]:
    """Quantiles towards the worse end; of scores the mean first, and quantiles only where the scale has many steps."""
    values = [one.value for one in found if one.value is not None]
    if kind not in ("number", "score") or not values:
        return []
    sides = Side(values, [one.before for one in found]), Side(values, [one.now for one in found])
    wanted = QUANTILES[direction] if kind == "number" or len(values) > FEW_SCORES else ()
    ratio = RATIO if kind == "number" else 1.0
    rows = [_beyond(_row(f"p{100 * p:g}", sides, _quantile(p, ratio)), sides[1], ratio) for p in wanted]
    return [_row("mean", sides, _mean), *rows] if kind == "score" else rows


Estimate = tuple[float | None, tuple[float, float] | None]


def _row(name: str, sides: tuple[Side, Side], of: Callable[[Side], Estimate]) -> QuantileView:
    (before, spread), (now, spread_now) = (of(side) for side in sides)
    (lo, hi), (lo_now, hi_now) = (bounds or (None, None) for bounds in (spread, spread_now))
    return QuantileView(
        name=name,
        before=before,
        before_lo=lo,
        before_hi=hi,
        now=now,
        now_lo=lo_now,
        now_hi=hi_now,
        beyond=None,
    )


def _beyond(row: QuantileView, now: Side, ratio: float) -> QuantileView:
    """The row with the share of the votes now that lie above what the quantile was before."""
    if row.before is None:
        return row
    above = beyond(list(now.values), list(now.votes), row.before, ratio)
    return row.model_copy(update={"beyond": piece(above, now.n)})


def _quantile(share: float, ratio: float) -> Callable[[Side], Estimate]:
    def of(side: Side) -> Estimate:
        values, votes = list(side.values), list(side.votes)
        return quantile(values, votes, share, ratio), quantile_interval(values, votes, share, ratio)

    return of


def _mean(side: Side) -> Estimate:
    """The mean score, with a normal interval; none of fewer than two votes."""
    n = side.n
    if not n:
        return None, None
    mean = sum(value * votes for value, votes in zip(side.values, side.votes, strict=True)) / n
    if n <= 1.0:
        return mean, None
    square = sum(votes * (value - mean) ** 2 for value, votes in zip(side.values, side.votes, strict=True)) / (n - 1.0)
    half = 1.96 * sqrt(square / n)
    return mean, (max(mean - half, 0.0), min(mean + half, 1.0))
