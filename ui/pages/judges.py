"""The judges: can they judge, how noisy are they, what waits for them, and their cost; one closely: ?judge=NAME."""

import streamlit as st

from ui.components.batches import batch_table, open_requests
from ui.components.budgets import total_budget
from ui.components.judge_card import judge_cards
from ui.components.judge_detail import judge_detail, linked_judge
from ui.components.judge_table import judge_table
from ui.components.notices import guarded
from ui.components.providers import provider_list

with guarded() as api:
    judges = api.judges()
    batches = api.batches()
    in_batches = open_requests(batches)
    if chosen := linked_judge(api):
        judge_detail(api, chosen, judges, in_batches[chosen.name])
        st.stop()
    if not judges:
        st.subheader(":material/gavel: No judge", anchor=False)
        st.text("Name one in judge.builtin, or add [[judges]] to leadline.toml.")
        st.stop()
    judge_table(judges, in_batches)
    provider_list(api.providers())
    total_budget(judges)
    judge_cards(judges, in_batches, api.agreement())
    batch_table(batches)
    st.page_link("pages/costs.py", label="What judging cost, by day", icon=":material/payments:")
