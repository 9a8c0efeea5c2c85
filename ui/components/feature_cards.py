"""One card per feature: its state, its pass rates with intervals, two weeks of one, and what would be noticed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from evaluator.api.overview_shapes import OverviewView
from evaluator.api.shapes import MarkerView, MonitorView
from evaluator.api.usage_shapes import FeatureUse
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.components.acting import paged
from ui.components.day_line import day_line
from ui.components.metric_tables import by_feature, states
from ui.components.monitor_table import scored
from ui.components.near_limits import linked
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import look, rank
from ui.usage_words import about, short
from ui.words import count, noticed, percent, plain, span

PER_PAGE = 6
JUDGES = 4
MARKERS = 1


def feature_cards(seen: OverviewView) -> None:
    """The features, the troubled first, six at a time."""
    features = by_feature(seen.monitors)
    if not features:
        return
    st.subheader("Features", anchor=False)
    used = {one.feature: one for one in seen.usage.features}
    shown = paged(list(features), PER_PAGE, "features_page")
    for start in range(0, len(shown), 2):
        pair = shown[start : start + 2]
        for column, feature in zip(st.columns(2), pair, strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                card(feature, features[feature], used.get(feature), seen)


def card(feature: str, own: Sequence[MonitorView], use: FeatureUse | None, seen: OverviewView) -> None:
    """One feature; the chart is of its worst judge, or of its worst metric where nothing judges it."""
    rates = [one for one in own if one.metric == RATE_OF_JUDGE]
    worst = drawn_of(own)
    st.markdown(f"**{plain(feature, 60)}** {states(own)}")
    happened = [one for one in seen.markers if one.feature in (None, feature)]
    if len(rates) > 1:
        st.caption(f"{plain(worst.judge, 60)} by day")
    day_line(worst, happened, seen.usage.now)
    for one in rates[:JUDGES]:
        linked(judged(one), "pages/regression.py", {"monitor": one.monitor_id})
    if len(rates) > JUDGES:
        st.caption(f"and {len(rates) - JUDGES} more judges in the table below")
    if not rates:
        linked("No judge has a verdict on it.", "pages/regression.py", {"monitor": worst.monitor_id})
    for words in (usage_words(use), marker_words(happened)):
        if words:
            st.caption(words)


def drawn_of(own: Sequence[MonitorView]) -> MonitorView:
    """The most troubled judge, of several the one that fell most; where nothing judges, the most troubled metric."""
    rates = [one for one in own if one.metric == RATE_OF_JUDGE]
    return min(rates or own[:1], key=lambda one: (rank(one.state), -(one.drop or 0.0)))


def judged(one: MonitorView) -> str:
    """One judge in a line: its pass rate, how sure it is, what part is scored, and what would be noticed."""
    shown = look(one.state)
    name = f"{shown.sign} {plain(one.judge, 40)} {shown.word}"
    if one.current.rate is None:
        return name
    part = scored(one)
    lacking = f", {percent(part)} scored" if part is not None and part < 1 else ""
    notices = noticed(one, 1) if one.baseline else "nothing, it is learning"
    told = f"**{percent(one.current.rate)}** ({span(one.current)}, n = {count(one.current.n)}{lacking})"
    return f"{name}: {told}, would notice in a day: {notices}"


def usage_words(use: FeatureUse | None) -> str:
    """What it used today, and which part of it is kept."""
    if use is None or not use.today.calls:
        return ":material/do_not_disturb_on: No calls today"
    now = use.today
    kept = "" if not now.estimated else f", {percent(now.kept / now.calls)} kept"
    slow = f" · p95 {use.latency.p95:,.0f} ms" if use.latency else ""
    return f":material/call_received: Today {short(now.calls)} calls{kept} · {about(now, now.usd)}{slow}"


def marker_words(happened: Sequence[MarkerView]) -> str:
    """The last markers, the newest first."""
    tell = partial(moment, zone=reader_zone())
    told = [f"{plain(one.name, 40)}, {tell(one.ts)}" for one in happened[:MARKERS]]
    return f":material/flag: {' · '.join(told)}" if told else ""
