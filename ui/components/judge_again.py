"""Having a sample judged again, and what came of it."""

from __future__ import annotations

import streamlit as st

from evaluator.api.sample_shapes import AgainView
from evaluator.api.shapes import SampleView
from store.feedback import KIND as FEEDBACK
from ui.client import Api
from ui.components.acting import ask_for_admin_key, attempt, lock, who_acts
from ui.components.examples import shortened
from ui.components.sample_list import look_of
from ui.theme import badge
from ui.words import one_line, plain, usd

ALL = "All judges that apply"
WHY = (
    "At the judge's usual cost and within its budget. A verdict that stands stays and counts once: the new judgement "
    "stands beside it. Only a verdict that is owed, or that ended in an error, is made up for."
)


def judge_again(api: Api, sample: SampleView) -> None:
    """A choice of judge, and the button; nothing where there is no text to judge."""
    if sample.text != "kept":
        return
    st.subheader("Judge this again", anchor=False)
    st.caption(WHY)
    result = f"again-{sample.sample_id}"
    who_acts()
    ask_for_admin_key()
    known = list(dict.fromkeys(one.judge for one in sample.verdicts if one.kind != FEEDBACK))
    picked = st.selectbox(
        "Judge", [ALL, *known], format_func=lambda name: one_line(name, 60), key=f"again-judge-{sample.sample_id}"
    )
    if st.button("Judge this again", icon=":material/gavel:", key=f"again-button-{sample.sample_id}", **lock()):
        judge = None if picked == ALL else picked
        told = attempt(lambda by: api.judge_again(sample.sample_id, by, judge), "It was judged again")
        if told is not None:
            st.session_state[result] = told
            st.rerun()
    for one in st.session_state.get(result, []):
        _outcome(one)


def _outcome(one: AgainView) -> None:
    with st.container(border=True, gap="xsmall"):
        look = badge(look_of(one)) if one.status else ""
        st.markdown(f"{look} **{plain(one.judge, 60)}** {plain(one.label, 60) if one.label else ''}")
        if one.flipped:
            st.caption(":material/sync_problem: This time it decided otherwise.")
        if one.explanation:
            st.text(shortened(one.explanation))
        st.text(one_line(one.detail, 400))
        if one.cost_usd is not None:
            st.caption(usd(one.cost_usd))
