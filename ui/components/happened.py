"""What happened: one sentence, where it got worse most, and how much is mix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.cause_shapes import CausesView, ChangeView, DropView, MixView, PartView, SliceView
from evaluator.api.shapes import MonitorView
from ui.client import Api
from ui.components import table
from ui.components.axes import Spec, chart, layered, show
from ui.components.regression_files import Files
from ui.theme import BASELINE, FIRED, LINE
from ui.words import count, one_line, plain, points

ANCHOR = "happened"
LONGEST = 600
PARTS = 5
"""Kinds of traffic that are seen without scrolling."""
ROWS = (("all of it", "total"), ("at the same mix", "within"), ("by the mix", "mix"))
SCORE = (
    "Evidence that it got worse (natural logarithm) minus what the choice among many slices costs; a ranking, not an "
    "alarm of its own."
)
COLOURS = {"all of it": BASELINE, "at the same mix": FIRED, "by the mix": LINE}


def causes_of(api: Api, monitor: MonitorView) -> CausesView | None:
    """What happened to a monitor, which the API keeps until it changes; None without a baseline."""
    if monitor.baseline is None:
        return None
    with st.spinner("Working out what happened …"):
        return api.causes(monitor.monitor_id)


def happened(causes: CausesView | None, files: Files) -> None:
    """The section of the regression page; nothing where there is nothing to compare yet."""
    if causes is None or causes.before is None or causes.now is None:
        return
    st.subheader("What happened", anchor=ANCHOR)
    st.text(one_line(causes.sentence, LONGEST))
    if causes.missing_data:
        st.caption(":material/help: It may be missing data: had all the unscored passed, there would be no fall.")
    if causes.drop_refreshed:
        st.caption(refreshed_words(causes.drop_refreshed, rise=causes.bad == "up"))
    slices(causes)
    mix(causes.mixes, files)


def refreshed_words(drop: DropView, *, rise: bool) -> str:
    """How far the share moved since the alarm, the lower end first; with `rise` its rise is worse."""
    spread = (points(end, rise=rise, unit=False) for end in ((drop.lo, drop.hi) if rise else (drop.hi, drop.lo)))
    size = points(drop.size, rise=rise)
    return f"Since the alarm: {size} against the baseline at the same mix (95 %: {' to '.join(spread)})."


def mix(mixes: Sequence[MixView], files: Files) -> None:
    """The change in three bars, by what describes requests; with nothing of the kind, only a word about it."""
    chosen = next((one for one in mixes if one.is_of_requests), None)
    if chosen is None:
        st.caption("Nothing in the requests' metadata splits the traffic, so there is no mix to tell apart.")
        return
    st.markdown("**Shift of the traffic, or of the answers**")
    show(mix_chart(chosen), "The change, split into what happened at the same mix and what the mix did")
    by = " and ".join(plain(key) for key in chosen.keys or [chosen.by])
    st.caption(f"Change in points, with its 95 % interval. Below, the kinds of traffic that moved it most, by {by}.")
    told = "The kinds of traffic that moved the rate most"
    table.table(chosen.parts, part_columns(), key="parts", alt=told, most=PARTS)
    files.offer("mix", mix_rows(chosen), anchor=ANCHOR)


def part_columns() -> Sequence[table.Column[PartView]]:
    """One kind of traffic: how much of it there is, and its rate, before and now."""
    return [
        table.name("Kind", lambda one: one.name, 220),
        table.share("Share before", lambda one: one.share_before, 110),
        table.share("Share now", lambda one: one.share_now, 100),
        table.share("Rate before", lambda one: one.rate_before, 100),
        table.share("Rate now", lambda one: one.rate_now, 90),
    ]


def mix_rows(view: MixView) -> list[dict[str, Any]]:
    """The bars for a file, as changes of the rate."""
    return [{"change": name, "split_by": view.by, **getattr(view, field).model_dump()} for name, field in ROWS]


def mix_chart(view: MixView) -> Spec:
    """A bar for the whole, for within and for mix, each with its interval."""
    rows = [bar(name, getattr(view, field)) for name, field in ROWS]
    order = [name for name, _ in ROWS]
    y = alt.Y("what:N", sort=order, title=None, axis=alt.Axis(labelOverlap=False))
    x = alt.X("size:Q", title="points", axis=alt.Axis(tickCount=6))
    colour = alt.Color("what:N", scale=alt.Scale(domain=order, range=[COLOURS[name] for name in order]), legend=None)
    hover = [
        alt.Tooltip("what:N", title="change"),
        alt.Tooltip("size:Q", title="points", format="+.1f"),
        alt.Tooltip("lo:Q", title="95 % from", format="+.1f"),
        alt.Tooltip("hi:Q", title="95 % to", format="+.1f"),
    ]
    # Pale bars, so that an interval in their colour is seen on them, on white and on black.
    bars = chart(rows).mark_bar(height=14, opacity=0.45).encode(x=x, y=y, color=colour, tooltip=hover)
    spans = chart(rows).mark_rule(strokeWidth=2).encode(x=alt.X("lo:Q"), x2=alt.X2("hi:Q"), y=y, color=colour)
    return layered([bars, spans], 140)


def bar(name: str, change: ChangeView) -> dict[str, Any]:
    """A change in points."""
    return {"what": name, "size": 100 * change.size, "lo": 100 * change.lo, "hi": 100 * change.hi}


def slices(causes: CausesView) -> None:
    """Where it got worse, the best explanation first, and what no vote had before."""
    found = [one for one in causes.slices if one.score > 0]
    if found:
        table.table(found, slice_columns(), key="slices", alt="Slices of the traffic that got worse")
        st.caption(
            "Where it got worse, the best explanation first. Before: the baseline and what came since without an "
            "alarm. Choose one of them below to see its samples."
        )
    if causes.new_values:
        new = ", ".join(f"{one.key}={one.value} (n = {count(one.n)})" for one in causes.new_values)
        st.caption("New since then, so with nothing to compare with:")
        st.text(one_line(new, LONGEST))
    if causes.left_out:
        left = "; ".join(f"{one.key}: {one.reason}" for one in causes.left_out)
        st.caption("Keys that make no slices:")
        st.text(one_line(left, LONGEST))


def slice_columns() -> Sequence[table.Column[SliceView]]:
    """One slice: its rate and votes before and now, and how well it explains the change."""
    return [
        table.name("Where", lambda one: one.name, 220),
        table.share("Before", lambda one: one.rate_before, 80),
        table.share("Now", lambda one: one.rate_now, 80),
        table.points("Change, points", lambda one: one.rate_now - one.rate_before, 115),
        table.number("n before", lambda one: round(one.n_before, 1), 80),
        table.number("n now", lambda one: round(one.n_now, 1), 80),
        table.number("Score", lambda one: round(one.score, 1), 75, about=SCORE, form="%.1f"),
    ]
