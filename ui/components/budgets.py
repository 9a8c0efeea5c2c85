"""Budgets as bars."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.judge_shapes import BudgetView, JudgeView
from ui.budget_words import shares, together
from ui.words import usd


def total_budget(judges: Sequence[JudgeView]) -> None:
    """Spend of all judges against the budget of all; nothing when there is none."""
    budget = together(judges)
    if budget:
        st.markdown("**All judges together**")
        budget_bars(budget)


def budget_bars(budget: BudgetView) -> None:
    """A bar for each limit that there is; what is spent says so, in red."""
    for share in shares(budget):
        words = f"{usd(share.spent)} of {usd(share.limit)} {share.period}"
        if share.gone:
            words = f":red-badge[:material/money_off: spent] :red[{words}]"
        st.progress(1.0 if share.gone else share.spent / share.limit, text=words)
