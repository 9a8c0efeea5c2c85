"""The service itself: who you are to it, how it fares, what it lacks, and with which settings it runs."""

import streamlit as st

from ui.components.finding_list import finding_list, findings_of
from ui.components.identity import identity
from ui.components.notices import guarded
from ui.components.setting_table import choose_settings, setting_table
from ui.components.standing import job_table, standing


@st.fragment(run_every="15s")
def present() -> None:
    with guarded("present") as api:
        status = api.status()
        standing(status)
        job_table(status)


with guarded() as api:
    me = api.me()
    present()
    identity(me)
    finding_list(findings_of(api))
    setting_table(choose_settings(api.settings()))
