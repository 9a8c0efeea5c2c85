"""Whether other requests came: each of their features, what changed first, and which way."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.cause_shapes import CausesView, RequestFeatureView
from ui.components import table
from ui.theme import Look
from ui.words import NBSP, count, one_line

ANCHOR = "requests"
LONGEST = 600
CHANGED = Look("changed", ":material/change_circle:", "orange", "▲")
SAME = Look("the same", ":material/check_circle:", "green", "✓")
ABOUT = "0: alike, 1: nothing in common. It counts from 0.1 on, of texts from 0.55 (0.5: alike)."


def requests(causes: CausesView | None) -> None:
    """The section of the regression page: a sentence, and the features, folded while nothing changed."""
    view = causes.requests if causes else None
    if view is None:
        return
    st.subheader("The requests", anchor=ANCHOR)
    st.text(one_line(f"{view.verdict[:1].upper()}{view.verdict[1:]}.", LONGEST))
    if view.features:
        with st.expander("Feature by feature", expanded=bool(view.changed), icon=":material/forum:"):
            table.table(view.features, columns(), key="requests", alt="Features of the requests, what changed first")
    st.caption(
        f"From {count(view.read_before)} requests before and {count(view.read_now)} now, one per session: their "
        "length, metadata and text, as far as they are kept. A feature changed when it did so beyond chance, among all "
        "that were asked, and by enough to matter."
    )


def columns() -> Sequence[table.Column[RequestFeatureView]]:
    """What it is, whether it changed, which way, by how much, and how likely by chance."""
    return [
        table.name("Feature", lambda one: one.name, 140),
        table.state("State", lambda one: CHANGED if one.changed else SAME, (CHANGED, SAME), 110),
        table.name("Which way", way, 300),
        table.name("Kind", lambda one: one.kind, 90),
        table.number("Effect", lambda one: round(one.effect, 3), 80, about=ABOUT, form="%.2f"),
        table.number(
            "p", lambda one: float(f"{one.p:.2g}"), 80, about="Adjusted for all features asked.", form="plain"
        ),
    ]


def way(one: RequestFeatureView) -> str:
    """Which way it moved, in words; of what did not change, how it is.

    >>> def view(name, kind, **fields):
    ...     return RequestFeatureView(name=name, kind=kind, effect=0.3, p=0.001, changed=True, **fields)
    >>> way(view("length", "number", before=27, now=55)), way(view("input tokens", "number", before=90, now=40))
    ('longer: half of them above 55, before 27', 'fewer: half of them above 40, before 90')
    >>> way(view("language", "category", before=0.25, now=0.75, value="de")), way(view("text", "text"))
    ('more often de: 75\\xa0%, before 25\\xa0%', 'other words')
    """
    if one.kind == "text":
        return "other words" if one.changed else ""
    if one.before is None or one.now is None:
        return ""
    up = one.now > one.before
    if one.kind == "category":
        often = ("more often" if up else "less often") if one.changed else "for example"
        value = one_line(one.value, 60) if one.value else "(none)"
        return f"{often} {value}: {100 * one.now:.0f}{NBSP}%, before {100 * one.before:.0f}{NBSP}%"
    words = ("longer", "shorter") if one.name == "length" else ("more", "fewer")
    moved = f"{words[0 if up else 1]}: " if one.changed else ""
    return f"{moved}half of them above {one.now:,.3g}, before {one.before:,.3g}"
