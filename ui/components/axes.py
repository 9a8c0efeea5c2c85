"""What charts share: axes that line up under each other, and inline data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt

WIDTH = 48
Axis = Callable[[str], Any]


def time_axis(start: datetime, end: datetime) -> Axis:
    """The same stretch of time for every field of every chart, in the browser's zone."""
    scale = alt.Scale(domain=[utc(start), utc(end)])
    marks = alt.Axis(title=None, labelOverlap=True, labelFlush=True, tickCount=8, grid=False)
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


def chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    """A chart over rows that travel inside it."""
    return alt.Chart(alt.InlineData(values=list(rows)))
