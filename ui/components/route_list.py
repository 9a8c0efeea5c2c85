"""Who would be told of what, now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from evaluator.api.incident_shapes import WayView
from ui.components.acting import paged
from ui.components.reader import reader_zone
from ui.moments import short
from ui.theme import SEVERITIES, SEVERITY_LOOKS, badge
from ui.words import plain

CARDS = 10


def route_list(ways: Sequence[WayView]) -> None:
    """A card per feature, in it a column per severity; on a phone these are lines."""
    st.header("Who is told of what", anchor=False)
    st.caption(
        "Which channels would be told of an alert now. The first route in `alerts.routes` that matches decides, given "
        "in brackets; without one, every channel is told. All of it: `leadline alert routes`."
    )
    features = list(dict.fromkeys(one.feature for one in ways))
    for feature in paged(features, CARDS, "routes_page"):
        _card(feature, {one.severity: one for one in ways if one.feature == feature})


def way(one: WayView) -> str:
    """Which channels, by which route, and until when it is quiet, as Markdown."""
    names = ", ".join(plain(name, 40) for name in one.channels) or "nobody"
    by = f" ({plain(one.route, 40)})" if one.route[:1] != "(" else ""
    quiet = f", quiet until {short(one.held_until, reader_zone(), datetime.now(UTC))}" if one.held_until else ""
    return f"{names}{by}{quiet}"


def _card(feature: str, by: dict[str, WayView]) -> None:
    owner = next((one.owner for one in by.values() if one.owner), "")
    known = [name for name in SEVERITIES if name in by]
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{plain(feature)}**{f' · owner {plain(owner, 60)}' if owner else ''}")
        for column, name in zip(st.columns(len(known), gap="small"), known, strict=True):
            column.markdown(f"{badge(SEVERITY_LOOKS[name])} {way(by[name])}")
