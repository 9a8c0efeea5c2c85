"""One monitor: what its share did, since when, how sure that is, what happened, and which samples show it."""

import streamlit as st

from ui.components.chooser import choose, fitting_step
from ui.components.evidence import evidence_chart
from ui.components.examples import examples
from ui.components.happened import happened
from ui.components.notices import first_sample, guarded
from ui.components.series import series_chart
from ui.components.verdict import verdict

with guarded() as api:
    monitors = api.monitors()
    if not monitors:
        first_sample(api.url)
        st.stop()
    chosen = choose(monitors)
    if chosen is None:
        st.stop()
    series = api.series(chosen.monitor_id, fitting_step(chosen))
    alerts = api.alerts(monitor_id=chosen.monitor_id)
    markers = api.markers(chosen.feature, (series.before or series.points)[0].start) if series.points else []
    verdict(series.monitor, alerts)
    series_chart(series, alerts, markers)
    evidence_chart(series, markers)
    if series.monitor.baseline:
        happened(api.causes(chosen.monitor_id))
    examples(api, series.monitor)
