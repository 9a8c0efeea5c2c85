"""Bins as a scale: where a value lies among them, which edges are named, and how bins are called."""

from __future__ import annotations

from math import log

from evaluator.api.distribution_shapes import BinView, DistributionView
from evaluator.monitors.metrics import METRICS

TICKS = 6


def stands_alone(view: DistributionView) -> bool:
    """Whether each bin is a label or a grade by itself, and no part of a scale."""
    return view.kind == "category" or all(one.low == one.high for one in view.bins)


def place_of(value: float | None, view: DistributionView) -> float:
    """Where on the scale of bins, each of them one wide, a value lies; in the middle of a bin without an end."""
    for place, one in enumerate(view.bins):
        if one.high is not None and value is not None and value < one.high and (one.low is None or value >= one.low):
            return place + _within(value, one.low, one.high)
    return len(view.bins) - 0.5 if view.bins and view.bins[-1].high is None else float(len(view.bins))


def _within(value: float, low: float | None, high: float) -> float:
    if low is None:
        return 0.5
    if low > 0.0:
        return log(value / low) / log(high / low)
    return (value - low) / (high - low)


def ticks(bins: int) -> list[int]:
    """The edges of bins that are named on the axis.

    >>> ticks(36), ticks(3)
    ([0, 6, 12, 18, 24, 30, 36], [0, 1, 2, 3])
    """
    return list(range(0, bins + 1, max(round(bins / TICKS), 1)))


def edge_name(at: int, view: DistributionView) -> str:
    """What is told at the edge before the bin at this place; nothing where there is no end."""
    end = view.bins[at].low if at < len(view.bins) else view.bins[-1].high
    return "" if end is None else figure(end, view.metric)


def names_of(view: DistributionView) -> list[str]:
    """What each bin is called."""
    return [bin_name(one, view.metric) for one in view.bins]


def bin_name(one: BinView, metric: str) -> str:
    """A bin in words: a label as it came, a grade, or from where to where."""
    if one.label is not None:
        return f"{one.pooled} rare ones" if one.pooled else one.label or "(empty)"
    if one.low is None or one.high is None:
        end = one.high if one.low is None else one.low
        return (
            ""
            if end is None
            else f"below {figure(end, metric)}"
            if one.low is None
            else f"{figure(end, metric)} and more"
        )
    low, high = figure(one.low, metric), figure(one.high, metric)
    return low if one.low == one.high else f"{low} to {high}"


def figure(value: float, metric: str) -> str:
    """A value of a metric: whole where it has no fractions, else with three digits that say something.

    >>> figure(812.4, "latency_ms"), figure(27.6, "output_tokens"), figure(0.00123, "cost_usd")
    ('812', '28', '0.00123')
    """
    known = METRICS.get(metric)
    whole = bool(known and known.whole) or abs(value) >= 100
    return f"{value:,.0f}" if whole else f"{value:.3g}"
