"""Is anything near a limit? One line for each, with the way to the page that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from evaluator.api.overview_shapes import OverviewView
from ui.near_words import Near, near
from ui.theme import badge

SHOWN = 4
MOST = 30


def near_limits(seen: OverviewView) -> None:
    """The first few lines, the rest folded; or that there is nothing."""
    found = near(seen)
    with st.container(border=True, gap="xsmall", height="stretch"):
        n = len(found)
        if not n:
            st.markdown("**:green[:material/check_circle:] Nothing is near a limit**")
            st.caption("Budgets, queues, judges, providers, channels, the disk, monitors and plain rules.")
            return
        st.markdown(f"**:orange[:material/warning:] {n} thing{'s are' if n != 1 else ' is'} near a limit**")
        lines(found[:SHOWN])
        if n > SHOWN:
            with st.expander(f"{n - SHOWN} more"):
                lines(found[SHOWN : SHOWN + MOST])
                if n > SHOWN + MOST:
                    st.caption(f"and {n - SHOWN - MOST} more, in the tables below")


def lines(found: Sequence[Near]) -> None:
    """Each with a link to its page, where there is one."""
    for one in found:
        linked(f"{badge(one.look)} {one.words}", one.page, one.query)


def linked(words: str, page: str | None, query: Mapping[str, str]) -> None:
    """A line of Markdown with the way to more of it: a link alone would be cut off on a phone."""
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.markdown(words, width="stretch")
        if page:
            st.page_link(page, label="Open", query_params=dict(query), width="content")
