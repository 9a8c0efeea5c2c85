"""Which features drive usage and cost: one row for each, the busiest first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.overview_shapes import OverviewView
from evaluator.api.usage_shapes import UsageView
from ui.budget_words import together
from ui.components.budgets import total_budget
from ui.components.table import Column, bars, money, name, number, share, table
from ui.usage_words import Driver, drivers, leading

ROWS = 5


def leading_features(seen: OverviewView) -> None:
    """In a sentence, with what is spent of the budget and the way to all of it; nothing without any of them."""
    found = drivers(seen.usage.days)
    if not found and not together(seen.judges):
        return
    with st.container(border=True, gap="xsmall", height="stretch"):
        if found:
            days = len({one.day for one in seen.usage.days})
            st.markdown(f"**Usage and cost**, {days} day{'s' * (days != 1)}: {leading(found)}")
        total_budget(seen.judges)
        st.page_link("pages/costs.py", label="Costs by day and judge", icon=":material/payments:")


def driver_table(usage: UsageView) -> None:
    """The days that the answer tells; nothing without any use."""
    found = drivers(usage.days)
    if not found:
        return
    st.subheader("Usage and cost by feature", anchor=False)
    table(found, columns(), key="drivers", alt="Calls, tokens and cost of every feature", most=ROWS)
    if usage.total.today.estimated or any(one.estimated for one in usage.days):
        st.caption("Tokens, errors and cost of calls are estimates: only a part of the calls is kept.")


def columns() -> Sequence[Column[Driver]]:
    """What a feature used, and what part of all that is."""
    return [
        name("Feature", lambda one: one.feature, 190),
        number("Calls", lambda one: one.calls, 80, "All that arrived, kept or not"),
        share("Of all", lambda one: one.calls_share, 70),
        bars("By day", lambda one: one.by_day, 110, "Calls; the last day is not over"),
        share("Errors", lambda one: one.errors, 70),
        number("Tokens", lambda one: one.tokens, 95, "In and out", "compact"),
        money("Cost of calls", lambda one: one.usd, 100, "USD at list price; –: no price is known"),
        money("Judging", lambda one: one.judging_usd, 80, "USD"),
        share("Of all cost", lambda one: one.usd_share, 85, "Calls and judging together"),
    ]
