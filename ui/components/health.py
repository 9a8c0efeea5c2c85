"""The answer to "is it healthy now?" in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import MonitorView
from ui.components.alarms import leads
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import ORDER, look


def health(monitors: Sequence[MonitorView]) -> None:
    """The state of everything in words, how many monitors are in which state, and when they were last looked at."""
    states = Counter(monitor.state for monitor in monitors)
    icon, words = _summary(states, len(leads(monitors)))
    st.header(f"{icon} {words}", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        for state in sorted(states, key=lambda state: ORDER.index(state) if state in ORDER else len(ORDER)):
            shown = look(state)
            st.badge(f"{states[state]} {shown.word}", icon=shown.icon, color=shown.colour)
        looks = [monitor.checked_until for monitor in monitors if monitor.checked_until]
        st.caption(f"Last look: {moment(max(looks, default=None), reader_zone())}", width="content")


def _summary(states: Counter[str], regressions: int) -> tuple[str, str]:
    if regressions:
        plural = "regression is" if regressions == 1 else "regressions are"
        return ":red[:material/notifications_active:]", f"{regressions} {plural} firing"
    if states["ok"]:
        return ":green[:material/check_circle:]", "Healthy: nothing is firing"
    if states:
        return ":blue[:material/hourglass_top:]", "Learning what normal is: no baseline yet"
    return ":blue[:material/hourglass_top:]", "Samples arrive, no verdicts yet"
