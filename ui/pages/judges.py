"""The judges: can they judge, how noisy are they, what waits for them, and what do they cost?"""

import streamlit as st

from ui.components.costs import costs_table
from ui.components.judge_card import judge_card, total_budget
from ui.components.judge_table import judge_table
from ui.components.notices import guarded
from ui.components.providers import provider_list
from ui.components.span import days_ago

with guarded() as api:
    judges = api.judges()
    if not judges:
        st.subheader(":material/gavel: No judge", anchor=False)
        st.text("Name one in judge.builtin, or add [[judges]] to leadline.toml.")
        st.stop()
    judge_table(judges)
    provider_list(api.providers())
    total_budget(judges)
    for judge in judges:
        judge_card(judge)
    costs_table(api.costs(start=days_ago(30)), judges)
