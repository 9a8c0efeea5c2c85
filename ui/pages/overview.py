"""Is it healthy, is anything near a limit, how is today against yesterday, and which features drive usage and cost?"""

import streamlit as st

from ui.components.alarms import firing_cards
from ui.components.clients import set_up
from ui.components.coverage import coverage_line, unconfigured
from ui.components.driver_table import driver_table, leading_features
from ui.components.feature_cards import feature_cards
from ui.components.health import health
from ui.components.metric_tables import metric_tables
from ui.components.monitor_table import monitor_table
from ui.components.near_limits import near_limits
from ui.components.notices import first_sample, guarded
from ui.components.reader import reader_zone
from ui.components.rule_table import rule_table
from ui.components.today import today

DAYS = 7


@st.fragment(run_every="10s")
def overview() -> None:
    with guarded() as api:
        seen = api.overview(str(reader_zone()), DAYS)
        if not seen.monitors and not seen.usage.days and not seen.coverage.traffic:
            first_sample(api.url)
            return
        health(seen.monitors, seen.rules)
        today(seen.usage, seen.monitors)
        left, right = st.columns(2)
        with left:
            near_limits(seen)
        with right:
            leading_features(seen)
        firing_cards(seen.monitors)
        rule_table(seen.rules)
        driver_table(seen.usage)
        feature_cards(seen)
        monitor_table(seen.monitors, seen.usage.rates)
        metric_tables(seen.monitors)
        unconfigured(seen.judges)
        set_up(seen.intake)
        coverage_line(seen.coverage, seen.judges)


overview()
