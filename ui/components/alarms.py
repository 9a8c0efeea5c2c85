"""What is firing: a card for each regression, with everything needed to decide whether to look closer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import Bounded, MonitorView
from ui.components.markers import nearest_words
from ui.components.reader import reader_zone
from ui.moments import onset_words
from ui.theme import look
from ui.words import count, headline, percent, points, span, unscored

CARDS = 6
SAME_MIX = (
    "Compared within the same segments and hours of the day: traffic that shifts between them is no change. "
    "So it can differ from the plain difference."
)


def firing_cards(monitors: Sequence[MonitorView]) -> None:
    """A card for each firing monitor, the largest drop first; beyond six, the table has the rest."""
    firing = [monitor for monitor in monitors if monitor.state == "firing"]
    firing.sort(key=lambda monitor: -(monitor.drop or 0))
    shown = firing[:CARDS]
    for start in range(0, len(shown), 2):
        pair = shown[start : start + 2]
        for column, monitor in zip(st.columns(len(pair)), pair, strict=True):
            with column:
                card(monitor)
    if len(firing) > CARDS:
        st.caption(f"and {len(firing) - CARDS} more, at the top of the table below")


def card(monitor: MonitorView) -> None:
    """One regression: what fell, from where to where, how sure, since when, and the way to its page."""
    with st.container(border=True, height="stretch"):
        shown = look(monitor.state)
        st.markdown(f":{shown.colour}-badge[{shown.icon} {shown.word}] **{headline(monitor)}**")
        if monitor.onset:
            st.caption(onset_words(monitor.onset, monitor.onset_lo, monitor.onset_hi, reader_zone()))
        if monitor.marker:
            st.caption(nearest_words(monitor))
        figures(monitor)
        st.page_link(
            "pages/regression.py",
            label="Open the regression",
            icon=":material/trending_down:",
            query_params={"monitor": monitor.monitor_id},
        )


def figures(monitor: MonitorView) -> None:
    """Now, before, and the drop between them, each with its n and interval."""
    now, before = monitor.current, monitor.baseline
    with st.container(horizontal=True, gap="medium"):
        figure("Now", percent(now.rate), certainty(now))
        if before:
            figure("Baseline", percent(before.rate), certainty(before))
        if monitor.drop is not None and now.n:
            bounds = f"95 %: {points(monitor.drop_hi, unit=False)} to {points(monitor.drop_lo, unit=False)}"
            figure("Change, same mix", points(monitor.drop), bounds, SAME_MIX)


def certainty(rate: Bounded) -> str:
    """What a rate is of, its interval, and what it would be with the unscored."""
    bounds = f"  \n{unscored(rate)} with {count(rate.unscored)} unscored" if rate.unscored else ""
    return f"n = {count(rate.n)}, 95 %: {span(rate)}{bounds}"


def figure(label: str, value: str, note: str, explained: str | None = None) -> None:
    """One number with what says how far to trust it."""
    with st.container(width="content", gap=None):
        st.metric(label, value, width="content", help=explained)
        st.caption(note)
