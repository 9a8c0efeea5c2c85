"""Samples behind a number: what was asked, what was answered, and what the judge said about it."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import MonitorView, SampleView, VerdictView
from ui.client import Api, NotFoundError
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.turns import request_turns, response_text
from ui.words import one_line, plain

SHOWN = 5
LONGEST = 8000
TALL = 900
GONE = {
    "missing": "The client sent no text of this call.",
    "withheld": "The text is not kept: the setting text.keep says so.",
    "expired": "The text was deleted after the days that text.days allows.",
}
ROLES = {"system": "System", "user": "User", "assistant": "Assistant", "tool": "Tool", "response": "Response"}


def linked(api: Api, monitor: MonitorView) -> None:
    """The sample that the address names, as links in alerts do."""
    asked = st.query_params.get("sample")
    if not asked:
        return
    try:
        example(api.sample(asked), monitor)
    except NotFoundError:
        st.caption(f"The sample {plain(asked, 60)} of this link is no longer kept.")


def example(sample: SampleView, monitor: MonitorView) -> None:
    """One sample: the judge's words first, then request and response side by side."""
    said = [verdict for verdict in sample.verdicts if verdict.judge == monitor.judge]
    explanation = next((verdict.explanation for verdict in said if verdict.explanation), "") or ""
    when = moment(sample.ts, reader_zone())
    title = f"{when} · {plain(explanation, 60)}" if explanation else when
    with st.expander(title, expanded=True):
        if explanation:
            st.caption("Feedback" if monitor.kind == "feedback" else "The judge says")
            st.text(shortened(explanation))
        for verdict in said:
            if told := provenance(verdict):
                st.caption(told)
        conversation(sample)
        st.text(facts(sample))
        way = {"sample": sample.sample_id}
        st.page_link("pages/samples.py", label="Open the sample", icon=":material/forum:", query_params=way)
        to_trial(sample.sample_id, monitor.judge, monitor.kind)


def to_trial(sample_id: str, judge: str, kind: str) -> None:
    """A link to where another text of the judge is tried on the sample; nothing where no rubric decides."""
    if kind == "llm":
        way = {"judge": judge, "sample": sample_id}
        st.page_link("pages/judges.py", label="Try another text", icon=":material/edit_note:", query_params=way)


def provenance(verdict: VerdictView) -> str:
    """How the verdict came about, where that is more than one answer of one model."""
    strong = next((one for one in verdict.opinions if one.role == "escalation"), None)
    told = (
        verdict.votes and f"{verdict.votes} votes, {100 * (verdict.disagreement or 0):.0f} % of them against it",
        strong and f"{plain(strong.model or 'a stronger model', 60)} was asked in addition",
        verdict.via == "cache" and "given again for equal text, at no cost",
        verdict.via == "batch" and "judged in a batch",
        verdict.flipped and "judged a second time on purpose, and decided otherwise",
        verdict.cut and f"{verdict.cut:,} characters of the sample were left out",
    )
    return "; ".join(part for part in told if part)


def texts(sample: SampleView) -> bool:
    """Whether its texts are kept; says why they are not there, or not whole."""
    if gone := GONE.get(sample.text):
        st.caption(f":material/visibility_off: {gone}")
        return False
    if sample.incomplete:
        st.caption(f":material/content_cut: The text is not whole ({plain(sample.incomplete, 40)}).")
    return True


def conversation(sample: SampleView) -> None:
    """Request and response side by side, or why they are not there."""
    if not texts(sample):
        return
    left, right = st.columns(2)
    with left:
        for turn in request_turns(sample.request):
            passage(turn.role, turn.text)
    with right:
        passage("response", response_text(sample.response) or "(an empty answer)")
        if sample.error:
            passage("error", sample.error)


def passage(role: str, text: str) -> None:
    """Foreign text as it is, in a box that scrolls when it is long."""
    st.caption(ROLES.get(role) or plain(role, 20))
    st.code(shortened(text), language=None, wrap_lines=True, height=320 if len(text) > TALL else "content")


def shortened(text: str) -> str:
    """Text cut where a page would become too heavy, saying how much is missing."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… and {len(text) - LONGEST:,} more characters"


def facts(sample: SampleView) -> str:
    """Where the sample comes from, on one line."""
    known = {
        "id": sample.sample_id,
        "session": sample.session_id,
        "model": sample.model,
        "prompt": sample.prompt_version,
        "release": sample.release,
        "stop": sample.stop_reason,
        **sample.metadata,
    }
    return " · ".join(f"{one_line(name, 40)} {one_line(value, 80)}" for name, value in known.items() if value)
