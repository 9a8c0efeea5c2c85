"""The pass rate, or another share, over time with its interval, against the baseline, with the onset marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.alert_shapes import AlertView
from evaluator.api.shapes import MarkerView, MonitorView, SeriesPoint, SeriesView
from evaluator.monitors.words import RATE_OF_JUDGE, noun
from ui.components.axes import Axis, Spec, chart, layered, show, stamp, time_axis, utc_words, value_axis
from ui.components.markers import hidden_words, marker_rules
from ui.components.regression_files import Files
from ui.components.step import choose_step, step_words
from ui.theme import BASELINE, FIRED, LINE, ONSET, RESOLVED
from ui.words import metric_name, one_line, percent, share_text, share_words, span

ANCHOR = "series"
HEIGHT = 300
MEASURED = {"rate", "lo", "hi", "worst", "best", "n", "errors", "unscored"}
UNSCORED = (
    alt.Tooltip("unscored:Q", title="unscored"),
    alt.Tooltip("errors:Q", title="of them judge errors"),
    alt.Tooltip("worst:Q", title="had they failed", format=".1%"),
    alt.Tooltip("best:Q", title="had they passed", format=".1%"),
)
NEAR_ZERO = 0.4
AXIS = 46
"""Letters that fit beside the axis."""
FOOT = alt.expr("height - 10")


def series_chart(series: SeriesView, alerts: Sequence[AlertView], markers: Sequence[MarkerView], files: Files) -> None:
    """The chart, the votes of each step under it, a key in words, and the files of both."""
    st.subheader(f"{metric_name(series.monitor.metric)} over time", anchor=ANCHOR)
    if not any(point.rate is not None for point in series.points):
        none = "No votes yet: the chart starts with the first one."
        unchosen = "Which share of the votes is watched follows from the baseline: the chart starts with it."
        told = unchosen if any(point.n for point in series.points) else none
        st.info(told, icon=":material/hourglass_top:")
        return
    first = (series.before or series.points)[0].start
    between = (first, series.points[-1].start + timedelta(minutes=series.step_minutes))
    x = time_axis(*between)
    rules = [*marker_rules(markers, x, between), *alert_rules(alerts, x)]
    told = f"{metric_name(series.monitor.metric)} with its 95 % interval, baseline, onset and markers"
    show(rate_chart(series, rules, x), told)
    show(votes_chart(series, x), "Votes per step")
    st.caption(key_words(series) + hidden_words(markers, *between))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_step(files.step)
        files.offer("series", file_rows(series), anchor=ANCHOR)


def file_rows(series: SeriesView) -> list[dict[str, Any]]:
    """The steps for a file: from when to when, the rate with its interval, and the votes."""
    length = timedelta(minutes=series.step_minutes)
    return [
        {"start": point.start, "end": point.start + length, **point.model_dump(exclude={"start"})}
        for point in series.points
    ]


def rate_chart(series: SeriesView, rules: Sequence[alt.Chart], x: Axis) -> Spec:
    """Onset and baseline bands behind, interval ribbon and line before them, rules of markers and alerts on top."""
    scale, told = rate_scale(series), share_text(series.monitor) or noun(series.monitor.metric)
    y = value_axis(one_line(told, AXIS), scale, labelExpr="datum.value < 0 ? '' : format(datum.value, '~%')")
    behind = [*onset_band(series.monitor, x), *baseline_band(series.monitor, y)]
    lines = rate_line(rows(series), x, y, judged=is_judged(series.monitor))
    return layered([*behind, *before_line(series, x, y), *lines, *rules], HEIGHT)


def before_line(series: SeriesView, x: Axis, y: Axis) -> list[alt.Chart]:
    """What the judge version before this one said, in grey, up to a line where this one begins."""
    old = series.monitor.predecessor
    if old is None or not series.before:
        return []
    hover = [alt.Tooltip("utc:N", title="UTC"), alt.Tooltip("rate:Q", title="version before", format=".1%")]
    line = chart(steps(series.before, series.step_minutes)).mark_line(color=BASELINE, strokeWidth=2, opacity=0.9)
    cut = chart([{"at": stamp(old.cut_at), "name": "judge changed"}])
    rule = cut.mark_rule(color=BASELINE, strokeWidth=2).encode(x=x("at"))
    name = cut.mark_text(align="right", y=FOOT, dx=-6, color=BASELINE, fontSize=12, fontWeight="bold")
    return [
        line.encode(x=x("start"), y=y("rate"), tooltip=hover),
        rule,
        name.encode(x=x("at"), text=alt.Text("name:N")),
    ]


def rate_line(shown: list[dict[str, Any]], x: Axis, y: Axis, *, judged: bool) -> list[alt.Chart]:
    """The interval as a ribbon, bars for the unscored, the rate as a line, and points that answer to the mouse."""
    data = chart(shown)
    hover = [
        alt.Tooltip("start:T", title="from", format="%a %d %b %H:%M"),
        alt.Tooltip("utc:N", title="UTC"),
        alt.Tooltip("rate:Q", title="pass rate" if judged else "share", format=".1%"),
        alt.Tooltip("lo:Q", title="95 % from", format=".1%"),
        alt.Tooltip("hi:Q", title="95 % to", format=".1%"),
        alt.Tooltip("n:Q", title="n"),
        *(UNSCORED if judged else ()),
    ]
    ribbon = data.mark_area(opacity=0.22, color=LINE).encode(x=x("start"), y=y("lo"), y2=alt.Y2("hi:Q"))
    line = data.mark_line(color=LINE, strokeWidth=2).encode(x=x("start"), y=y("rate"))
    dots = data.mark_circle(color=LINE, size=36, opacity=1).encode(x=x("start"), y=y("rate"), tooltip=hover)
    return [ribbon, *(bounds_bars(shown, x, y) if judged else ()), line, dots]


def bounds_bars(shown: list[dict[str, Any]], x: Axis, y: Axis) -> list[alt.Chart]:
    """A bar at each step with unscored samples: from all of them failed to all of them passed."""
    lacking = [step for step in shown if step["unscored"] and step["n"]]
    if not lacking:
        return []
    bars = chart(lacking).mark_rule(color=BASELINE, strokeWidth=4, opacity=0.7)
    return [bars.encode(x=x("start"), y=y("worst"), y2=alt.Y2("best:Q"))]


def votes_chart(series: SeriesView, x: Axis) -> Spec:
    """The number of votes behind each step."""
    shown = rows(series)
    closed = [*shown, {**shown[-1], "start": shown[-1]["end"]}]
    area = chart(closed).mark_area(color=BASELINE, opacity=0.6, interpolate="step-after")
    return layered([area.encode(x=x("start"), y=value_axis("votes", tickCount=2)("n"))], 90)


def baseline_band(monitor: MonitorView, y: Axis) -> list[alt.Chart]:
    """The baseline's 95 % interval across the chart, and its rate as a dashed line."""
    before = monitor.baseline
    if before is None or before.rate is None:
        return []
    data = chart([before.model_dump(include={"rate", "lo", "hi"})])
    band = data.mark_rect(color=BASELINE, opacity=0.25).encode(y=y("lo"), y2=alt.Y2("hi:Q"))
    rule = data.mark_rule(color=BASELINE, strokeDash=[5, 4]).encode(y=y("rate"))
    return [band, rule]


