"""What an alert told, as people read it: how far, beside what, how sure, where, and what it looks like."""

from __future__ import annotations

import streamlit as st

from evaluator.alerts.alarm import WHOLE
from evaluator.monitors.words import moved
from ui.components.alarms import SAME_MIX, figure
from ui.components.markers import KINDS
from ui.components.verdict import FLAGS
from ui.told import Example, Rate, Size, Told
from ui.words import count, one_line, percent, plain, points, span, which_share

LONGEST = 500


def told(evidence: Told) -> None:
    """Everything the message said, or would have said; the numbers first."""
    if not evidence.known:
        st.text("This alert was raised without evidence, or by a version whose evidence this one cannot read.")
        return
    if evidence.rule:
        st.text(one_line(f"Plain rule “{evidence.rule.name}”: {evidence.rule.in_words}", LONGEST))
    if evidence.says and (share := which_share(evidence.monitor.metric, evidence.says)):
        st.caption(f"The share {share}")
    numbers(evidence)
    if not evidence.rule:
        to_regression(evidence.monitor.monitor_id, "Open the regression", ":material/trending_down:")
    began(evidence)
    for line in sure(evidence):
        st.text(one_line(line, LONGEST))
    for flag in evidence.flags:
        st.caption(f":material/info: {FLAGS.get(flag) or plain(flag.replace('_', ' '))}")
    failing_examples(evidence)


def numbers(evidence: Told) -> None:
    """At the alarm, before, the change between them, what became of it, each with n and interval."""
    rise, drop = evidence.bad == "up", evidence.drop
    with st.container(horizontal=True, gap="medium"):
        rate("At the alarm", evidence.value)
        rate("Baseline", evidence.baseline)
        change("Change, same mix", drop.at_alarm, rise=rise)
        if drop.now:
            change("By the last look", drop.now, rise=rise)
        if drop.refreshed:
            change("Alarm to recovery", drop.refreshed, rise=rise)
        if evidence.recovery:
            rate("Recovered at", evidence.recovery)


def rate(label: str, shown: Rate) -> None:
    """A share with its votes and interval."""
    figure(label, percent(shown.rate), f"n = {count(shown.n)}, 95 %: {span(shown)}")


def change(label: str, shown: Size, *, rise: bool) -> None:
    """How far it got worse; with one bound only that one; nothing of an unknown size."""
    if shown.size is None:
        return
    ends = [points(end, rise=rise, unit=False) for end in (shown.lo, shown.hi) if end is not None]
    both = f"95 %: {' to '.join(ends if rise else ends[::-1])}"
    note = both if len(ends) == 2 else "".join(f"at least {end}" for end in ends)
    figure(label, points(shown.size, rise=rise), note, SAME_MIX)


def began(evidence: Told) -> None:
    """Beside which marker it began, why, and where most; since when stands above all of it."""
    marker = evidence.marker
    if marker:
        kind = KINDS.get(marker.kind, marker.kind)
        icon = ":material/flag:" if marker.fit == "inside" else ":material/outlined_flag:"
        st.markdown(f"{icon} Nearest marker: {kind} {plain(marker.name)}, {marker.timing}")
    if evidence.why:
        st.text(one_line(evidence.why, LONGEST))
    parts = [one for one in evidence.where if one.name != WHOLE]
    if evidence.where and evidence.where[0].name == WHOLE:
        st.text("No part of the traffic stands out: it is the whole of it.")
    elif parts:
        verb = moved(evidence.bad)
        rows = [
            f"- {plain(one.name, 80)} {verb} from {percent(one.rate_before)} to {percent(one.rate_now)} "
            f"(n = {count(round(one.n_now))})"
            for one in parts
        ]
        st.markdown("\n".join(["Most in:", "", *rows]))


def sure(evidence: Told) -> list[str]:
    """How sure it is, what it costs in false alarms, and whether verdicts are lacking.

    >>> sure(Told.model_validate({"evidence": {"in_words": "evidence 31:1", "false_alarms_per_30_days": 1.0}}))
    ['Evidence 31:1. Budget: 1 false alarm per 30 days over all monitors.']
    """
    words, budget = evidence.evidence.in_words, evidence.evidence.false_alarms_per_30_days
    lines = []
    if words:
        alarms = "" if budget is None else f"{budget:g} false alarm{'s' * (budget != 1)}"
        allowed = "" if budget is None or evidence.rule else f" Budget: {alarms} per 30 days over all monitors."
        lines.append(f"{words[:1].upper()}{words[1:]}.{allowed}")
    if evidence.coverage and evidence.coverage.in_words:
        lines.append(f"{evidence.coverage.in_words}.")
    return lines


def failing_examples(evidence: Told) -> None:
    """The first failing sample, and the others folded: they are long, and more of the same."""
    shown, monitor_id = evidence.examples, evidence.monitor.monitor_id
    if shown:
        failing(1, shown[0], monitor_id)
    if (more := len(shown) - 1) > 0:
        with st.expander(f"{more} more failing example{'s' * (more != 1)}", icon=":material/unfold_more:"):
            for number, example in enumerate(shown[1:], 2):
                failing(number, example, monitor_id)


def failing(number: int, example: Example, monitor_id: str) -> None:
    """One failing sample: the judge's words first, and the way to all of it."""
    answered = example.response or "(an empty answer)"
    said = {"The judge says": example.explanation, "Asked": example.request, "Answered": answered}
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**Failing example {number}**")
        for who, text in said.items():
            if text:
                with st.container(gap=None):
                    st.caption(who)
                    st.text(one_line(text, LONGEST))
        to_regression(monitor_id, "Open this sample", ":material/search:", sample=example.sample_id)


def to_regression(monitor_id: str, label: str, icon: str, **more: str) -> None:
    """A link to the monitor's page."""
    st.page_link("pages/regression.py", label=label, icon=icon, query_params={"monitor": monitor_id, **more})
