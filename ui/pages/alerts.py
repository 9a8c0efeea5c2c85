"""Alerts: what is open, who sees to it, what was told to whom; silences, channels, routes and the audit log."""

import streamlit as st

from ui.components.acting import ask_for_admin_key, who_acts
from ui.components.audit_list import audit_list
from ui.components.channel_list import channel_list
from ui.components.incident import incident_detail
from ui.components.incident_list import CHANNELS, INCIDENTS
from ui.components.notices import guarded
from ui.components.route_list import route_list
from ui.components.sections import (
    ROUTING,
    SILENCES,
    choose_section,
    incidents_section,
    linked_incident,
)
from ui.components.silence_form import silence_form
from ui.components.silence_list import silence_list

with guarded() as api:
    incident = linked_incident(api)
    if incident:
        incident_detail(api, incident)
        st.stop()
    section = choose_section()
    if section == INCIDENTS:
        incidents_section()
    elif section == SILENCES:
        who_acts()
        ask_for_admin_key()
        with st.container():
            silence_list(api, api.silences())
        st.subheader("New silence", anchor=False)
        silence_form(api, api.monitors(), api.routes())
    elif section == CHANNELS:
        who_acts()
        ask_for_admin_key()
        channel_list(api, api.channels(), api.deliveries("pending", 1000), api.deliveries("dead", 200))
    elif section == ROUTING:
        route_list(api.routes())
    else:
        audit_list(api.audit(1000))
