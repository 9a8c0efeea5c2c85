"""A sample of before and one of now, beside each other."""

from __future__ import annotations

import streamlit as st

from evaluator.api.example_shapes import ExamplesView, ExampleView, PairView
from evaluator.api.shapes import MonitorView
from evaluator.monitors.metrics import JUDGED
from evaluator.monitors.words import noun
from ui.components.examples import facts, passage, provenance, shortened, texts, to_trial
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import Look, badge
from ui.turns import request_turns, response_text
from ui.words import amount, one_line, plain

SYSTEM = "system"
GOOD = Look("good", ":material/check:", "green", "✓")
BAD = Look("bad", ":material/close:", "red", "✕")


def example_pair(pair: PairView, monitor: MonitorView, found: ExamplesView) -> None:
    """Two samples beside each other; what they have in common is said once."""
    alike = [f"{one_line(one.key, 40)}={one_line(one.value, 60)}" for one in pair.alike]
    systems = {_system(one) for one in (pair.before, pair.now) if one}
    same = len(systems) == 1 and pair.before is not None and pair.now is not None and systems != {""}
    if told := [*alike, *(["the system prompt"] if same else [])]:
        st.text(f"Alike on both sides: {' · '.join(told)}")
    left, right = st.columns(2, gap="medium")
    with left:
        _side("Before", pair.before, monitor, good=found.good_before, whole=not same)
    with right:
        _side("Now", pair.now, monitor, good=found.good_now, whole=not same)


def _system(shown: ExampleView) -> str:
    return "\n".join(turn.text for turn in request_turns(shown.sample.request) if turn.role == SYSTEM)


def outcome_words(monitor: MonitorView) -> tuple[str, str]:
    """What a good and a bad outcome are called.

    >>> from tests.fake_api import monitor
    >>> outcome_words(monitor("chat", "tone")), outcome_words(monitor("chat", "", metric="latency_ms"))
    (('passing', 'failing'), ('usual', 'out of line'))
    """
    if monitor.metric == "pass_rate":
        return "passing", "failing"
    return ("without an error", "with an error") if "errors" in monitor.metric else ("usual", "out of line")


def pair_title(shown: ExampleView | None, monitor: MonitorView) -> str:
    """When, and what the judge said or what was measured."""
    if shown is None:
        return ""
    when = moment(shown.sample.ts, reader_zone())
    told = explanation(shown, monitor) or value_words(shown, monitor)
    return f"{when} · {plain(told, 60)}" if told else when


def explanation(shown: ExampleView, monitor: MonitorView) -> str:
    """The words of the monitor's judge about the sample; empty without any."""
    said = (one.explanation for one in shown.sample.verdicts if one.judge == monitor.judge and one.explanation)
    return next(said, "")


def value_words(shown: ExampleView, monitor: MonitorView) -> str:
    """What the metric has of the sample."""
    if shown.label is not None and monitor.metric not in ("pass_rate", "score", "errors"):
        return f"{noun(monitor.metric)} {one_line(shown.label, 60)}"
    if shown.value is not None and monitor.metric not in ("pass_rate", "label"):
        return f"{noun(monitor.metric)} {amount(shown.value, monitor.metric)}"
    return ""


def _side(when: str, shown: ExampleView | None, monitor: MonitorView, *, good: bool, whole: bool) -> None:
    """One of both: when, its outcome, the judge's words, and the texts; the system prompt only if `whole`."""
    word = outcome_words(monitor)[not good]
    if shown is None:
        st.markdown(f"**{when}** {badge(GOOD if good else BAD, word)}")
        st.caption("None like it.")
        return
    sample = shown.sample
    st.markdown(f"**{when}** {badge(GOOD if good else BAD, word)} {moment(sample.ts, reader_zone())}")
    if told := value_words(shown, monitor):
        st.markdown(f"**{plain(told)}**")
    if monitor.metric in JUDGED and (said := explanation(shown, monitor)):
        st.caption("Feedback" if monitor.kind == "feedback" else "The judge says")
        st.text(shortened(said))
    for one in sample.verdicts:
        if one.judge == monitor.judge and (how := provenance(one)):
            st.caption(how)
    if texts(sample):
        for turn in request_turns(sample.request):
            if whole or turn.role != SYSTEM:
                passage(turn.role, turn.text)
        passage("response", response_text(sample.response) or "(an empty answer)")
        if sample.error:
            passage("error", sample.error)
    st.text(facts(sample))
    to_trial(sample.sample_id, monitor.judge, monitor.kind)
    way = {"sample": sample.sample_id}
    st.page_link("pages/samples.py", label="Open the sample", icon=":material/forum:", query_params=way)
