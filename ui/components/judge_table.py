"""Every judge in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from evaluator.api.judge_shapes import JudgeView
from ui.components.budgets import broke
from ui.components.coverage import waited
from ui.theme import OUT_OF_MONEY, ROW_HEIGHT, judge_look
from ui.words import cell, percent, usd


def judge_table(judges: Sequence[JudgeView], in_batches: Mapping[str, int]) -> None:
    """One row per judge: what it has done in all time, what waits for it, what it cost."""
    batched = any(judge.batch or in_batches.get(judge.name) for judge in judges)
    st.subheader("Judges", anchor=False)
    st.dataframe(
        [row(judge, in_batches.get(judge.name, 0) if batched else None) for judge in judges],
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        key="judges",
        alt="State, rate, verdicts and cost of every judge",
    )


def row(judge: JudgeView, in_batches: int | None) -> dict[str, Any]:
    """A judge as a row; foreign names cannot act as formulas in a download. Without batches there is no such column."""
    shown = OUT_OF_MONEY if broke(judge) else judge_look(judge.state)
    return {
        "State": f"{shown.sign} {shown.word}",
        "Judge": cell(judge.name),
        "Kind": cell(judge.kind),
        "Rate": percent(judge.rate) if judge.factor == 1 else f"{percent(judge.rate)} × {judge.factor:.2g}",
        "Verdicts": judge.ok,
        "Judge errors": judge.errors,
        "Skipped": judge.skipped,
        "Waiting": judge.pending,
        **({} if in_batches is None else {"In batches": f"{in_batches:,}" if judge.batch or in_batches else ""}),
        "Oldest": "" if judge.oldest_waiting_seconds is None else waited(judge.oldest_waiting_seconds),
        "Today": today(judge),
        "Version": cell(judge.version or ""),
        "Features": cell(", ".join(judge.features)),
    }


def today(judge: JudgeView) -> str:
    """What it spent today; – where it cannot spend, empty where there is nothing to spend for."""
    if judge.budget is None:
        return ""
    return "–" if judge.state == "not_configured" else usd(judge.budget.spent_today)


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "State": text(width=118),
        "Judge": text(width=117),
        "Kind": text(width=72),
        "Rate": text(width=95, alignment="right", help="Share of sessions it judges; × what a budget leaves of it"),
        **{name: number(width=66, format="localized") for name in ("Verdicts", "Skipped", "Waiting")},
        "Judge errors": number(width=90, format="localized"),
        "In batches": text(width=76, alignment="right", help="Requests that wait in batches at the provider"),
        "Oldest": text(width=82, help="How long the sample that waits longest has waited"),
        "Today": text(width=80, alignment="right", help="Spent this UTC day"),
        "Version": text(width=105),
        "Features": text(width=84),
    }
