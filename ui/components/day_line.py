"""Two weeks of one monitor, small: a point and its interval a day, the baseline behind, markers as dotted lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.shapes import MarkerView, MonitorView
from evaluator.monitors.words import noun
from ui.components.axes import Spec, chart, layered, show, stamp, utc
from ui.components.markers import marker_rows
from ui.components.series import baseline_band
from ui.theme import LINE, MARKER
from ui.words import one_line, share_text

HEIGHT = 130
DAY = timedelta(days=1)


def day_line(one: MonitorView, markers: Sequence[MarkerView], now: datetime) -> None:
    """The chart; in its place words where there is nothing to draw."""
    days = points(one)
    if not any(day["rate"] is not None for day in days):
        st.caption(":material/hourglass_top: Nothing to draw in the last two weeks.")
        return
    told = one.judge or noun(one.metric)
    show(drawn(one, days, markers, now), f"Two weeks of {one_line(told)}, by day")


def points(one: MonitorView) -> list[dict[str, Any]]:
    """A row for each day; without a rate where nothing was counted."""
    if one.recent_from is None:
        return []
    noon = datetime.combine(one.recent_from, datetime.min.time(), UTC) + DAY / 2
    return [
        {"day": stamp(at), "utc": f"{at:%a %d %b}", "rate": step.rate, "lo": step.lo, "hi": step.hi, "n": step.n}
        for at, step in ((noon + n * DAY, step) for n, step in enumerate(one.recent))
    ]


def drawn(one: MonitorView, days: Sequence[dict[str, Any]], markers: Sequence[MarkerView], now: datetime) -> Spec:
    """Band, ribbon, line and points, and the markers of the stretch."""
    assert one.recent_from is not None
    start = datetime.combine(one.recent_from, datetime.min.time(), UTC)
    end = max(start + len(days) * DAY, now)
    x = _days(start, end, len(days))
    y = _axis(one, days)
    hover = [
        alt.Tooltip("utc:N", title="day (UTC)"),
        alt.Tooltip("rate:Q", title=share_text(one) or noun(one.metric), format=".1%"),
        alt.Tooltip("lo:Q", title="95 % from", format=".1%"),
        alt.Tooltip("hi:Q", title="95 % to", format=".1%"),
        alt.Tooltip("n:Q", title="n"),
    ]
    data = chart(days)
    layers = [
        *baseline_band(one, y),
        data.mark_area(opacity=0.22, color=LINE).encode(x=x("day"), y=y("lo"), y2=alt.Y2("hi:Q")),
        data.mark_line(color=LINE, strokeWidth=2).encode(x=x("day"), y=y("rate")),
        data.mark_circle(color=LINE, size=30, opacity=1).encode(x=x("day"), y=y("rate"), tooltip=hover),
        *_rules(marker_rows(markers, start, end), x),
    ]
    return layered(layers, HEIGHT)


def _rules(rows: list[dict[str, Any]], x: Any) -> list[alt.Chart]:
    if not rows:
        return []
    hover = [
        alt.Tooltip("at:T", title="at", format="%a %d %b %H:%M"),
        alt.Tooltip("utc:N", title="UTC"),
        alt.Tooltip("what:N", title="marker"),
    ]
    rule = chart(rows).mark_rule(color=MARKER, strokeWidth=1.5, strokeDash=[1, 3])
    return [rule.encode(x=x("at"), tooltip=hover)]


def _days(start: datetime, end: datetime, count: int) -> Any:
    """A few of the days by name, whole ones of UTC: where its noon is tomorrow, each would have the next one's name."""
    every = -(-count // 5)
    named = [utc(start + n * DAY + DAY / 2) for n in range(0, count, every)]
    marks = alt.Axis(title=None, values=named, format="%-d %b", labelOverlap=True, labelFlush=False, grid=False)
    scale = alt.Scale(type="utc", domain=[utc(start), utc(end)])
    return lambda field: alt.X(f"{field}:T", scale=scale, axis=marks)


def _axis(one: MonitorView, days: Sequence[dict[str, Any]]) -> Any:
    """From just below what there is to just above it: a fixed scale would hide changes."""
    told = [*days, *([one.baseline.model_dump()] if one.baseline else [])]
    lows = [row["lo"] for row in told if row["lo"] is not None]
    highs = [row["hi"] for row in told if row["hi"] is not None]
    low, high = min(lows), max(highs)
    room = 0.05 * (high - low) + 0.005
    scale = alt.Scale(domain=[max(low - room, 0.0), min(high + room, 1.0)], clamp=True, nice=False, zero=False)
    marks = alt.Axis(minExtent=40, maxExtent=40, tickCount=3, format="~%")
    return lambda field: alt.Y(f"{field}:Q", title=None, axis=marks, scale=scale)
