"""What every monitor would notice, how soon, and what it takes to notice more."""

import streamlit as st

from ui.components.notices import first_sample, guarded
from ui.components.plan_curve import plan_curve
from ui.components.plan_inputs import choose_plan, choose_question
from ui.components.plan_table import plan_table, summary, unwatched

with guarded() as api:
    metric, drop, days = choose_question()
    plans = api.plan(drop, days, metric)
    if not plans:
        if api.monitors():
            unwatched(metric)
        else:
            first_sample(api.url)
        st.stop()
    summary(plans)
    plan_table(plans)
    chosen = choose_plan(plans)
    if chosen:
        plan_curve(api.curve(chosen.monitor_id, drop, days))
