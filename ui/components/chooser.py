"""Which monitor, in the address of the page: ?monitor=ID."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from evaluator.api.shapes import MonitorView
from ui.theme import ORDER, look
from ui.words import one_line

STEPS = (15, 60, 180, 360, 720, 1440)
VOTES_PER_STEP = 30
MOST_STEPS = 400


def choose(monitors: Sequence[MonitorView]) -> MonitorView | None:
    """The monitor that the address names, or that the reader picks; picking one changes the address."""
    known = {monitor.monitor_id: monitor for monitor in sorted(monitors, key=_order)}
    asked = st.query_params.get("monitor")
    if asked is not None and asked not in known:
        st.warning("There is no monitor with the id in this address. Choose one:", icon=":material/search_off:")
    elif asked is None:
        st.subheader("Which feature and judge?", anchor=False)
        st.caption("What is firing comes first.")
    # A key that follows the address: a link to another monitor replaces what was picked before.
    picked = st.selectbox(
        "Feature and judge",
        list(known),
        index=list(known).index(asked) if asked in known else None,
        format_func=lambda monitor_id: _name(known[monitor_id]),
        placeholder="Choose what to look at",
        key=f"monitor-{asked}",
    )
    if picked is not None and picked != asked:
        st.query_params.from_dict({"monitor": picked})
        st.rerun()
    return known[picked] if picked else None


def fitting_step(monitor: MonitorView) -> int:
    """The shortest step, in minutes, that holds enough votes for a readable interval and keeps the chart light."""
    days = 14.0
    if monitor.baseline_start and monitor.checked_until:
        days = (monitor.checked_until - monitor.baseline_start) / timedelta(days=1)
    for step in STEPS:
        if monitor.votes_per_day * step / 1440 >= VOTES_PER_STEP and days * 1440 / step <= MOST_STEPS:
            return step
    return STEPS[-1]


def _name(monitor: MonitorView) -> str:
    shown = look(monitor.state)
    return f"{shown.sign} {one_line(monitor.feature)} · {one_line(monitor.judge)} ({shown.word})"


def _order(monitor: MonitorView) -> tuple[int, str, str]:
    rank = ORDER.index(monitor.state) if monitor.state in ORDER else len(ORDER)
    return rank, monitor.feature, monitor.judge
