"""What money and rates keep a judge from: a budget that is spent, or a rate that chooses nothing."""

from __future__ import annotations

from evaluator.api.judge_shapes import BudgetView, JudgeView
from evaluator.api.shapes import Finding
from evaluator.causes.samples import Work
from evaluator.causes.words import hint, problem
from judges.budget import REASON as BUDGET

WANTED_PER_DAY = 50


def no_money(work: Work) -> Finding | None:
    judge = work.judge
    if judge.state == "unavailable" and judge.reason == BUDGET:
        return problem(area=work.area, what="its budget does not hold another call", fix=judge.detail)
    if spent := _spent_budget(judge):
        return problem(area=work.area, what=spent[0], fix=f"it resumes {spent[1]}, or raise {spent[2]}")
    if judge.factor > 0:
        return None
    return problem(
        area=work.area,
        what="what is left of its budget is needed for samples that wait already: no new one is chosen",
        fix="raise the budget, or lower the judge's rate",
    )


def too_low_a_rate(work: Work) -> Finding | None:
    judge, expected = work.judge, work.expected * work.judge.factor
    if work.chosen or not work.applies or expected >= 1:
        return None
    thinned = f" and a budget leaves {100 * judge.factor:.2g} % of that" if judge.factor < 1 else ""
    return hint(
        area=work.area,
        what=f"it judges {100 * judge.rate:.3g} % of all sessions{thinned}: {expected:.2g} verdicts a day are expected",
        fix=_better_rate(work),
    )


def _better_rate(work: Work) -> str:
    """What to set so that WANTED_PER_DAY verdicts a day come about; `applies` is all that there is."""
    where = "`rate` of the judge or judge.llm_rate"
    if not work.expected:
        return f"raise {where}; a rate of 1 gives up to {work.applies:,} a day"
    rate = work.judge.rate * WANTED_PER_DAY / work.expected
    if rate > 1:
        return f"raise {where}; even a rate of 1 gives only about {work.expected / work.judge.rate:,.0f} a day"
    return f"set {where} to {rate:.2g}: about {WANTED_PER_DAY} a day"


def _spent_budget(judge: JudgeView) -> tuple[str, str, str] | None:
    """Which budget of the judge is spent, when it begins anew, and what to raise; its own budget first."""
    own = f"usd_per_day or usd_per_week of {judge.name}"
    for whose, budget, where in (
        ("its budget", judge.budget, own),
        ("the budget of all judges", judge.total_budget, "judge.usd_per_day or judge.usd_per_week"),
    ):
        if budget is not None and (gone := _gone(budget)):
            limit, spent, period, again = gone
            return f"{whose} of {limit:,.2f} USD per {period} is spent ({spent:,.2f})", again, where
    return None


def _gone(budget: BudgetView) -> tuple[float, float, str, str] | None:
    if budget.usd_per_week is not None and budget.spent_week >= budget.usd_per_week:
        return budget.usd_per_week, budget.spent_week, "week", "on Monday (UTC)"
    if budget.usd_per_day is not None and budget.spent_today >= budget.usd_per_day:
        return budget.usd_per_day, budget.spent_today, "day", "at midnight UTC"
    return None
