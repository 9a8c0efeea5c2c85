"""What is firing: a card for each regression, with everything needed to decide whether to look closer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import Bounded, MonitorView
from evaluator.monitors.words import RATE_OF_JUDGE, changed
from ui.components.markers import nearest_words
from ui.components.reader import reader_zone
from ui.moments import onset_words
from ui.theme import SEVERITY_LOOKS, badge, look
from ui.words import (
    NO_DATA,
    count,
    headline,
    metric_name,
    percent,
    plain,
    points,
    share_words,
    span,
    unscored,
)

CARDS = 6
ALSO = 4
SAME_MIX = (
    "Compared within the same segments and hours of the day: traffic that shifts between them is no change. "
    "So it can differ from the plain difference."
)


def leads(monitors: Sequence[MonitorView]) -> list[list[MonitorView]]:
    """What fires, as regressions: each pass rate is one, with the first of a feature go all its other metrics.

    One cause moves many metrics of a feature. Where no pass rate of it fires, its largest change leads.
    """
    firing = sorted((one for one in monitors if one.fires), key=lambda one: -(one.drop or 0))
    found = []
    for feature in dict.fromkeys(one.feature for one in firing):
        own = [one for one in firing if one.feature == feature]
        rates = [one for one in own if one.metric == RATE_OF_JUDGE]
        heads = rates or own[:1]
        found += [[heads[0], *(one for one in own if one not in heads)], *([head] for head in heads[1:])]
    return sorted(found, key=lambda told: -(told[0].drop or 0))


def firing_cards(monitors: Sequence[MonitorView]) -> None:
    """A card for each regression, the largest drop first; beyond six, the tables have the rest."""
    firing = leads(monitors)
    shown = firing[:CARDS]
    for start in range(0, len(shown), 2):
        pair = shown[start : start + 2]
        for column, told in zip(st.columns(len(pair)), pair, strict=True):
            with column:
                card(*told)
    if len(firing) > CARDS:
        st.caption(f"and {len(firing) - CARDS} more, at the top of the tables below")


def card(monitor: MonitorView, *others: MonitorView) -> None:
    """One regression: what changed, from where to where, how sure, since when, what else moved, and the way there."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"{state_badges(monitor)} **{headline(monitor)}**")
        attended(monitor)
        if monitor.onset:
            st.caption(onset_words(monitor.onset, monitor.onset_lo, monitor.onset_hi, reader_zone()))
        if monitor.marker:
            st.caption(nearest_words(monitor))
        figures(monitor)
        with st.container(horizontal=True, gap="small"):
            st.page_link(
                "pages/regression.py",
                label="Open the regression",
                icon=":material/trending_down:",
                query_params={"monitor": monitor.monitor_id},
            )
            to_incident(monitor)
        if moving := [other for other in others if changed(other)]:
            also_moved(moving)


def state_badges(monitor: MonitorView) -> str:
    """Its state, and of what fires how bad that is, as Markdown."""
    severity = SEVERITY_LOOKS.get(monitor.severity or "") if monitor.fires else None
    return " ".join(badge(shown) for shown in (severity, look(monitor.state)) if shown)


def attended(monitor: MonitorView) -> None:
    """Who sees to it, when somebody does."""
    if monitor.acknowledged_by and monitor.fires:
        st.caption(f":material/person_check: {plain(monitor.acknowledged_by, 60)} sees to it")


def to_incident(monitor: MonitorView) -> None:
    """The way to what was told of it and who sees to it; none of what is no incident."""
    if monitor.incident_id and monitor.fires:
        st.page_link(
            "pages/alerts.py",
            label="Open the incident",
            icon=":material/notifications:",
            query_params={"incident": monitor.incident_id},
        )


def also_moved(others: Sequence[MonitorView]) -> None:
    """Other metrics of the feature that fire too and show a change, a link each."""
    st.caption("Also moved:")
    with st.container(gap=None):
        for other in others[:ALSO]:
            of = f" of {plain(other.judge, 40)}" if other.judge else ""
            st.page_link(
                "pages/regression.py",
                label=f"{metric_name(other.metric)}{of}",
                query_params={"monitor": other.monitor_id},
            )
            st.caption(before_and_now(other))
        if len(others) > ALSO:
            st.caption(f"and {len(others) - ALSO} more, below")


def before_and_now(monitor: MonitorView) -> str:
    """The share in words with its two numbers, as Markdown: they are the share's, not the metric's own."""
    told, before = share_words(monitor), percent(monitor.baseline.rate) if monitor.baseline else NO_DATA
    return f"{f'share {told}: ' if told else ''}{before} → {percent(monitor.current.rate)}"


def figures(monitor: MonitorView) -> None:
    """Now, before, and the drop between them, each with its n and interval."""
    now, before = monitor.current, monitor.baseline
    with st.container(horizontal=True, gap="medium"):
        judged = monitor.metric == RATE_OF_JUDGE
        figure("Now", percent(now.rate), certainty(now, judged=judged))
        if before:
            figure("Baseline", percent(before.rate), certainty(before, judged=judged))
        if monitor.drop is not None and now.n:
            rise = monitor.bad == "up"
            drops = (monitor.drop_lo, monitor.drop_hi) if rise else (monitor.drop_hi, monitor.drop_lo)
            ends = (points(drop, rise=rise, unit=False) for drop in drops)
            figure("Change, same mix", points(monitor.drop, rise=rise), f"95 %: {' to '.join(ends)}", SAME_MIX)


def certainty(rate: Bounded, *, judged: bool) -> str:
    """What a rate is of, its interval, and of a pass rate what it would be with the unscored."""
    bounds = f"  \n{unscored(rate)} with {count(rate.unscored)} unscored" if judged and rate.unscored else ""
    return f"n = {count(rate.n)}, 95 %: {span(rate)}{bounds}"


def figure(label: str, value: str, note: str, explained: str | None = None) -> None:
    """One number with what says how far to trust it."""
    with st.container(width="content", gap=None):
        st.metric(label, value, width="content", help=explained)
        st.caption(note)
