"""What a search found: samples newest first, how far it looked, and the way on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from evaluator.api.sample_shapes import FoundView, MarkView, SearchView
from evaluator.api.shapes import VerdictView
from ui.client import Api, RefusedError
from ui.components.examples import GONE
from ui.components.reader import reader_zone
from ui.components.sample_export import export_buttons
from ui.components.sample_filters import BEFORE, SAMPLE, Wanted, address_of, place_of
from ui.moments import moment
from ui.theme import UNKNOWN, VERDICT_LOOKS, Look
from ui.words import one_line, plain

PAGE = "pages/samples.py"
PER_PAGE = 25
ROUNDS = 12
"""How often a search that found nothing yet goes on by itself."""
MARKS = 12
"""Verdicts of one sample that the list shows."""


def sample_list(api: Api, wanted: Wanted) -> None:
    """The page of the list that the address names."""
    after = st.query_params.get(BEFORE)
    try:
        found = _searched(api, wanted, after)
    except RefusedError as error:
        st.error("This cannot be searched for. Change the filters, or reset them.", icon=":material/search_off:")
        st.text(one_line(error, 400))
        return
    st.subheader(heading(found, is_first=after is None), anchor=False)
    st.caption(_reach(found))
    for one in found.samples:
        sample_card(one)
    with st.container(horizontal=True):
        if after:
            st.page_link(PAGE, label="Back to the newest", icon=":material/first_page:", query_params=address_of())
        if found.next:
            label = "Older samples" if len(found.samples) == PER_PAGE else "Search further back"
            way = address_of(**{BEFORE: found.next})
            st.page_link(PAGE, label=label, icon=":material/arrow_forward:", query_params=way)
    if found.samples:
        export_buttons(wanted)


def heading(found: SearchView, *, is_first: bool) -> str:
    """How many there are.

    >>> heading(SearchView(samples=[], next=None, searched_until=None, whole=True), is_first=True)
    'No sample matches'
    """
    n = len(found.samples)
    if n == 0:
        return "No sample matches" if found.whole and is_first else "Nothing more" if found.whole else "Nothing yet"
    if found.whole and is_first:
        return "1 sample" if n == 1 else f"{n} samples"
    return f"The {'newest' if is_first else 'next'} {n}" if n > 1 else f"The {'newest' if is_first else 'next'} one"


def sample_card(one: FoundView) -> None:
    """One sample: when, of which feature, how it was judged, and what was said."""
    with st.container(border=True, gap="xsmall"):
        label = f"{moment(one.ts, reader_zone())} · {plain(one.feature, 60)}"
        st.page_link(PAGE, label=label, icon=":material/chat:", query_params=place_of(**{SAMPLE: one.sample_id}))
        if one.verdicts:
            st.markdown(marks(one.verdicts))
        if gone := GONE.get(one.text):
            st.caption(f":material/visibility_off: {gone}")
        else:
            _said(one)
        if one.error:
            st.caption(f":material/error: The call failed: {plain(one.error, 160)}")


class Decided(Protocol):
    """Whatever says how a judgement ended."""

    @property
    def status(self) -> str | None: ...
    @property
    def passed(self) -> bool | None: ...


def marks(verdicts: Sequence[MarkView] | Sequence[VerdictView]) -> str:
    """How each judge decided, as Markdown, what did not pass first."""
    ranked: list[MarkView | VerdictView] = sorted(verdicts, key=lambda one: bool(one.passed))
    told = [
        f":{(seen := look_of(one)).colour}[{seen.sign} {seen.word}] {plain(one.judge, 40)}" for one in ranked[:MARKS]
    ]
    more = len(ranked) - MARKS
    return " · ".join([*told, *([f"and {more} more"] if more > 0 else [])])


def look_of(verdict: Decided) -> Look:
    """How a judgement is shown."""
    if verdict.status != "ok":
        return VERDICT_LOOKS.get(verdict.status or "", UNKNOWN)
    return VERDICT_LOOKS["undecided" if verdict.passed is None else "passed" if verdict.passed else "failed"]


def _said(one: FoundView) -> None:
    left, right = st.columns(2)
    for place, name, text in ((left, "Asked", one.asked), (right, "Answered", one.answered)):
        with place:
            st.caption(name)
            st.text(
                one_line(text, 320) or ("(a long text: open it)" if one.size > len(one.asked) + 500 else "(nothing)")
            )


def _reach(found: SearchView) -> str:
    if found.searched_until is None:
        return "There are no samples in this time."
    until = moment(found.searched_until, reader_zone())
    return "All samples of this time were looked at." if found.whole else f"Looked at all samples back to {until}."


def _searched(api: Api, wanted: Wanted, after: str | None) -> SearchView:
    """The first page that has a match; a search that takes long says how far it is."""
    found = api.search(wanted, PER_PAGE, after)
    if found.samples or found.whole:
        return found
    with st.status("Searching further back …") as status:
        for _ in range(ROUNDS):
            found = api.search(wanted, PER_PAGE, found.next)
            status.update(label=_reach(found))
            if found.samples or found.whole:
                break
        status.update(state="complete")
    return found
