"""Examples: samples from before beside those of now, of the same slice and as alike as there are."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.cause_shapes import KeyView
from evaluator.api.example_shapes import ExamplesView
from evaluator.api.shapes import MonitorView
from ui.components.addressed import Choice, choose_in_address
from ui.components.example_pair import example_pair, outcome_words, pair_title
from ui.components.examples import SHOWN, linked
from ui.components.notices import guarded
from ui.components.reader import reader_zone
from ui.components.slice_choice import choose_slice
from ui.moments import moment
from ui.words import which_share

ANCHOR = "examples"
SHOW = {"": (True, False), "bad": (False, False), "good": (True, True)}
"""Which outcomes are shown before and now, by what the address says."""


@st.fragment
def side_by_side(monitor: MonitorView, slices: Sequence[tuple[str, Sequence[KeyView]]]) -> None:
    """The section of the regression page; it is drawn anew by itself when another slice is chosen."""
    with guarded("examples") as api:
        st.subheader("Examples, before and now", anchor=ANCHOR)
        linked(api, monitor)
        with st.container(horizontal=True):
            keys = choose_slice(slices)
            show = _choose_show(monitor)
        good_before, good_now = SHOW[show]
        with st.spinner("Looking for samples …"):
            found = api.examples(monitor.monitor_id, keys, good_before=good_before, good_now=good_now, limit=SHOWN)
        if not found.pairs:
            st.caption(none_words(found, monitor))
            return
        st.caption(sides_words(found))
        for place, pair in enumerate(found.pairs):
            with st.expander(pair_title(pair.now or pair.before, monitor), expanded=place == 0):
                example_pair(pair, monitor, found)


def _choose_show(monitor: MonitorView) -> str:
    """Which outcomes stand beside each other; the address keeps it."""
    good, bad = outcome_words(monitor)
    names = {"": f"{good} before, {bad} now", "bad": f"{bad} before and now", "good": f"{good} before and now"}
    asked = st.query_params.get("show", "")
    asked = asked if asked in names else ""
    choice = Choice(
        name="show",
        label="Beside each other",
        told=lambda one: names[one][:1].upper() + names[one][1:],
        width=300,
        scope="fragment",
    )
    choose_in_address(choice, list(names), asked)
    return asked


def sides_words(found: ExamplesView) -> str:
    """Where both sides come from, and what is bad of metrics that do not pass or fail."""
    zone = reader_zone()
    now = f"right the newest since {moment(found.now_start, zone)}"
    share = which_share(found.metric, found.says) if found.metric not in ("pass_rate", "errors", "judge_errors") else ""
    line = f" Out of line: {share if found.bad == 'up' else f'not {share}'}." if share else ""
    if found.before_start is None or found.before_end is None:
        return f"There is no baseline yet to take samples from; {now}.{line}"
    before = f"Left samples of the baseline ({moment(found.before_start, zone)} to {moment(found.before_end, zone)})"
    return f"{before}, {now}, each beside the one that shares most metadata with it.{line}"


def none_words(found: ExamplesView, monitor: MonitorView) -> str:
    """Why there is nothing to show, and what to do."""
    if found.slice:
        return "No such samples in this slice. Choose another one, or all of the traffic."
    if monitor.metric in ("volume", "unscored"):
        return "This metric belongs to no single sample."
    if monitor.baseline is None and monitor.metric != "pass_rate":
        return "Which samples are out of line follows from the baseline: examples show with it."
    return "No such samples on either side. Those of before may be gone: see the setting samples.days."
