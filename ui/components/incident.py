"""One incident: what it is, who sees to it, what was told, to whom, and what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from evaluator.api.alert_shapes import AlertView
from evaluator.api.incident_shapes import IncidentView
from ui.client import Api, NotFoundError
from ui.components.deliveries import delivery_list
from ui.components.history import history
from ui.components.incident_actions import actions, see_to_it
from ui.components.incident_alerts import alert_list
from ui.components.incident_list import INCIDENTS, PAGE, badges, told_to_nobody
from ui.components.reader import reader_zone
from ui.components.told import told
from ui.incident_words import evidence_of, headline, seen_to, since, withheld
from ui.moments import moment
from ui.words import subject

EXPLAINERS = 5
"""Alerts of other incidents that are looked up because they explain one of this."""


def incident_detail(api: Api, incident: IncidentView) -> None:
    """The whole incident, what is needed first at the top: on a phone all of it stands in one column."""
    known = explainers(api, incident.alerts)
    st.page_link(PAGE, label="All incidents", icon=":material/arrow_back:", query_params={"show": INCIDENTS})
    # Each part has a place of its own: what comes and goes above a field must not make it a new one.
    with st.container():
        _head(incident, known)
    with st.container():
        see_to_it(api, incident)
    with st.container():
        actions(api, incident)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(_heading(incident), anchor=False)
        evidence, n = evidence_of(incident), len(incident.alerts)
        if n > 1 and evidence.known:
            st.caption(f"Of the one that speaks for all {n}: {subject(evidence.monitor)}")
        told(evidence)
        st.subheader(f"Its {n} alerts" if n != 1 else "Its alert", anchor=False)
        alert_list(incident.alerts, known)
    with right:
        st.subheader("Messages", anchor=False)
        with st.container():
            delivery_list(incident.deliveries)
        st.subheader("History", anchor=False)
        history(incident.history[::-1])


def explainers(api: Api, alerts: Sequence[AlertView]) -> dict[str, AlertView]:
    """The alerts that explain some of these, by id; those of other incidents are asked for, a few of them."""
    own = {one.alert_id: one for one in alerts}
    named = dict.fromkeys(one.explained_by for one in alerts if one.explained_by)
    found = {name: own[name] for name in named if name in own}
    for name in [name for name in named if name not in own][:EXPLAINERS]:
        try:
            found[name] = api.alert(name)
        except NotFoundError:
            continue
    return found


def _head(incident: IncidentView, known: Mapping[str, AlertView]) -> None:
    zone = reader_zone()
    st.markdown(badges(incident))
    st.subheader(headline(incident), anchor=False)
    st.markdown(since(incident, zone))
    if incident.resolved_at:
        st.markdown(f":material/task_alt: Resolved {moment(incident.resolved_at, zone)}")
    when = f" since {moment(incident.acknowledged_at, zone)}" if incident.acknowledged_at else ""
    st.markdown(f":material/person: {seen_to(incident)}{when}")
    if why := withheld(incident, known):
        st.markdown(f":material/notifications_off: {why}")
    told_to_nobody(incident)


def _heading(incident: IncidentView) -> str:
    return "What was told" if incident.notifications and incident.deliveries else "What is known"
