"""The alerts of an incident, each with the way to its page, and which is explained by which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from evaluator.api.alert_shapes import AlertView
from evaluator.rules.subject import PREFIX
from ui.components.acting import paged
from ui.components.reader import reader_zone
from ui.incident_words import alert_headline, explainer, silenced
from ui.moments import moment
from ui.theme import INCIDENT_LOOKS, SEVERITY_LOOKS, UNKNOWN, badge
from ui.told import read
from ui.words import percent, subject, which_share

ROWS = 10


def alert_list(alerts: Sequence[AlertView], known: Mapping[str, AlertView]) -> None:
    """What fires and is not explained comes first; `known` are alerts that may explain others, by id."""
    ordered = sorted(alerts, key=lambda one: (one.resolved_at is not None, bool(one.explained_by), one.fired_at))
    for one in paged(ordered, ROWS, "alerts_page"):
        alert_row(one, known)


def before_and_now(one: AlertView) -> str:
    """The share in words with its two numbers, as Markdown."""
    told = read(one.evidence)
    share = which_share(one.metric, told.says) if told.says else ""
    told_of = f"share {share}: " if share else ""
    now, when = told.last_seen
    return f"{told_of}{percent(told.baseline.rate)} → {percent(now)} {when}"


def alert_row(one: AlertView, known: Mapping[str, AlertView]) -> None:
    """One alert: a link to its monitor, when it fired and ended, and what explains it."""
    zone = reader_zone()
    with st.container(gap="xxsmall"):
        if one.monitor_id.startswith(PREFIX):
            st.markdown(alert_headline(one))
        else:
            st.page_link("pages/regression.py", label=subject(one), query_params={"monitor": one.monitor_id})
            st.caption(before_and_now(one))
        shown = INCIDENT_LOOKS.get(one.state, UNKNOWN), SEVERITY_LOOKS.get(one.severity or "", UNKNOWN)
        ended = f", resolved {moment(one.resolved_at, zone)}" if one.resolved_at else ""
        st.caption(f"{' '.join(badge(each) for each in shown)} fired {moment(one.fired_at, zone)}{ended}")
        if until := silenced(one.silenced_until, zone):
            st.caption(until)
        if one.explained_by:
            by = known.get(one.explained_by)
            st.caption(f":material/link: explained by {explainer(by) if by else 'an alert that is gone'}")
