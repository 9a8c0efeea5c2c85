"""Every judge in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.judge_shapes import JudgeView
from ui.components.coverage import waited
from ui.theme import ROW_HEIGHT, judge_look
from ui.words import cell, percent, usd


def judge_table(judges: Sequence[JudgeView]) -> None:
    """One row per judge: what it has done in all time, what waits for it, what it cost."""
    st.subheader("Judges", anchor=False)
    st.dataframe(
        [row(judge) for judge in judges],
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        key="judges",
        alt="State, rate, verdicts and cost of every judge",
    )


def row(judge: JudgeView) -> dict[str, Any]:
    """A judge as a row; foreign names cannot act as formulas in a download."""
    shown = judge_look(judge.state)
    return {
        "State": f"{shown.sign} {shown.word}",
        "Judge": cell(judge.name),
        "Kind": cell(judge.kind),
        "Rate": percent(judge.rate) if judge.factor == 1 else f"{percent(judge.rate)} × {judge.factor:.2g}",
        "Verdicts": judge.ok,
        "Failed": judge.errors,
        "Skipped": judge.skipped,
        "Waiting": judge.pending,
        "Oldest": "" if judge.oldest_waiting_seconds is None else waited(judge.oldest_waiting_seconds),
        "Today": usd(judge.budget.spent_today) if judge.budget else "",
        "Version": cell(judge.version or ""),
        "Features": cell(", ".join(judge.features)),
    }


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "State": text(width=120),
        "Judge": text(width=125),
        "Kind": text(width=75),
        "Rate": text(width=100, alignment="right", help="Share of sessions it judges; × what a budget leaves of it"),
        **{name: number(width=72, format="localized") for name in ("Verdicts", "Failed", "Skipped", "Waiting")},
        "Oldest": text(width=90, help="How long the sample that waits longest has waited"),
        "Today": text(width=85, alignment="right", help="Spent this UTC day"),
        "Version": text(width=110),
        "Features": text(width=120),
    }