def onset_band(monitor: MonitorView, x: Axis) -> list[alt.Chart]:
    """The 90 % interval of the onset as a band over the whole height, the likeliest moment as a line."""
    if monitor.onset is None or not monitor.fires:
        return []
    lo, hi = monitor.onset_lo or monitor.onset, monitor.onset_hi or monitor.onset
    data = chart([{"lo": stamp(lo), "hi": stamp(hi), "onset": stamp(monitor.onset), "name": "onset"}])
    band = data.mark_rect(color=ONSET, opacity=0.3).encode(x=alt.X("lo:T", title=None), x2=alt.X2("hi:T"))
    rule = data.mark_rule(color=ONSET, strokeWidth=2).encode(x=x("onset"))
    name = data.mark_text(align="right", y=FOOT, dx=-6, color=ONSET, fontSize=12, fontWeight="bold")
    return [band, rule, name.encode(x=x("onset"), text=alt.Text("name:N"))]


def alert_rules(alerts: Sequence[AlertView], x: Axis) -> list[alt.Chart]:
    """When alerts fired and resolved, as named lines."""
    fired = [{"at": stamp(alert.fired_at), "name": "fired"} for alert in alerts]
    resolved = [{"at": stamp(alert.resolved_at), "name": "resolved"} for alert in alerts if alert.resolved_at]
    return [*named_rules(fired, FIRED, x), *named_rules(resolved, RESOLVED, x)]


