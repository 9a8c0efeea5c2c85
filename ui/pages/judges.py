"""The judges: can they judge, how noisy are they, what waits for them, and what do they cost?"""

import streamlit as st

from ui.components.batches import batch_table, open_requests
from ui.components.budgets import total_budget
from ui.components.costs import costs_table
from ui.components.judge_card import judge_card
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
    batches = api.batches()
    in_batches = open_requests(batches)
    judge_table(judges, in_batches)
    provider_list(api.providers())
    total_budget(judges)
    for judge in judges:
        judge_card(judge, in_batches[judge.name])
    batch_table(batches)
    costs_table(api.costs(start=days_ago(30)), judges)
