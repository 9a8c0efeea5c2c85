"""What every monitor would notice, how soon, and what it takes to notice more."""

import streamlit as st

from ui.components.notices import first_sample, guarded
from ui.components.plan_curve import plan_curve
from ui.components.plan_inputs import choose_fall, choose_plan
from ui.components.plan_table import plan_table, summary

with guarded() as api:
    drop, days = choose_fall()
    plans = api.plan(drop, days)
    if not plans:
        first_sample(api.url)
        st.stop()
    summary(plans)
    plan_table(plans)
    chosen = choose_plan(plans)
    if chosen:
        plan_curve(api.curve(chosen.monitor_id, drop, days))
