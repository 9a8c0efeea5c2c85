"""What became of everything that arrived: kept, chosen, judged; and why the rest was not."""

import streamlit as st

from ui.components.funnel import choose_row, funnel_table, superseded, way
from ui.components.notices import first_sample, guarded
from ui.components.span import choose_days, days_ago

with guarded() as api:
    days = choose_days()
    coverage = api.coverage(start=days_ago(days), by_day=True)
    if not coverage.traffic:
        if api.coverage().traffic:
            st.info("Nothing arrived in this time. Choose a longer one.")
        else:
            first_sample(api.url)
        st.stop()
    funnel_table(coverage.days)
    superseded(coverage)
    chosen = choose_row(coverage.days)
    if chosen:
        way(chosen)
