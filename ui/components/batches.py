"""Batches of judgements: which are under way, what became of the last ones, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import BatchView
from ui.components.table import Column, money, name, number, state, table, when
from ui.theme import BATCH_LOOKS, UNKNOWN
from ui.words import one_line

ROWS_SHOWN = 8
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
    """The open ones first, then those that ended; nothing without any."""
    if not batches:
        return
    st.subheader("Batches", anchor=False)
    ordered = sorted(batches, key=lambda one: one.state not in OPEN)
    alt = "State, requests, age and cost of the last batches"
    table(ordered, columns(), key="batches", alt=alt, most=ROWS_SHOWN)
    for one in ordered[:ROWS_SHOWN]:
        if one.detail and one.state != "ended":
            st.text(one_line(f"{one.judge}: {one.detail}", 400))


def columns() -> list[Column[BatchView]]:
    """What is said of each."""
    return [
        state("State", lambda one: BATCH_LOOKS.get(one.state, UNKNOWN), BATCH_LOOKS.values(), 115),
        name("Judge", lambda one: one.judge, 140),
        when("Sent", lambda one: one.submitted_at, 145),
        number("Requests", lambda one: one.requests, 80, "One for each vote on a sample"),
        number("Answered", lambda one: one.succeeded, 80),
        name("Not answered", not_answered, 160, "They are asked again"),
        number("Hours", lambda one: one.age_seconds / 3600, 70, "Since it was sent, or how long it took", "%.1f"),
        money("Cost, USD", lambda one: one.spent_usd, 85, "What it cost, once that is known"),
        money("Set aside", lambda one: one.estimate_usd if one.state in OPEN else None, 85, "The estimate, in USD"),
    ]


def not_answered(batch: BatchView) -> str | None:
    """How many were not, and why; None when all were or nothing is known."""
    left = {kind: n for kind in NOT_SUCCEEDED if (n := getattr(batch, kind))}
    return ", ".join(f"{n:,} {kind}" for kind, n in left.items()) or None
