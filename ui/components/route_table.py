"""Who would be told of what, now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from evaluator.api.incident_shapes import WayView
from ui.components.reader import reader_zone
from ui.moments import short
from ui.theme import ROW_HEIGHT, SEVERITIES
from ui.words import cell, one_line

ROWS_SHOWN = 15


def route_table(ways: Sequence[WayView]) -> None:
    """A row per feature, a column per severity."""
    st.header("Who is told of what", anchor=False)
    features = dict.fromkeys(one.feature for one in ways)
    st.dataframe(
        [row(feature, [one for one in ways if one.feature == feature]) for feature in features],
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(features) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        key="routes",
        alt="Channels that would be told, by feature and severity",
    )
    st.caption(
        "Which channels would be told of an alert now. The first route in `alerts.routes` that matches decides, given "
        "in brackets; without one, every channel is told."
    )


def row(feature: str, ways: Sequence[WayView]) -> dict[str, Any]:
    """One feature; foreign names cannot act as formulas in a download."""
    by = {one.severity: one for one in ways}
    owner = next((one.owner for one in ways), "")
    told = {name.capitalize(): cell(way(by[name]), 300) if name in by else "" for name in SEVERITIES}
    return {"Feature": cell(feature), **told, "Owner": cell(owner)}


def way(one: WayView) -> str:
    """Which channels, by which route, and until when it is quiet."""
    names = ", ".join(one_line(name, 40) for name in one.channels) or "nobody"
    by = f" ({one_line(one.route, 40)})" if one.route[:1] != "(" else ""
    quiet = f", quiet until {short(one.held_until, reader_zone(), datetime.now(UTC))}" if one.held_until else ""
    return f"{names}{by}{quiet}"


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    told = {name.capitalize(): text(width=295) for name in SEVERITIES}
    return {"Feature": text(width=140), **told, "Owner": text(width=95)}