def named_rules(rows: list[dict[str, Any]], colour: str, x: Axis) -> list[alt.Chart]:
    """Dashed lines with their name at the top."""
    if not rows:
        return []
    rule = chart(rows).mark_rule(color=colour, strokeWidth=2, strokeDash=[2, 2]).encode(x=x("at"))
    name = chart(rows).mark_text(align="left", y=FOOT, dx=6, color=colour, fontSize=12, fontWeight="bold")
    return [rule, name.encode(x=x("at"), text=alt.Text("name:N"))]


def rate_scale(series: SeriesView) -> alt.Scale:
    """Around what there is, up to 100 % where high is good, from 0 where low is: a fixed scale would hide changes."""
    told = [*series.points, *series.before, *([series.monitor.baseline] if series.monitor.baseline else [])]
    lows, highs = [one.lo for one in told if one.lo is not None], [one.hi for one in told if one.hi is not None]
    low, high = min(lows), max(highs)
    if series.monitor.bad == "down":
        high = 1.0
    elif low < NEAR_ZERO:
        low = 0.0
    # The lowest tenth stays free for the names of the vertical lines.
    domain = [low - 0.1 * (high - low) - 0.01, min(high + 0.05 * (high - low), 1.0)]
    return alt.Scale(domain=domain, clamp=True, nice=False, zero=False)


def is_judged(monitor: MonitorView) -> bool:
    """Whether it is a pass rate: only there the unscored could have passed or failed."""
    return monitor.metric == RATE_OF_JUDGE


def key_words(series: SeriesView) -> str:
    """What the colours mean, in words."""
    monitor = series.monitor
    told = f"share {share_words(monitor)}" if share_text(monitor) else noun(monitor.metric)
    words = f"Line: {told} per {step_words(series.step_minutes)}, with its 95 % interval."
    before = monitor.baseline
    if before:
        words += f" Grey band: the baseline, {percent(before.rate)} ({span(before)})."
    if series.before:
        words += " Grey line: the judge version before this one, whose verdicts count for nothing here."
    if is_judged(monitor) and any(point.unscored and point.n for point in series.points):
        words += " Grey bars: what the rate would be had all the unscored failed, or passed."
    if monitor.onset and monitor.fires:
        words += f" Orange band: when the {'rise' if monitor.bad == 'up' else 'fall'} began, with 90 % certainty."
    return words + " Below: votes. Hover a point for its numbers."


def rows(series: SeriesView) -> list[dict[str, Any]]:
    """The monitor's own steps as rows of a chart's data."""
    return steps(series.points, series.step_minutes)


def steps(points: Sequence[SeriesPoint], step_minutes: int) -> list[dict[str, Any]]:
    """The steps as rows of a chart's data; where steps are missing, a row without a rate parts the line."""
    length = timedelta(minutes=step_minutes)
    shown: list[dict[str, Any]] = []
    for point, following in zip(points, [*points[1:], None], strict=True):
        end = point.start + length
        shown.append(row(point.start, end) | point.model_dump(include=MEASURED))
        if following and following.start > end:
            shown.append(row(end, following.start))
    return shown


def row(start: datetime, end: datetime) -> dict[str, Any]:
    """A stretch of time in which nothing was judged."""
    return {
        "start": stamp(start),
        "end": stamp(end),
        "utc": utc_words(start),
        **dict.fromkeys(("rate", "lo", "hi", "worst", "best")),
        **dict.fromkeys(("n", "errors", "unscored"), 0),
    }
