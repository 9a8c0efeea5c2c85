"""Which part of the page Alerts is shown: an incident that the address names, or one of its sections."""

from __future__ import annotations

import streamlit as st

from evaluator.api.incident_shapes import IncidentView
from ui.client import Api, NotFoundError
from ui.components.addressed import show_address
from ui.components.incident_list import CHANNELS, INCIDENTS, incident_list
from ui.components.notices import guarded

SILENCES, ROUTING, AUDIT = "Silences", "Routing", "Audit log"
MOST = 500


def linked_incident(api: Api) -> IncidentView | None:
    """The incident that the address names, as links in messages do; says so where there is none."""
    show_address()
    asked = st.query_params.get("incident")
    if not asked:
        return None
    try:
        return api.incident(asked)
    except NotFoundError:
        st.warning("There is no incident with the id in this address. These are known:", icon=":material/search_off:")
        return None


def choose_section() -> str:
    """The section in the address, else incidents; choosing one changes the address."""
    known = (INCIDENTS, SILENCES, CHANNELS, ROUTING, AUDIT)
    asked = st.query_params.get("show")
    section = asked if asked in known else INCIDENTS
    # The key follows the address: a link to another section replaces what was picked before.
    key = f"section-{section}"
    picked = st.segmented_control(
        "Section", known, default=section, required=True, key=key, label_visibility="collapsed"
    )
    if picked and picked != section:
        st.query_params.from_dict({"show": picked})
        st.rerun()
    return section


@st.fragment(run_every="15s")
def incidents_section() -> None:
    """Every incident; refreshes itself."""
    with guarded("incidents") as api:
        incident_list(api.incidents("open", MOST), api.incidents("resolved", 60), MOST)
