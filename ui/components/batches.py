"""Batches of judgements: which are under way, what became of the last ones, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.shapes import BatchView
from ui.components.coverage import waited
from ui.theme import ROW_HEIGHT
from ui.words import cell, one_line, usd

ROWS_SHOWN = 8
WORDS = {
    "submitting": "… being sent",
    "in_progress": "… under way",
    "ended": "✓ ended",
    "failed": "▲ failed",
}
OPEN = ("submitting", "in_progress")
NOT_SUCCEEDED = ("errored", "expired", "canceled")


def open_requests(batches: Sequence[BatchView]) -> Counter[str]:
    """Requests in batches that have not ended, by judge."""
    sums = Counter[str]()
    for one in batches:
        if one.state in OPEN:
            sums[one.judge] += one.requests
    return sums


def batch_table(batches: Sequence[BatchView]) -> None:
    """The open ones first, then the last that ended; nothing without any."""
    if not batches:
        return
    st.subheader("Batches", anchor=False)
    ordered = sorted(batches, key=lambda one: one.state not in OPEN)[:ROWS_SHOWN]
    st.dataframe(
        [row(one) for one in ordered],
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        key="batches",
        alt="State, requests, age and cost of the last batches",
    )
    for one in ordered:
        if one.detail and one.state != "ended":
            st.text(one_line(f"{one.judge}: {one.detail}", 400))


def row(batch: BatchView) -> dict[str, Any]:
    """A batch as a row; foreign names cannot act as formulas in a download."""
    left = {name: n for name in NOT_SUCCEEDED if (n := getattr(batch, name))}
    return {
        "State": WORDS.get(batch.state, cell(batch.state)),
        "Judge": cell(batch.judge),
        "Requests": batch.requests,
        "Answered": "" if batch.succeeded is None else f"{batch.succeeded:,}",
        "Not answered": ", ".join(f"{n:,} {name}" for name, n in left.items()),
        "Time": waited(batch.age_seconds),
        "Cost": cost(batch),
    }


def cost(batch: BatchView) -> str:
    """What it cost; while it is under way, what is set aside for it; – where neither is known."""
    if batch.spent_usd is not None:
        return usd(batch.spent_usd)
    return f"about {usd(batch.estimate_usd)}" if batch.state in OPEN and batch.estimate_usd is not None else "–"


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "State": text(width=115),
        "Judge": text(width=140),
        "Requests": number(width=80, format="localized", help="One for each vote on a sample"),
        "Answered": text(width=80, alignment="right"),
        "Not answered": text(width=170, help="They are asked again"),
        "Time": text(width=100, help="Since it was sent; of one that has ended, how long it took"),
        "Cost": text(width=130, alignment="right", help="About: the estimate that is set aside"),
    }
