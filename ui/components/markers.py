"""What happened beside a change: markers as named lines in the charts, and the nearest one in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt

from evaluator.api.shapes import MarkerView, MonitorView
from ui.components.axes import Axis, chart, stamp, utc_words
from ui.theme import MARKER
from ui.words import one_line, plain

MOST = 12
"""Lines in one chart, the newest: more would be a hatching."""
NAME = 16
ROWS = 4
PHONE = 45
"""Letters that fit beside each other in a chart on a phone."""
KINDS = {"prompt_version": "prompt version", "other": ""}


def marker_rules(markers: Sequence[MarkerView], x: Axis, between: tuple[datetime, datetime]) -> list[alt.Chart]:
    """A dotted line for each marker of this stretch of time, with its name at the top and all of it on hovering."""
    rows = marker_rows(markers, *between)
    if not rows:
        return []
    data = chart(rows)
    hover = [
        alt.Tooltip("at:T", title="at", format="%a %d %b %H:%M"),
        alt.Tooltip("utc:N", title="UTC"),
        alt.Tooltip("what:N", title="marker"),
        alt.Tooltip("origin:N", title="told by"),
        alt.Tooltip("note:N", title="note"),
    ]
    rule = data.mark_rule(color=MARKER, strokeWidth=1.5, strokeDash=[1, 3]).encode(x=x("at"), tooltip=hover)
    # Above the plot, so that no line of the chart runs through a name; neighbours stand in rows of their own.
    names = [named.encode(x=x("at"), text=alt.Text("name:N"), tooltip=hover) for named in _names(rows)]
    return [rule, *names]


def marker_rows(markers: Sequence[MarkerView], start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The newest markers of [start, end] as rows of a chart's data, oldest first; none of an empty span."""
    if start >= end:
        return []
    shown = [marker for marker in markers if start <= marker.ts <= end]
    shown = sorted(shown, key=lambda marker: marker.ts)[-MOST:]
    places = [(marker.ts - start) / (end - start) * PHONE for marker in shown]
    return [_row(marker, *place) for marker, place in zip(shown, _places(shown, places), strict=True)]


def nearest_words(monitor: MonitorView) -> str:
    """The marker nearest to the onset and how well it fits, as Markdown; empty when there is none."""
    marker = monitor.marker
    if marker is None:
        return ""
    icon = ":material/flag:" if marker.fit == "inside" else ":material/outlined_flag:"
    kind = KINDS.get(marker.kind, marker.kind)
    return f"{icon} Nearest marker: {kind} {plain(marker.name)}, {marker.timing}"


def hidden_words(markers: Sequence[MarkerView], start: datetime, end: datetime) -> str:
    """How many markers the chart leaves out."""
    found = sum(start <= marker.ts <= end for marker in markers)
    if not found:
        return ""
    left = f", the newest {MOST} of {found}" if found > MOST else ""
    return f" Dotted lines: markers{left}."


def _places(shown: Sequence[MarkerView], at: Sequence[float]) -> list[tuple[int, bool]]:
    """The line above the plot that each name stands on, the one with the most room, and whether left of its marker."""
    ends = [0.0] * ROWS
    found = []
    for marker, x in zip(shown, at, strict=True):
        size = len(one_line(marker.name, NAME)) + 1
        left = x + size > PHONE
        row = min(range(ROWS), key=lambda one: (max(ends[one] - (x - size if left else x), 0.0), one))
        ends[row] = x if left else x + size
        found.append((row, left))
    return found


def _row(marker: MarkerView, row: int, left: bool) -> dict[str, Any]:
    kind = KINDS.get(marker.kind, marker.kind)
    return {
        "at": stamp(marker.ts),
        "utc": utc_words(marker.ts),
        "name": one_line(marker.name, NAME),
        "what": one_line(f"{kind} {marker.name}".strip()),
        "origin": "seen in the traffic" if marker.origin == "seen" else one_line(marker.origin),
        "note": one_line(marker.note) or "–",
        "row": row,
        "left": left,
    }


def _names(rows: Sequence[dict[str, Any]]) -> list[alt.Chart]:
    places = sorted({(row["row"], row["left"]) for row in rows})
    return [
        chart([one for one in rows if (one["row"], one["left"]) == (row, left)]).mark_text(
            align="right" if left else "left", y=-6 - 12 * row, dx=2 if left else -2, color=MARKER, fontSize=11
        )
        for row, left in places
    ]
