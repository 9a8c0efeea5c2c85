"""Budgets in USD: what was spent of them, and whom one that is spent keeps from judging."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import streamlit as st

from evaluator.api.judge_shapes import BudgetView, JudgeView
from ui.words import usd


class Share(NamedTuple):
    """One limit, and what was spent of it."""

    period: str
    limit: float
    spent: float
    renewed: str

    @property
    def gone(self) -> bool:
        return self.spent >= self.limit


def shares(budget: BudgetView) -> Iterator[Share]:
    """The limits that there are."""
    if budget.usd_per_day is not None:
        yield Share("today", budget.usd_per_day, budget.spent_today, "at midnight UTC")
    if budget.usd_per_week is not None:
        yield Share("this week", budget.usd_per_week, budget.spent_week, "on Monday, 00:00 UTC")


def broke(judge: JudgeView) -> str:
    """Which budget keeps a judge that could judge from it, and until when; empty when none does."""
    if judge.state != "ready":
        return ""
    for whose, budget in (("Its budget", judge.budget), ("The budget of all judges together", judge.total_budget)):
        gone = [share for share in shares(budget) if share.gone] if budget else []
        if gone:
            return f"{whose} is spent: it judges again {gone[-1].renewed}, or when the budget is raised."
    return ""


def total_budget(judges: Sequence[JudgeView]) -> None:
    """Spend of all judges against the budget of all; nothing when there is none."""
    budget = next((judge.total_budget for judge in judges if judge.total_budget), None)
    if budget and any(shares(budget)):
        st.markdown("**All judges together**")
        budget_bars(budget)


def budget_bars(budget: BudgetView) -> None:
    """A bar for each limit that there is; what is spent says so, in red."""
    for share in shares(budget):
        words = f"{usd(share.spent)} of {usd(share.limit)} {share.period}"
        if share.gone:
            words = f":red-badge[:material/money_off: spent] :red[{words}]"
        st.progress(1.0 if share.gone else share.spent / share.limit, text=words)
