"""What judging cost, by day, feature and judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.judge_shapes import CostRow, JudgeView
from ui.theme import ROW_HEIGHT
from ui.words import cell, usd

ROWS_SHOWN = 12


def costs_table(costs: Sequence[CostRow], judges: Sequence[JudgeView]) -> None:
    """The days with spending, the newest first; checks, which cost nothing, are left out."""
    st.subheader("Costs of the last 30 days", anchor=False)
    paying = {judge.name for judge in judges if judge.budget}
    paid = sorted((one for one in costs if one.usd or one.judge in paying), key=lambda one: one.day, reverse=True)
    if not paid:
        st.caption("Nothing was spent.")
        return
    st.markdown(in_all(paid))
    st.dataframe(
        [row(one) for one in paid],
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(paid) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        key="costs",
        alt="Cost by day, feature and judge",
    )


def in_all(costs: Sequence[CostRow]) -> str:
    """The sum in words, and what it lacks."""
    known = [one.usd for one in costs if one.usd is not None]
    if len(known) == len(costs):
        return f"{usd(sum(known))} in all"
    return f"{usd(sum(known))} as far as prices are known"


def row(cost: CostRow) -> dict[str, Any]:
    """One row; foreign names cannot act as formulas in a download."""
    return {
        "Day (UTC)": cost.day,
        "Feature": cell(cost.feature),
        "Judge": cell(cost.judge),
        "Verdicts": cost.verdicts,
        "Cost": usd(cost.usd),
        "Per verdict": usd(cost.usd_per_verdict),
    }
