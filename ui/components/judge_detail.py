"""One judge: ?judge=NAME. Its text, its versions, and where it is a rubric a place to try another text."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.judge_shapes import JudgeView
from evaluator.api.version_shapes import JudgeVersionsView
from ui.client import Api, NotFoundError
from ui.components.addressed import show_address
from ui.components.agreement import people_section
from ui.components.judge_card import judge_card
from ui.components.judge_table import PAGE, shown
from ui.components.judge_versions import choose_versions, version_table
from ui.components.rubric_diff import definition_text, rubric_diff
from ui.components.rubric_trial import rubric_trial
from ui.theme import badge, look
from ui.words import plain

NOW, VERSIONS, TRY = "Now", "Versions", "Try a text"
MONITORS_SHOWN = 12
NO_TEXT = {
    "feedback": "People and programs say this, by rules of their own: there is no text that decides.",
    "": "What decides this judge's verdicts is not known here: it is no longer configured.",
}


def linked_judge(api: Api) -> JudgeVersionsView | None:
    """The judge that the address names; says so where there is none."""
    show_address()
    asked = st.query_params.get("judge")
    if not asked:
        st.query_params.pop("show", None)
        return None
    try:
        return api.judge_versions(asked)
    except NotFoundError:
        st.warning("There is no judge of the name in this address. These are known:", icon=":material/search_off:")
        return None


def judge_detail(api: Api, judge: JudgeVersionsView, judges: Sequence[JudgeView], in_batches: int) -> None:
    """What the judge is, where it is watched, and the section that the address names."""
    known = next((one for one in judges if one.name == judge.name), None)
    # A link to a page that names nothing leaves the address as it is.
    st.page_link(PAGE, label="All judges", icon=":material/arrow_back:", query_params={"show": "all"})
    st.subheader(f"Judge {plain(judge.name)}", anchor=False)
    heading(judge, known)
    watched(judge)
    section = choose_section(judge)
    if section == VERSIONS:
        version_table(judge)
        if chosen := choose_versions(judge):
            rubric_diff(*chosen)
    elif section == TRY:
        rubric_trial(api, judge)
    else:
        if known:
            judge_card(known, in_batches, linked=False)
        people_section(judge, api.agreement(judge.name))
        present_text(judge)


def heading(judge: JudgeVersionsView, known: JudgeView | None) -> None:
    """State, kind, version and model."""
    told = [f"version {plain(judge.version, 40)}"] if judge.version else []
    told += [f"asks {plain(judge.model, 60)}"] if judge.model else []
    state = badge(shown(known)) if known else ":gray-badge[:material/history: no longer configured]"
    st.markdown(" · ".join([f"{state} {plain(judge.kind, 20)}", *told]))


def watched(judge: JudgeVersionsView) -> None:
    """The monitors of its pass rates: those of its present version, else of any."""
    of_present = [one for one in judge.monitors if one.judge_version == judge.version]
    found = of_present or judge.monitors
    if not found:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Watched on", width="content")
        for one in found[:MONITORS_SHOWN]:
            label = f"{badge(look(one.state))} {plain(one.feature, 60)}"
            st.page_link("pages/regression.py", label=label, query_params={"monitor": one.monitor_id}, width="content")
    if len(found) > MONITORS_SHOWN:
        st.caption(f"and {len(found) - MONITORS_SHOWN} more features: the overview has them all.")


def choose_section(judge: JudgeVersionsView) -> str:
    """The section in the address, or the one that a link to a sample or to versions means; choosing one changes it."""
    known = (NOW, VERSIONS, TRY) if judge.tryable else (NOW, VERSIONS)
    asked = st.query_params.get("show") or meant()
    section = asked if asked in known else NOW
    # The key follows the address: a link to another section replaces what was picked before.
    key = f"judge-section-{section}"
    picked = st.segmented_control(
        "Section", known, default=section, required=True, key=key, label_visibility="collapsed"
    )
    if picked and picked != section:
        st.query_params.from_dict({"judge": judge.name, "show": picked})
        st.rerun()
    return section


def meant() -> str:
    """The section of an address that does not name one."""
    if "sample" in st.query_params:
        return TRY
    return VERSIONS if {"from", "to"} & set(st.query_params) else NOW


def present_text(judge: JudgeVersionsView) -> None:
    """What decides its verdicts now."""
    st.subheader("What decides its verdicts", anchor=False)
    if judge.definition is None:
        st.caption(NO_TEXT.get(judge.kind, NO_TEXT[""]))
        return
    st.caption(
        "The rubric as a file: everything that decides a verdict; what is left out is the default."
        if judge.tryable
        else "Everything that decides a verdict; another value of any of it starts a new version."
    )
    definition_text(judge.definition)
