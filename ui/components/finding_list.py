"""What `leadline doctor` finds: what keeps the service from watching well, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import Finding
from ui.client import Api
from ui.components.acting import paged
from ui.theme import FINDING_LOOKS, UNKNOWN, badge
from ui.words import one_line, plain

FINE = "ok"
KNOWN = "findings"
KEPT_SECONDS = 60.0
ROWS = 20
ORDER = tuple(FINDING_LOOKS)


def findings_of(api: Api) -> list[Finding]:
    """What is wanting, looked for once a minute at most: a click on the page does not ask again, its button does."""
    known: tuple[float, list[Finding]] | None = st.session_state.get(KNOWN)
    if known is None or time.monotonic() - known[0] > KEPT_SECONDS:
        with st.spinner("Looking for what keeps it from watching well …"):
            known = time.monotonic(), api.findings()
        st.session_state[KNOWN] = known
    return known[1]


def finding_list(findings: Sequence[Finding]) -> None:
    """Problems first, then hints; what is in order is folded away."""
    wanting = sorted((one for one in findings if one.level != FINE), key=_rank)
    fine = [one for one in findings if one.level == FINE]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(summary(wanting), anchor=False, width="content")
        st.button("Look again", icon=":material/refresh:", key="look_again", type="tertiary", on_click=_forget)
    for one in paged(wanting, ROWS, "findings_page"):
        finding(one)
    if fine:
        with st.expander(f"{len(fine)} in order", icon=":material/check_circle:"):
            for one in paged(fine, ROWS, "fine_page"):
                finding(one)


def summary(wanting: Sequence[Finding]) -> str:
    """How much is to be mended, as a heading.

    >>> summary([])
    'Nothing to mend'
    >>> summary([Finding(area="a", level="problem", what="b"), Finding(area="a", level="hint", what="b")])
    '1 problem, 1 hint'
    """
    counts = [(sum(one.level == level for one in wanting), level) for level in ORDER]
    told = [f"{n} {level}{'s' * (n != 1)}" for n, level in counts if n]
    return ", ".join(told) or "Nothing to mend"


def finding(one: Finding) -> None:
    """What was found, and the remedy."""
    shown = FINDING_LOOKS.get(one.level, UNKNOWN)
    with st.container(gap=None):
        st.markdown(f"{badge(shown)} **{plain(one.area, 200)}**")
        st.text(one_line(one.what, 600))
        if one.fix:
            st.text(f"→ {one_line(one.fix, 600)}")


def _forget() -> None:
    st.session_state.pop(KNOWN, None)


def _rank(one: Finding) -> int:
    return ORDER.index(one.level) if one.level in ORDER else len(ORDER)
