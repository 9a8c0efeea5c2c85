"""What happened: one sentence, how much is mix, where it got worse most, and whether other requests came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.cause_shapes import CausesView, ChangeView, DropView, MixView, RequestsView, SliceView
from ui.components.axes import chart
from ui.theme import BASELINE, FIRED, LINE, ROW_HEIGHT
from ui.words import cell, count, one_line, percent, points

LONGEST = 600
PARTS = 5
ROWS = (("all of it", "total"), ("at the same mix", "within"), ("by the mix", "mix"))
COLOURS = {"all of it": BASELINE, "at the same mix": FIRED, "by the mix": LINE}


def happened(causes: CausesView) -> None:
    """The section of the regression page; nothing where there is nothing to compare yet."""
    if causes.before is None or causes.now is None:
        return
    st.subheader("What happened", anchor=False)
    st.text(one_line(causes.sentence, LONGEST))
    if causes.missing_data:
        st.caption(":material/help: It may be missing data: had all the unscored passed, there would be no fall.")
    if causes.drop_refreshed:
        st.caption(refreshed_words(causes.drop_refreshed, rise=causes.bad == "up"))
    mix(causes.mixes)
    slices(causes)
    if causes.requests:
        requests(causes.requests)


def refreshed_words(drop: DropView, *, rise: bool) -> str:
    """How far the share moved since the alarm, the lower end first; with `rise` its rise is worse."""
    spread = (points(end, rise=rise, unit=False) for end in ((drop.lo, drop.hi) if rise else (drop.hi, drop.lo)))
    size = points(drop.size, rise=rise)
    return f"Since the alarm: {size} against the baseline at the same mix (95 %: {' to '.join(spread)})."


def mix(mixes: Sequence[MixView]) -> None:
    """The change in three bars, by what describes requests; with nothing of the kind, only a word about it."""
    chosen = next((one for one in mixes if one.is_of_requests), None)
    if chosen is None:
        st.caption("Nothing in the requests' metadata splits the traffic, so there is no mix to tell apart.")
        return
    st.altair_chart(mix_chart(chosen), alt="The change, split into what happened at the same mix and what the mix did")
    st.caption("Change in points, with its 95 % interval. Split by:")
    st.text(one_line(chosen.by))
    st.dataframe(
        [
            {
                "Kind": cell(part.name),
                "Share before": percent(part.share_before),
                "Share now": percent(part.share_now),
                "Rate before": percent(part.rate_before),
                "Rate now": percent(part.rate_now),
            }
            for part in chosen.parts[:PARTS]
        ],
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content",
        key="parts",
        alt="The kinds of traffic that moved the rate most",
    )


def mix_chart(view: MixView) -> alt.LayerChart | alt.FacetChart:
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
    bars = chart(rows).mark_bar(height=14, opacity=0.8).encode(x=x, y=y, color=colour, tooltip=hover)
    spans = chart(rows).mark_rule(strokeWidth=2).encode(x="lo:Q", x2="hi:Q", y=y)
    return alt.layer(bars, spans).properties(height=140)


def bar(name: str, change: ChangeView) -> dict[str, Any]:
    """A change in points."""
    return {"what": name, "size": 100 * change.size, "lo": 100 * change.lo, "hi": 100 * change.hi}


def slices(causes: CausesView) -> None:
    """Where it got worse, the best explanation first, and what no vote had before."""
    found = [one for one in causes.slices if one.score > 0]
    if found:
        st.dataframe(
            [slice_row(one) for one in found],
            hide_index=True,
            row_height=ROW_HEIGHT,
            height="content",
            key="slices",
            alt="Slices of the traffic that got worse",
        )
        st.caption(
            "Where it got worse, the best explanation first. Score: evidence (natural logarithm) minus what the choice "
            "among many slices costs; a ranking, not an alarm of its own."
        )
    if causes.new_values:
        new = ", ".join(f"{one.key}={one.value} (n = {count(one.n)})" for one in causes.new_values)
        st.caption("New since then, so with nothing to compare with:")
        st.text(one_line(new, LONGEST))
    if causes.left_out:
        left = "; ".join(f"{one.key}: {one.reason}" for one in causes.left_out)
        st.caption("Keys that make no slices:")
        st.text(one_line(left, LONGEST))


def slice_row(one: SliceView) -> dict[str, Any]:
    """A slice as a row of text; foreign names cannot act as formulas in a download."""
    return {
        "Where": cell(one.name),
        "Before": percent(one.rate_before),
        "Now": percent(one.rate_now),
        "n before": count(round(one.n_before, 1)),
        "n now": count(round(one.n_now, 1)),
        "Score": f"{one.score:.1f}",
    }


def requests(view: RequestsView) -> None:
    """Whether other requests came, and how that is known."""
    st.text(one_line(f"{view.verdict[:1].upper()}{view.verdict[1:]}.", LONGEST))
    st.caption(
        f"From {count(view.read_before)} requests before and {count(view.read_now)} now, one per session: their "
        "length, metadata and text, as far as they are kept."
    )
