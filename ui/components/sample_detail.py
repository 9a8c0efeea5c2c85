"""One sample: its conversation, all that judges said of it, its facts, and judging it again."""

from __future__ import annotations

import json

import streamlit as st

from evaluator.api.sample_shapes import SessionView
from evaluator.api.shapes import SampleView
from ui.client import Api, NotFoundError
from ui.components.addressed import show_address
from ui.components.dialogue import dialogue
from ui.components.examples import shortened
from ui.components.judge_again import judge_again
from ui.components.reader import reader_zone
from ui.components.sample_filters import SAMPLE, place_of
from ui.components.sample_list import PAGE, marks
from ui.components.sample_verdicts import verdict_cards
from ui.moments import moment
from ui.words import one_line, plain


def linked_sample(api: Api) -> SampleView | None:
    """The sample that the address names; says so where there is none."""
    show_address()
    asked = st.query_params.get(SAMPLE)
    if not asked:
        return None
    try:
        return api.sample(asked)
    except NotFoundError:
        st.warning(
            "There is no sample with the id in this address: it was never kept, or it is gone. Search for others:",
            icon=":material/search_off:",
        )
        return None


def sample_detail(api: Api, sample: SampleView) -> None:
    """What was said on the left, what was said about it on the right; on a phone below each other."""
    st.page_link(PAGE, label="Back to the list", icon=":material/arrow_back:", query_params=place_of())
    st.subheader(f"Sample {plain(sample.sample_id, 60)}", anchor=False)
    st.caption(f"{moment(sample.ts, reader_zone())} · {plain(sample.feature, 60)}")
    st.markdown(marks(sample.verdicts) or "No judge has spoken on it.")
    said, judged = st.columns([3, 2], gap="large")
    with said:
        st.subheader("Conversation" if sample.session_id else "What was said", anchor=False)
        dialogue(_session(api, sample), sample)
    with judged:
        st.subheader("Verdicts", anchor=False)
        verdict_cards(sample)
        judge_again(api, sample)
        st.subheader("Facts", anchor=False)
        _links(sample)
        st.text(facts(sample))
        _raw(sample)


def facts(sample: SampleView) -> str:
    """What is known of the sample, a line each; foreign text."""
    zone = reader_zone()
    spent = {
        "read": sample.input_tokens,
        "written": sample.output_tokens,
        "from the cache": sample.cache_read_tokens,
        "into the cache": sample.cache_write_tokens,
    }
    raw = sample.stop_reason_raw if sample.stop_reason_raw != sample.stop_reason else None
    known = {
        "Id": sample.sample_id,
        "Time": moment(sample.ts, zone),
        "Received": moment(sample.received_at, zone),
        "Feature": sample.feature,
        "Environment": sample.environment,
        "Session": sample.session_id,
        "User": sample.user_id,
        "Model": sample.model,
        "Provider": sample.provider,
        "Prompt version": sample.prompt_version,
        "Release": sample.release,
        "Stop reason": sample.stop_reason and f"{sample.stop_reason}{f' ({raw})' if raw else ''}",
        "Error": sample.error,
        "Latency": None if sample.latency_ms is None else f"{sample.latency_ms:,.0f} ms",
        "Tokens": ", ".join(f"{n:,} {how}" for how, n in spent.items() if n is not None),
        "Kept as": f"{sample.sampling_class}, of which {100 * sample.sampling_probability:g} % are kept",
        "Came from": sample.source,
        "Trace": sample.trace_id,
        "Span": sample.span_id,
        "Response": sample.response_id,
        "Reference": sample.reference,
    }
    lines = [f"{name}: {one_line(value, 400)}" for name, value in known.items() if value]
    lines += [f"{one_line(key, 60)} = {one_line(told, 200)}" for key, told in sample.metadata.items()]
    return "\n".join(lines)


def _session(api: Api, sample: SampleView) -> SessionView | None:
    if not sample.session_id:
        return None
    try:
        return api.session(sample.session_id, sample.ts)
    except NotFoundError:
        return None


def _links(sample: SampleView) -> None:
    """To others of the session and the user."""
    for name, label, icon, told in (
        ("session", "All samples of this session", ":material/forum:", sample.session_id),
        ("user", "All samples of this user", ":material/person:", sample.user_id),
    ):
        if told:
            st.page_link(PAGE, label=label, icon=icon, query_params={name: told})


def _raw(sample: SampleView) -> None:
    text = json.dumps(sample.model_dump(mode="json"), ensure_ascii=False, indent=2)
    with st.expander("Raw JSON", icon=":material/data_object:"):
        st.code(shortened(text), language="json", wrap_lines=True, height=480)
        st.download_button(
            "Download the JSON",
            data=lambda: text,
            file_name="sample.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
