"""Trying a text: a draft of a rubric, one stored sample, and what the model says of it, beside the present verdict."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import SampleView, VerdictView
from evaluator.api.version_shapes import EstimateView, JudgeVersionsView, TriedView
from ui.client import Api, NotFoundError, RefusedError
from ui.components.acting import ask_for_admin_key, attempt, lock, who_acts
from ui.components.examples import conversation, shortened
from ui.components.rubric_price import rubric_price
from ui.components.sample_list import look_of
from ui.theme import badge
from ui.words import one_line, plain, seconds, usd

SAMPLE = "sample"
HEIGHT = 420
NONE_OF_LATE = "It has no such sample of late. Give the id of any sample."


def rubric_trial(api: Api, judge: JudgeVersionsView) -> None:
    """The draft, the sample, what asking would cost, and what came of it; what was typed stays."""
    st.caption("One sample is judged once by the text below. No verdict is stored; what it costs is booked.")
    who_acts()
    ask_for_admin_key()
    sample = choose_sample(api, judge)
    draft = edit(judge)
    told = estimated(api, sample, draft)
    with st.container(horizontal=True):
        off = lock() or {"disabled": told is None}
        asked = st.button("Judge the sample", icon=":material/gavel:", type="primary", **off)
        priced = st.button("What would it cost per day?", icon=":material/payments:")
    if asked and sample:
        ask(api, judge, sample, draft)
    if priced:
        rubric_price(api, draft)
    if sample:
        results(judge, sample, draft)
        with st.expander("The sample", icon=":material/description:"):
            conversation(sample)


def choose_sample(api: Api, judge: JudgeVersionsView) -> SampleView | None:
    """The sample that the address names; one of the judge's own is found by a button."""
    asked = st.query_params.get(SAMPLE, "")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # The key follows the address: another sample replaces what was typed before.
        given = (st.text_input("Sample id", value=asked, key=f"trial-{asked}", width=330) or "").strip()
        failing = st.button("A recent failing one", icon=":material/close:")
        passing = st.button("A recent passing one", icon=":material/check:")
    if failing or passing:
        found = api.newest_judged(judge.name, judge.version, passed=passing)
        if found is None:
            st.warning(NONE_OF_LATE, icon=":material/search_off:")
        given = found.sample_id if found else given
    if given != asked:
        st.query_params[SAMPLE] = given
        st.rerun()
    try:
        return api.sample(asked) if asked else None
    except NotFoundError:
        st.warning(
            f"There is no sample {plain(asked, 60)}: it was never sent, or not kept.", icon=":material/search_off:"
        )
        return None


def edit(judge: JudgeVersionsView) -> str:
    """The text, prefilled with the present one; it stays until it is set back."""
    key, present = f"draft-{judge.name}", judge.definition or ""
    st.session_state.setdefault(key, present)
    draft = st.text_area("Rubric, as a TOML file", key=key, height=HEIGHT, max_chars=200_000)
    if draft.strip() != present.strip():
        st.button(
            "Back to the present text", icon=":material/undo:", on_click=st.session_state.update, args=({key: present},)
        )
    return draft


def estimated(api: Api, sample: SampleView | None, draft: str) -> EstimateView | None:
    """What asking would cost; None, with the reason, when nobody can be asked."""
    if sample is None:
        st.caption("Choose a sample first.")
        return None
    try:
        found = api.estimate_trial(sample.sample_id, draft)
    except RefusedError as error:
        st.warning("This cannot be judged yet.", icon=":material/edit_note:")
        st.text(one_line(error, 800))
        return None
    st.caption(estimate_words(found))
    if found.skipped:
        st.text(one_line(found.skipped, 400))
    return found


def estimate_words(found: EstimateView) -> str:
    """Whom it asks, how often, and for about how much, as Markdown."""
    model = plain(found.model, 60)
    if found.skipped:
        return f":material/skip_next: {model} would not be asked, at no cost:"
    times = "once" if found.calls == 1 else f"{found.calls} times"
    price = "at a price that is not known" if found.usd is None else f"for about {usd(found.usd)}"
    cut = f"; {found.cut:,} characters of the sample would be left out" if found.cut else ""
    return f":material/payments: It asks {model} {times}, {price}{cut}."


def ask(api: Api, judge: JudgeVersionsView, sample: SampleView, draft: str) -> None:
    """Has it judged; what comes of it is kept for this visit."""
    st.caption("The model is asked. With votes or retries that may take up to two minutes.")
    found = attempt(lambda by: api.try_rubric(by, sample.sample_id, draft), "It was judged")
    if found:
        st.session_state[f"tried-{judge.name}"] = draft, found
        st.rerun()


def results(judge: JudgeVersionsView, sample: SampleView, draft: str) -> None:
    """The trial's judgement beside what the present version said of the sample."""
    text, found = st.session_state.get(f"tried-{judge.name}", ("", None))
    left, right = st.columns(2)
    with left:
        if found and found.sample_id == sample.sample_id:
            said("The draft says", found)
            st.caption(cost_words(found))
            if text != draft:
                st.caption(":material/edit: The text was changed since.")
        else:
            st.caption("The draft has not judged this sample yet.")
    with right:
        present(judge, sample)


def present(judge: JudgeVersionsView, sample: SampleView) -> None:
    """The stored verdict of the present version, else of the newest that has one."""
    own = [one for one in sample.verdicts if one.judge == judge.name]
    found = next((one for one in own if one.judge_version == judge.version), own[-1] if own else None)
    if found is None:
        st.caption("It has not judged this sample.")
        return
    of_present = found.judge_version == judge.version
    said("The present version said" if of_present else f"Version {plain(found.judge_version, 40)} said", found)


def said(who: str, found: TriedView | VerdictView) -> None:
    """A judgement: how it ended, its label and score, and why."""
    label = f" {plain(found.label, 40)}" if found.label else ""
    score = f", score {found.score:.2f}" if found.score is not None and found.score not in (0, 1) else ""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{who}** {badge(look_of(found))}{label}{score}")
        if found.reason:
            st.caption(f"Reason: {plain(found.reason, 60)}")
        st.text(shortened(found.explanation or "(no explanation)"))


def cost_words(found: TriedView) -> str:
    """Who answered, how long it took, and what it cost, as Markdown."""
    read, cached = found.input_tokens or 0, found.cache_read_tokens or 0
    tokens = f"{read:,} + {cached:,} cached tokens in, {found.output_tokens or 0:,} out"
    told = [
        plain(found.model, 60) if found.model else "nobody was asked",
        seconds(found.duration_ms),
        *([tokens, usd(found.cost_usd)] if found.model else []),
        *([f"{found.votes} votes, {100 * (found.disagreement or 0):.0f} % against it"] if found.votes else []),
        *(["a stronger model decided"] if found.escalated else []),
        *([f"{found.cut:,} characters of the sample left out"] if found.cut else []),
    ]
    return " · ".join(told)
