"""What else is watched of each feature: a folded table per feature, the troubled first; of many one: ?feature=…."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import MonitorView
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.words import RATE_OF_JUDGE, what
from ui.components.addressed import Choice, choose_in_address
from ui.components.monitor_table import opened, state_column
from ui.components.table import Column, name, number, picking_table, share, trend
from ui.theme import badge, look, rank
from ui.words import one_line, plain, share_text

FOLDED = 8
"""Features that are listed; of more, the reader picks one."""
ALL = 100
"""Rows of one feature, which are shown at once."""
RECENT = "Points above or below the baseline by day, on one scale for all rows"
SMALLEST = 10.0
"""Points that the scale of changes reaches at least."""
FEATURE = "feature"
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
    return " ".join(badge(shown, f"{n} {shown.word}") for shown, n in told)


def metric_table(feature: str, monitors: Sequence[MonitorView]) -> None:
    """One row per metric with the share it is watched by; a click opens the monitor's page."""
    key = f"metrics-{feature}"
    opened(picking_table(monitors, columns(monitors), key=key, alt="State and share of every other metric", most=ALL))


def columns(monitors: Sequence[MonitorView]) -> list[Column[MonitorView]]:
    """A metric's numbers are those of a share, which the last column names."""
    widest = max([SMALLEST, *(abs(step) for one in monitors for step in changes(one) if step)])
    return [
        state_column(monitors),
        name("Metric", lambda one: what(one.judge, one.metric), 170),
        share("Now", lambda one: one.current.rate, 72, "The share in the monitor's current window"),
        share("Baseline", lambda one: one.baseline.rate if one.baseline else None, 75, "–: none yet"),
        trend("Recent", changes, 80, RECENT, (-widest, widest)),
        number("n", lambda one: one.current.n, 55, "Votes: one per session; of traffic, hours"),
        name("Share", lambda one: share_text(one) or None, 360, "Which share the numbers are; –: the metric is a rate"),
    ]


def changes(monitor: MonitorView) -> list[float | None]:
    """How far the share was from its baseline, in points by day; without a baseline, from its first day.

    Each share has its own level, but all changes fit one scale: a scale of its own would make noise look like a change.
    """
    rates = [step.rate for step in monitor.recent]
    known = [rate for rate in rates if rate is not None]
    level = monitor.baseline.rate if monitor.baseline else next(iter(known), None)
    return [] if level is None or not known else [None if rate is None else 100 * (rate - level) for rate in rates]


def _picked(features: dict[str, list[MonitorView]]) -> None:
    """One feature's, which the address names; picking another changes the address."""
    asked = st.query_params.get(FEATURE)
    if asked is not None and asked not in features:
        st.warning("Nothing is watched of the feature in this address. Choose one:", icon=":material/search_off:")
    shown = asked if asked in features else next(iter(features))
    choice = Choice(
        name=FEATURE,
        label="Feature",
        told=lambda name: f"{look(features[name][0].state).sign} {one_line(name)}",
        about="The troubled come first.",
    )
    choose_in_address(choice, list(features), shown)
    st.markdown(states(features[shown]))
    metric_table(shown, features[shown])
