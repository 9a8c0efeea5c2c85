"""What charts share: axes that line up under each other, inline data, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import streamlit as st
from altair.utils.schemapi import disable_debug_mode

# Sizes and colours are the page's.
alt.theme.enable("none")
# Nor is each part of a chart held against the schema when it is made: see `show`.
disable_debug_mode()

WIDTH = 48
FORTNIGHT = timedelta(days=14)
Axis = Callable[[str], Any]
Spec = dict[str, Any]
"""A chart as Vega-Lite takes it."""


def time_axis(start: datetime, end: datetime) -> Axis:
    """The same stretch of time for every field of every chart, in the browser's zone."""
    scale = alt.Scale(domain=[utc(start), utc(end)])
    # Left to itself, Vega names Sundays by their month and the other days by their weekday.
    day = "%a %-d" if end - start < FORTNIGHT else "%-d %b"
    words = f"timeFormat(datum.value, hours(datum.value) || minutes(datum.value) ? '%H:%M' : '{day}')"
    marks = alt.Axis(title=None, labelOverlap=True, labelFlush=True, tickCount=8, grid=False, labelExpr=words)
    return lambda field: alt.X(f"{field}:T", scale=scale, axis=marks)


def value_axis(title: str, scale: alt.Scale | None = None, **options: Any) -> Axis:
    """A vertical axis of fixed width, so that charts under each other line up."""
    marks = alt.Axis(minExtent=WIDTH, maxExtent=WIDTH, **options)
    return lambda field: alt.Y(f"{field}:Q", title=title, axis=marks, scale=scale or alt.Undefined)


def utc(at: datetime) -> alt.DateTime:
    """A moment as Vega-Lite wants it in a scale; its minutes, months from one."""
    at = at.astimezone(UTC)
    return alt.DateTime(year=at.year, month=at.month, date=at.day, hours=at.hour, minutes=at.minute, utc=True)


def stamp(at: datetime) -> str:
    """A moment that the browser shows in its own zone."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def utc_words(at: datetime) -> str:
    """The same moment for the field beside it, in UTC.

    >>> utc_words(datetime(2026, 11, 20, 12, tzinfo=UTC))
    'Fri 20 Nov 12:00'
    """
    return f"{at.astimezone(UTC):%a %d %b %H:%M}"


def chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    """A chart over rows that travel inside it."""
    return alt.Chart(alt.InlineData(values=list(rows)))


def layered(parts: Sequence[alt.Chart], height: int) -> Spec:
    """These charts over each other as Vega-Lite takes them, with their axes so many pixels high.

    Not by `alt.layer`, which copies every row of every part several times: two thirds of the time of a chart.
    """
    # As Altair's own layers write theirs: rows go to `datasets`, where parts that share them find them by name.
    context = {"top_level": False, "datasets": {}}
    layer = [part.to_dict(validate=False, context=context) for part in parts]
    return {"height": height, "layer": layer, "datasets": context["datasets"]}


def show(drawn: Spec, told: str) -> None:
    """The chart on the page; `told` is what it says to those who do not see it.

    Not by `st.altair_chart`, which holds every chart against the schema of Vega-Lite each time it is shown: half of the
    time of a chart went there. The browser tests draw each of them, and a wrong one complains.
    """
    st.vega_lite_chart(drawn, alt=told)
