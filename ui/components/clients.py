"""What to switch on at clients whose text does not arrive: without text there is nothing to judge."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import IntakeView, SourceView
from ui.words import one_line, plain

SHOWN = 5


def set_up(intake: IntakeView) -> None:
    """A line for every feature and client with something to mend: those without text first, then the busiest."""
    lacking = [source for source in intake.sources if source.hints]
    if not lacking:
        return
    lacking.sort(key=lambda source: (not source.without_text, -source.samples))
    with st.container(border=True):
        for source in lacking[:SHOWN]:
            _line(source)
        if len(lacking) > SHOWN:
            st.caption(f"{len(lacking) - SHOWN} more: `leadline doctor` lists them all.")


def _line(source: SourceView) -> None:
    icon = ":material/visibility_off:" if source.without_text else ":material/content_cut:"
    word = "no text" if source.without_text else "incomplete"
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(word, icon=icon, color="orange")
            st.markdown(f"{plain(source.feature)} via {plain(source.source)}", width="content")
        for hint in source.hints:
            st.text(one_line(hint, 400))
