"""Which monitor, in the address of the page: ?monitor=ID."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from evaluator.api.shapes import MonitorBrief
from evaluator.monitors.words import RATE_OF_JUDGE, what
from ui.theme import look, rank
from ui.words import one_line

ANOTHER = "Another monitor"
STEPS = (15, 60, 180, 360, 720, 1440)
VOTES_PER_STEP = 30
MOST_STEPS = 400


def choose(monitors: Sequence[MonitorBrief]) -> MonitorBrief | None:
    """The monitor that the address names, or that the reader picks; picking one changes the address."""
    known = {monitor.monitor_id: monitor for monitor in sorted(monitors, key=_order)}
    asked = st.query_params.get("monitor")
    if asked is not None and asked not in known:
        st.warning("There is no monitor with the id in this address. Choose one:", icon=":material/search_off:")
    elif asked is None:
        st.subheader("Which feature?", anchor=False)
        st.caption("What is firing comes first.")
    # Who came by a link wants what it leads to on the first screen of a phone: the choice is folded away.
    with st.popover(ANOTHER, icon=":material/swap_horiz:", type="tertiary") if asked in known else st.columns(1)[0]:
        # Keys that follow the address: a link to another monitor replaces what was picked before.
        feature = _pick_feature(list(known.values()), known.get(asked or ""))
        picked = _pick_monitor([one for one in known.values() if one.feature == feature], asked)
    if picked is not None and picked.monitor_id != asked:
        st.query_params.from_dict({"monitor": picked.monitor_id})
        st.rerun()
    return picked


def _pick_feature(ranked: Sequence[MonitorBrief], asked: MonitorBrief | None) -> str | None:
    """A feature, the troubled first, each with the state of its worst monitor."""
    worst = {monitor.feature: monitor.state for monitor in reversed(ranked)}
    names = list(dict.fromkeys(monitor.feature for monitor in ranked))
    return st.selectbox(
        "Feature",
        names,
        index=names.index(asked.feature) if asked else None,
        format_func=lambda name: f"{look(worst[name]).sign} {one_line(name)}",
        placeholder="Choose what to look at",
        key=f"feature-{asked and asked.monitor_id}",
    )


def _pick_monitor(own: Sequence[MonitorBrief], asked: str | None) -> MonitorBrief | None:
    """One of the feature's monitors: the one that was asked for, else the most troubled; None without a feature."""
    if not own:
        return None
    known = {monitor.monitor_id: monitor for monitor in own}
    picked = st.selectbox(
        "Judge or metric",
        list(known),
        index=list(known).index(asked) if asked in known else 0,
        format_func=lambda monitor_id: _name(known[monitor_id]),
        key=f"monitor-{asked}-{own[0].feature}",
    )
    return known[picked]


def fitting_step(monitor: MonitorBrief) -> int:
    """The shortest step, in minutes, that holds enough votes for a readable interval and keeps the chart light."""
    days = 14.0
    if monitor.baseline_start and monitor.checked_until:
        days = (monitor.checked_until - monitor.baseline_start) / timedelta(days=1)
    for step in STEPS:
        if monitor.votes_per_day * step / 1440 >= VOTES_PER_STEP and days * 1440 / step <= MOST_STEPS:
            return step
    return STEPS[-1]


def _name(monitor: MonitorBrief) -> str:
    shown = look(monitor.state)
    told = monitor.judge if monitor.metric == RATE_OF_JUDGE else what(monitor.judge, monitor.metric)
    return f"{shown.sign} {one_line(told)} ({shown.word})"


def _order(monitor: MonitorBrief) -> tuple[int, str, bool, str, str]:
    return rank(monitor.state), monitor.feature, monitor.metric != RATE_OF_JUDGE, monitor.judge, monitor.metric
