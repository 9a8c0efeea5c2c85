"""Budgets in USD: what was spent of them, and whom one that is spent keeps from judging."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evaluator.api.judge_shapes import BudgetView, JudgeView


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


def together(judges: Sequence[JudgeView]) -> BudgetView | None:
    """What all judges together may spend; None where nothing limits it."""
    return next((one.total_budget for one in judges if one.total_budget and any(shares(one.total_budget))), None)
