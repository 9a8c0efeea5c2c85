"""The pages' script: Streamlit runs it for every visit and every click."""

import streamlit as st

from ui.components.gate import gate
from ui.theme import ICON, LOGO

st.set_page_config(page_title="Leadline", page_icon=ICON, layout="wide")
st.logo(LOGO, size="large")
gate()
page = st.navigation(
    [
        st.Page("pages/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("pages/regression.py", title="Regression", icon=":material/trending_down:", url_path="regression"),
        st.Page("pages/alerts.py", title="Alerts", icon=":material/notifications:", url_path="alerts"),
        st.Page("pages/samples.py", title="Samples", icon=":material/forum:", url_path="samples"),
        st.Page("pages/label.py", title="Label", icon=":material/label:", url_path="label"),
        st.Page("pages/plan.py", title="Plan", icon=":material/visibility:", url_path="plan"),
        st.Page("pages/coverage.py", title="Coverage", icon=":material/filter_alt:", url_path="coverage"),
        st.Page("pages/costs.py", title="Costs", icon=":material/payments:", url_path="costs"),
        st.Page("pages/judges.py", title="Judges", icon=":material/gavel:", url_path="judges"),
        st.Page("pages/settings.py", title="Settings", icon=":material/settings:", url_path="settings"),
    ],
    position="top",
)
page.run()
