"""What people do about the incident of a monitor, without leaving its page."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import MonitorView
from ui.client import Api, NotFoundError
from ui.components.acting import may_act
from ui.components.alarms import to_incident
from ui.components.history import history
from ui.components.incident_actions import comment_form, more_actions, see_to_it
from ui.components.reader import reader_zone
from ui.incident_words import seen_to, silenced

COMMENTS, HISTORY = "Comment and history", "History"


def incident_here(api: Api, monitor: MonitorView) -> None:
    """Who sees to it, the button for it, and folded away all else; nothing while there is no open incident."""
    if not (monitor.incident_id and monitor.fires):
        return
    try:
        incident = api.incident(monitor.incident_id)
    except NotFoundError:
        return
    # Each part has a place of its own: what comes and goes above a field must not make it a new one.
    with st.container(gap="xsmall"):
        until = silenced(incident.silenced_until, reader_zone())
        st.markdown(f":material/person: {seen_to(incident)} {until}")
        see_to_it(api, incident)
    left, right = st.columns(2)
    with left, st.expander(COMMENTS if may_act() else HISTORY, icon=":material/chat:"):
        if may_act():
            comment_form(api, incident)
        history(incident.history[::-1])
    own = next((one for one in incident.alerts if one.monitor_id == monitor.monitor_id), None)
    with right:
        if may_act():
            more_actions(api, incident, own)
    if (n := len(incident.alerts)) > 1:
        st.caption(f"The incident has {n} alerts: what you do here holds for all of them.")
    to_incident(monitor)
