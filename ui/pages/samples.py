"""Samples: searched by what they are and what was said, and one by one with their conversation and verdicts."""

import streamlit as st

from ui.components.notices import first_sample, guarded
from ui.components.sample_detail import linked_sample, sample_detail
from ui.components.sample_filters import choose_filters
from ui.components.sample_list import sample_list

with guarded() as api:
    sample = linked_sample(api)
    if sample:
        sample_detail(api, sample)
        st.stop()
    facets = api.facets()
    if not facets.features:
        first_sample(api.url)
        st.stop()
    sample_list(api, choose_filters(facets))
