"""What judging cost: in figures, by day, by judge, and in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from evaluator.api.judge_shapes import CostRow, JudgeView
from ui.budget_words import shares, together
from ui.components.alarms import figure
from ui.components.budgets import budget_bars, total_budget
from ui.components.span import MOST_DAYS
from ui.components.table import Column, money, name, number, share, table
from ui.cost_words import Sum, added, added_by, forecast, since
from ui.words import count, plain, usd

ROWS_SHOWN = 12
BESIDE = 3
MOST_BUDGETS = 12


def costs_summary(shown: Sequence[CostRow], whole: Sequence[CostRow], today: date, days: int) -> None:
    """The sum of what is shown, today, this month and what it comes to; `whole` reaches back to the 1st."""
    total = added("", shown)
    within = f"in {days} day{'s' * (days != 1)}"
    lacks = ", as far as prices are known" if total.unpriced else ""
    st.header(f":material/payments: Judging cost {usd(total.usd)} {within}{lacks}", anchor=False)
    coming, month = forecast(whole, today), added("", since(whole, today.replace(day=1)))
    with st.container(horizontal=True, gap="medium"):
        figure("Today", usd(added("", since(whole, today)).usd), "UTC, so far")
        figure(f"{today:%B} so far", usd(month.usd), "from the 1st, UTC")
        if coming:
            rate = f"at the rate of the last {coming.days} full day{'s' * (coming.days != 1)}"
            figure(f"{today:%B} in all", f"≈\u00a0{usd(coming.usd)}", rate, "A forecast: rates and traffic change.")
        else:
            figure(f"{today:%B} in all", "–", "after the first full day")
        figure("Per verdict", usd(total.per_verdict), f"of {count(total.verdicts)} verdicts")
        if total.batched:
            figure("Batches saved", usd(total.batches_saved), f"{count(total.batched)} verdicts at half the price")
        if total.reused:
            saved = usd(total.reuse_saved) if total.reuse_saved is not None else "–"
            figure("Reuse saved", f"≈\u00a0{saved}", f"{count(total.reused)} verdicts given again")
    if total.unpriced:
        st.caption(
            f":material/help: {count(total.unpriced)} verdicts come from models without a known price, and are in no "
            "sum: docs/costs.md lists the models that have one."
        )


def no_costs(days: int) -> None:
    """In place of the figures where no model was asked in so many days."""
    st.header(":material/payments: Judging cost nothing", anchor=False)
    st.caption(f"Checks cost nothing; no model was asked in the last {days} days.")


def no_use(days: int) -> None:
    """In place of the page where nothing was called in so many days, and nothing judged."""
    st.header(":material/payments: Nothing cost anything", anchor=False)
    longer = " Choose a longer time." if days < MOST_DAYS else ""
    st.caption(f"No call came in {days} day{'s' * (days != 1)}, and no model was asked to judge one.{longer}")


def budget_section(judges: Sequence[JudgeView]) -> None:
    """Spend against the budgets of day and week; that there are none, where there are none."""
    st.subheader("Budgets", anchor=False)
    own = [one for one in judges if one.budget and any(shares(one.budget)) and one.state != "not_configured"]
    if not own and not together(judges):
        st.caption("No limit is set: `judge.usd_per_day` and `judge.usd_per_week` are for all judges together.")
        return
    total_budget(judges)
    for start in range(0, len(own[:MOST_BUDGETS]), BESIDE):
        for column, judge in zip(st.columns(BESIDE), own[start : start + BESIDE], strict=False):
            with column:
                st.markdown(f"Judge {plain(judge.name)}")
                if judge.budget:
                    budget_bars(judge.budget)
    if len(own) > MOST_BUDGETS:
        st.caption(f"and {len(own) - MOST_BUDGETS} more on the page Judges")


def judge_costs(rows: Sequence[CostRow], judges: Sequence[JudgeView]) -> None:
    """One row per judge, the dearest first."""
    cached = {one.name: one.work.cache_hit_rate for one in judges if one.work}
    found = added_by(rows, lambda one: one.judge)
    st.subheader("By judge", anchor=False)
    columns: list[Column[Sum]] = [
        name("Judge", lambda one: one.name, 170),
        number("Verdicts", lambda one: one.verdicts, 80),
        money("USD", lambda one: one.usd, 80, "As far as prices are known"),
        money("Per verdict", lambda one: one.per_verdict, 90, "USD per verdict with a known price"),
        number("No price", lambda one: one.unpriced or None, 75, "Verdicts of models whose price is not known"),
        number("Reused", lambda one: one.reused or None, 75, "Given again on equal content, for nothing"),
        money("Reuse saved", lambda one: one.reuse_saved or None, 95, "About: so many paid verdicts would cost this"),
        number("In batches", lambda one: one.batched or None, 85),
        money("Batches saved", lambda one: one.batches_saved or None, 105, "USD; batches cost half"),
        share(
            "Prompt cache", lambda one: cached.get(one.name), 100, "Of prompt tokens of its present version in 30 days"
        ),
    ]
    table(found, columns, key="judge_costs", alt="Cost of every judge", most=ROWS_SHOWN)


def all_costs(rows: Sequence[CostRow]) -> None:
    """Every day, feature and judge, the newest day and the dearest first."""
    st.subheader("By day, feature and judge", anchor=False)
    shown = sorted(rows, key=lambda one: (one.day, one.known_usd), reverse=True)
    columns: list[Column[CostRow]] = [
        name("Day (UTC)", lambda one: one.day, 100),
        name("Feature", lambda one: one.feature or None, 190, "–: a trial of a rubric"),
        name("Judge", lambda one: one.judge, 170),
        number("Verdicts", lambda one: one.verdicts, 80),
        money("USD", known, 80, "As far as prices are known; –: of nothing"),
        money("Per verdict", lambda one: added("", [one]).per_verdict, 90, "USD per verdict with a known price"),
        number("Reused", lambda one: one.reused or None, 75),
        number("In batches", lambda one: one.batched or None, 85),
        number("No price", lambda one: one.unpriced or None, 75),
    ]
    table(shown, columns, key="costs", alt="Cost by day, feature and judge", most=ROWS_SHOWN)


def known(row: CostRow) -> float | None:
    """What is known of the money; None where nothing is."""
    return None if row.unpriced and not row.known_usd else row.known_usd
