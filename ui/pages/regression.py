"""One monitor: what its share did, since when, how sure that is, what happened, and which samples show it."""

import streamlit as st

from ui.components.chooser import choose
from ui.components.distribution import distribution
from ui.components.evidence import evidence_chart
from ui.components.happened import causes_of, happened
from ui.components.incident_here import incident_here
from ui.components.notices import first_sample, guarded
from ui.components.regression_files import Files
from ui.components.requests import requests
from ui.components.series import series_chart
from ui.components.side_by_side import side_by_side
from ui.components.slice_choice import slices_of
from ui.components.step import step_of
from ui.components.verdict import details, verdict

with guarded() as api:
    monitors = api.monitors()
    if not monitors:
        first_sample(api.url)
        st.stop()
    chosen = choose(monitors)
    if chosen is None:
        st.stop()
    step = step_of(chosen)
    series = api.series(chosen.monitor_id, step)
    alerts = api.alerts(monitor_id=chosen.monitor_id)
    markers = api.markers(chosen.feature, (series.before or series.points)[0].start) if series.points else []
    monitor, files = series.monitor, Files(series.monitor, step)
    verdict(monitor, alerts)
    incident_here(api, monitor)
    details(monitor, alerts)
    series_chart(series, alerts, markers, files)
    causes = causes_of(api, monitor)
    happened(causes, files)
    requests(causes)
    side_by_side(monitor, slices_of(causes))
    distribution(api.distribution(monitor.monitor_id), files)
    evidence_chart(series, markers, files)
