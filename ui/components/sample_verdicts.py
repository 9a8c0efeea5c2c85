"""All that judges said of one sample: how they decided, why, at what cost, and by which single answers."""

from __future__ import annotations

from datetime import tzinfo

import streamlit as st

from evaluator.api.shapes import OpinionView, SampleView, VerdictView
from evaluator.monitors.metrics import monitor_id
from store.records import Series
from ui.components.examples import provenance, shortened, to_trial
from ui.components.reader import reader_zone
from ui.components.sample_list import look_of
from ui.moments import moment
from ui.theme import badge
from ui.words import plain, seconds, usd

REGRESSION = "pages/regression.py"
ROLES = {"vote": "Vote", "escalation": "A stronger model", "repeat": "Judged again"}


def verdict_cards(sample: SampleView) -> None:
    """A card for each verdict, the newest of a judge last."""
    if not sample.verdicts:
        st.text("None. Either no judge applies, the sample was not drawn for one, or it still waits.")
    for verdict in sample.verdicts:
        with st.container(border=True, gap="small"):
            _verdict(verdict)


def _verdict(verdict: VerdictView) -> None:
    look = look_of(verdict)
    st.markdown(f"{badge(look)} **{plain(verdict.judge, 60)}** {_label(verdict)}")
    if verdict.explanation:
        st.text(shortened(verdict.explanation))
    if verdict.reason:
        st.caption(f"Reason: {plain(verdict.reason, 60)}")
    if told := provenance(verdict):
        st.caption(told)
    st.caption(origin(verdict, reader_zone()))
    if verdict.opinions:
        with st.expander(f"{len(verdict.opinions)} single answer{'s' * (len(verdict.opinions) > 1)}"):
            for one in verdict.opinions:
                _opinion(one)
    if verdict.status == "ok":
        series = Series(feature=verdict.feature, judge=verdict.judge, judge_version=verdict.judge_version)
        way = {"monitor": monitor_id(series)}
        st.page_link(REGRESSION, label="Its monitor", icon=":material/trending_down:", query_params=way)
    to_trial(verdict.sample_id, verdict.judge, verdict.kind)


def origin(verdict: VerdictView, zone: tzinfo) -> str:
    """When and by what it was judged, and what that took, as Markdown."""
    told = (
        f"version {plain(verdict.judge_version, 40)}",
        f"judged {moment(verdict.judged_at, zone)}",
        verdict.model and f"by {plain(verdict.model, 60)}",
        verdict.provider and f"at {plain(verdict.provider, 40)}",
        verdict.cost_usd is not None and f"for {usd(verdict.cost_usd)}",
        verdict.duration_ms is not None and f"in {seconds(verdict.duration_ms)}",
        verdict.judge_probability < 1 and f"drawn with a chance of {100 * verdict.judge_probability:g} %",
    )
    return " · ".join(part for part in told if part)


def _label(verdict: VerdictView) -> str:
    score = "" if verdict.score is None else f"score {verdict.score:g}"
    return " · ".join(part for part in (plain(verdict.label, 60) if verdict.label else "", score) if part)


def _opinion(one: OpinionView) -> None:
    look = look_of(one)
    label = f" {plain(one.label, 60)}" if one.label else ""
    st.markdown(f"{ROLES.get(one.role, 'Answer')}: {badge(look)}{label}")
    if one.explanation or one.reason:
        st.text(shortened(one.explanation or one.reason or ""))
    cost = "" if one.cost_usd is None else f" · {usd(one.cost_usd)}"
    if one.model or cost:
        st.caption(f"{plain(one.model or 'no model', 60)}{cost}")
