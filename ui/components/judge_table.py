"""Every judge in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from evaluator.api.judge_shapes import JudgeView
from ui.budget_words import broke
from ui.components.table import Column, money, name, number, picking_table, share, state
from ui.theme import JUDGE_LOOKS, OUT_OF_MONEY, Look, judge_look

PAGE = "pages/judges.py"
OPENED = "judges_opened"
"""How many judges this visit has opened."""


def judge_table(judges: Sequence[JudgeView], in_batches: Mapping[str, int]) -> None:
    """One row per judge: what it has done in all time, what waits for it, what it cost; a click opens it."""
    st.subheader("Judges", anchor=False)
    alt = "State, rate, verdicts and cost of every judge"
    # On the way back it is another table: the one before would still have its row picked, and open the judge again.
    opened = st.session_state.get(OPENED, 0)
    if picked := picking_table(judges, columns(judges, in_batches), key=f"judges-{opened}", alt=alt):
        st.session_state[OPENED] = opened + 1
        st.switch_page(PAGE, query_params={"judge": picked.name})
    st.caption("Click a row to see what the judge goes by, its versions, and what changed.")


def columns(judges: Sequence[JudgeView], in_batches: Mapping[str, int]) -> list[Column[JudgeView]]:
    """What is said of each; without batches there is no such column."""
    batched = any(judge.batch or in_batches.get(judge.name) for judge in judges)
    sent: Column[JudgeView] = number(
        "In batches",
        lambda one: in_batches.get(one.name, 0) if one.batch or in_batches.get(one.name) else None,
        74,
        "Requests that wait in batches at the provider",
    )
    return [
        state("State", shown, [*JUDGE_LOOKS.values(), OUT_OF_MONEY], 118),
        name("Judge", lambda one: one.name, 117),
        name("Kind", lambda one: one.kind, 72),
        share("Rate", lambda one: one.rate, 64, "Share of sessions it judges"),
        share("Left of it", lambda one: one.factor if one.factor < 1 else None, 68, "What a budget leaves of the rate"),
        number("Verdicts", lambda one: one.ok, 66),
        number("Errors", lambda one: one.errors, 60, "Of the judge: it could not decide, and they are in no rate"),
        number("Skipped", lambda one: one.skipped, 62),
        number("Waiting", lambda one: one.pending, 66),
        *([sent] if batched else []),
        number("Oldest, s", lambda one: one.oldest_waiting_seconds, 75, "How long the oldest has waited", "%.0f"),
        money("Today, USD", today, 82, "Spent this UTC day"),
        name("Version", lambda one: one.version, 102),
        name("Features", lambda one: ", ".join(one.features), 84),
    ]


def shown(judge: JudgeView) -> Look:
    """Its state; a judge whose budget is spent is ready and cannot judge all the same."""
    return OUT_OF_MONEY if broke(judge) else judge_look(judge.state)


def today(judge: JudgeView) -> float | None:
    """What it spent today; None where it cannot spend, or there is nothing to spend for."""
    return None if judge.budget is None or judge.state == "not_configured" else judge.budget.spent_today
