"""People label samples by a judge's criterion, blind to what it said; how well it agrees with them."""

import streamlit as st

from ui.components.acting import ask_for_admin_key
from ui.components.label_choice import choose_target, to_label
from ui.components.label_progress import progress
from ui.components.label_task import labelling
from ui.components.notices import first_sample, guarded

with guarded() as api:
    known = to_label(api.monitors())
    if not known:
        st.subheader(":material/label: Nothing to label yet", anchor=False)
        st.text("People label what a judge has decided on. No judge has decided on anything so far.")
        first_sample(api.url)
        st.stop()
    feature, judge = choose_target(known)
    # Filled last, so that another key is asked for in the moment in which this one was refused.
    place = st.container()
    labelling(api, feature, judge)
    with place:
        ask_for_admin_key()
    for view in api.agreement(judge, feature):
        progress(view)
