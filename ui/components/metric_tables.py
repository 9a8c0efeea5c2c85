"""What else is watched of each feature: a folded table per feature, the troubled first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.shapes import MonitorView
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.words import RATE_OF_JUDGE, what
from ui.components.monitor_table import opened, rank, wide_enough
from ui.theme import ROW_HEIGHT, look
from ui.words import cell, count, one_line, percent, plain, share_text

FOLDED = 8
"""Features that are listed; of more, the reader picks one."""
SMALLEST = 10.0
"""Points that the scale of changes reaches at least."""
PLACES = {name: place for place, name in enumerate(METRICS)}


def metric_tables(monitors: Sequence[MonitorView]) -> None:
    """The other metrics of every feature; of many features, those of one."""
    others = [monitor for monitor in monitors if monitor.metric != RATE_OF_JUDGE]
    if not others:
        return
    features = by_feature(others)
    st.subheader("Other metrics", anchor=False)
    if len(features) > FOLDED:
        _picked(features)
        return
    for feature, own in features.items():
        with st.expander(f"{plain(feature, 60)} {states(own)}"):
            metric_table(feature, own)


def by_feature(monitors: Sequence[MonitorView]) -> dict[str, list[MonitorView]]:
    """Features and what is watched of each, both with the troubled first."""
    ranked = sorted(monitors, key=lambda m: (rank(m.state), m.feature, PLACES.get(m.metric, len(PLACES)), m.judge))
    return {name: [one for one in ranked if one.feature == name] for name in dict.fromkeys(m.feature for m in ranked)}


def states(monitors: Sequence[MonitorView]) -> str:
    """How many are in which state, as Markdown."""
    counted = Counter(monitor.state for monitor in monitors)
    told = [(look(state), counted[state]) for state in sorted(counted, key=rank)]
    return " ".join(f":{shown.colour}-badge[{shown.icon} {n} {shown.word}]" for shown, n in told)


def metric_table(feature: str, monitors: Sequence[MonitorView]) -> None:
    """One row per metric with the share it is watched by; a click opens the monitor's page."""
    picked = st.dataframe(
        [row(monitor) for monitor in monitors],
        column_config={"State": wide_enough(monitors)}
        | _columns(max([SMALLEST, *(abs(step) for one in monitors for step in changes(one) if step)])),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content",
        on_select="rerun",
        selection_mode="single-cell",
        key=f"metrics-{feature}",
        alt="State and share of every other metric",
    )
    opened(picked, monitors)


def row(monitor: MonitorView) -> dict[str, Any]:
    """A monitor as a row of text; foreign names cannot act as formulas in a download."""
    shown = look(monitor.state)
    return {
        "State": [f"{shown.sign} {shown.word}"],
        "Metric": cell(what(monitor.judge, monitor.metric)),
        "Now": percent(monitor.current.rate),
        "Baseline": percent(monitor.baseline.rate) if monitor.baseline else "none yet",
        "Recent": changes(monitor),
        "n": count(monitor.current.n),
        "Share": cell(share_text(monitor)),
    }


def changes(monitor: MonitorView) -> list[float | None]:
    """How far the share was from its baseline, in points by day; without a baseline, from its first day.

    Each share has its own level, but all changes fit one scale: a scale of its own would make noise look like a change.
    """
    rates = [step.rate for step in monitor.recent]
    known = [rate for rate in rates if rate is not None]
    level = monitor.baseline.rate if monitor.baseline else next(iter(known), None)
    return [] if level is None or not known else [None if rate is None else 100 * (rate - level) for rate in rates]


def _picked(features: dict[str, list[MonitorView]]) -> None:
    picked = st.selectbox(
        "Feature",
        list(features),
        format_func=lambda name: f"{look(features[name][0].state).sign} {one_line(name)}",
        help="The troubled come first.",
    )
    st.markdown(states(features[picked]))
    metric_table(picked, features[picked])


def _columns(widest: float) -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "Metric": text(width=170),
        "Now": text(help="The share in the monitor's current window", width=72, alignment="right"),
        "Baseline": text(width=75, alignment="right"),
        "Recent": st.column_config.LineChartColumn(
            help="Points above or below the baseline by day, on one scale for all rows",
            width=80,
            y_min=-widest,
            y_max=widest,
        ),
        "n": text(help="Votes: one per session; of traffic, hours", width=55, alignment="right"),
        "Share": text(help="Which share of the votes the numbers are; empty where the metric is a rate", width=360),
    }
