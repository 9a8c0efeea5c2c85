"""The charts of a monitor's page as pictures, out of what the API tells of it."""

from __future__ import annotations

import math
from datetime import timedelta

from evaluator.api.cause_shapes import CausesView
from evaluator.api.distribution_shapes import BinView, DistributionView
from evaluator.api.shapes import MonitorView, SeriesView
from evaluator.distribution.scale import edge_name, names_of, place_of, stands_alone, ticks
from evaluator.monitors.words import RATE_OF_JUDGE, noun, of_view
from evaluator.plots import distribution as spread_plot
from evaluator.plots import evidence as evidence_plot
from evaluator.plots import mix as mix_plot
from evaluator.plots import regression as course_plot
from evaluator.plots.distribution import Bar, Spread
from evaluator.plots.evidence import Look
from evaluator.plots.mix import Change
from evaluator.plots.regression import Course, Point
from store.records import Alert

PARTS = (("all of it", "total"), ("at the same mix", "within"), ("by the mix", "mix"))


def series(view: SeriesView, alert: Alert | None) -> bytes | None:
    """The share over time with its votes; None with fewer than two steps that have any."""
    monitor = view.monitor
    points = [
        Point(one.start, one.rate, one.lo, one.hi, one.n)
        for one in view.points
        if one.rate is not None and one.lo is not None and one.hi is not None
    ]
    if len(points) < 2:
        return None
    onset = (monitor.onset_lo, monitor.onset, monitor.onset_hi)
    lo, at, hi = onset
    course = Course(
        title=_title(monitor),
        points=points,
        step=timedelta(minutes=view.step_minutes),
        baseline=monitor.baseline.rate if monitor.baseline else None,
        onset=(lo, at, hi) if lo and at and hi and monitor.fires else None,
        marker=(monitor.marker.ts, monitor.marker.name) if monitor.marker else None,
        fired_at=alert.fired_at if alert else None,
        resolved_at=alert.resolved_at if alert else None,
        measure=_measure(monitor),
        votes=True,
    )
    return course_plot.chart(course, 1000, 480)


def evidence(view: SeriesView) -> bytes | None:
    """The evidence look by look; None without a look."""
    looks = [
        Look(one.looked_at, one.log_evidence / math.log(10), one.log_threshold / math.log(10))
        for one in view.evidence
        if one.log_evidence is not None
    ]
    return evidence_plot.chart(f"{of_view(view.monitor)}: evidence of a change", looks) if looks else None


def mix(view: CausesView, monitor: MonitorView) -> bytes | None:
    """The change in parts, by what describes requests; None where nothing does."""
    chosen = next((one for one in view.mixes if one.is_of_requests), None)
    if chosen is None:
        return None
    parts = [(name, getattr(chosen, field)) for name, field in PARTS]
    changes = [Change(name, 100 * one.size, 100 * one.lo, 100 * one.hi) for name, one in parts]
    return mix_plot.chart(f"{_title(monitor)}, what changed", chosen.by, changes)


def distribution(view: DistributionView, monitor: MonitorView) -> bytes | None:
    """The votes by value or label; None where there are none."""
    if not view.bins:
        return None
    alone = stands_alone(view)
    marks = [
        (one.name, place_of(one.before, view))
        for one in view.quantiles
        if one.before is not None and one.name != "mean" and not alone
    ]
    unit = f", {view.unit}" if view.unit else ""
    spread = Spread(
        title=f"{of_view(monitor)}: before and now",
        measure=f"{noun(view.metric)}{unit}{' (logarithmic)' if view.kind == 'number' and not alone else ''}",
        bars=[_bar(name, one, view) for name, one in zip(names_of(view), view.bins, strict=True)],
        edges={} if alone else {at: edge_name(at, view) for at in ticks(len(view.bins))},
        marks=marks,
    )
    return spread_plot.chart(spread, height=420 if not alone else max(60 * len(view.bins) + 160, 280))


def _bar(name: str, one: BinView, view: DistributionView) -> Bar:
    return Bar(name, one.before.share if view.before else None, one.now.share)


def _measure(monitor: MonitorView) -> str:
    """What the axis of shares is of."""
    return noun(monitor.metric) if _is_rate(monitor) else "share of the votes"


def _title(monitor: MonitorView) -> str:
    """The monitor, and which share of its metric is shown."""
    share = "" if _is_rate(monitor) else f": {monitor.says.removeprefix(noun(monitor.metric)).strip()}"
    return of_view(monitor) + share


def _is_rate(monitor: MonitorView) -> bool:
    return monitor.metric == RATE_OF_JUDGE or monitor.says == noun(monitor.metric)
