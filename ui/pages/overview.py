"""Is it healthy now, what is firing, and what would be noticed how fast?"""

import streamlit as st

from ui.components.alarms import firing_cards
from ui.components.clients import set_up
from ui.components.coverage import coverage_line, unconfigured
from ui.components.health import health
from ui.components.metric_tables import metric_tables
from ui.components.monitor_table import monitor_table
from ui.components.notices import first_sample, guarded
from ui.components.rule_table import rule_table


@st.fragment(run_every="10s")
def overview() -> None:
    with guarded() as api:
        monitors, rules, coverage = api.monitors(), api.rules(), api.coverage()
        if not monitors and not coverage.traffic:
            first_sample(api.url)
            return
        health(monitors, rules)
        firing_cards(monitors)
        rule_table(rules)
        monitor_table(monitors)
        metric_tables(monitors)
        judges = api.judges()
        unconfigured(judges)
        set_up(api.intake())
        coverage_line(coverage, judges)


overview()
