"""Every monitor's plan in one table: what it sees now, and what it takes to see more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.plan_shapes import PlanView
from ui.theme import PLAN_LOOKS, ROW_HEIGHT, UNKNOWN
from ui.words import cell, count, noticed, percent, usd

ROWS_SHOWN = 15


def summary(plans: Sequence[PlanView]) -> None:
    """How many monitors would notice the fall in time."""
    seen = sum(plan.reason == "seen" for plan in plans)
    drop, days = plans[0].drop, plans[0].days
    within = f"{days:g} day{'s' * (days != 1)}"
    sign = ":material/visibility:" if seen == len(plans) else ":material/visibility_off:"
    words = f"{seen} of {len(plans)} monitors would notice a drop of {100 * drop:g} points within {within}"
    st.subheader(f"{sign} {words}", anchor=False)


def plan_table(plans: Sequence[PlanView]) -> None:
    """One row per monitor; those that would miss the fall come first, as the API orders them."""
    st.dataframe(
        [row(plan) for plan in plans],
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(plans) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        key="plans",
        alt="What every monitor would notice, and what it takes to notice more",
    )
    st.caption(
        "Seen in 1, 3, 7 d: the smallest drop found half of the time at today's votes. Needed: the votes a day, the "
        "judge's rate and the money with which the drop above is found in time half of the time."
    )


def row(plan: PlanView) -> dict[str, Any]:
    """A plan as a row of text; foreign names cannot act as formulas in a download."""
    shown = PLAN_LOOKS.get(plan.reason, UNKNOWN)
    return {
        "Notices it": f"{shown.sign} {shown.word}",
        "Feature": cell(plan.feature),
        "Judge": cell(plan.judge),
        "Pass rate": percent(plan.baseline_rate),
        **{f"Seen in {days} d": noticed(plan.detectable, days) for days in (1, 3, 7)},
        "Votes/day": count(round(plan.votes_per_day, 1)),
        "Needed": number(plan.votes_per_day_needed),
        "Rate": arrow(rate(plan.rate), rate(plan.rate_needed)),
        "Cost/day": arrow(money(plan.usd_per_day), money(plan.usd_per_day_needed)),
        "What to do": cell(plan.advice, 300),
    }


def arrow(now: str, needed: str) -> str:
    """From today's to what is needed; one of them where they are the same, or one is not known.

    >>> arrow("0.01", "0.08"), arrow("1", "1"), arrow("1", "")
    ('0.01 → 0.08', '1', '1')
    """
    return now if needed in ("", now) else f"{now} → {needed}"


def rate(share: float | None) -> str:
    """A judge's rate as it is set, with two digits."""
    return "" if share is None else f"{share:.2g}"


def money(amount: float | None) -> str:
    """USD a day; empty where a price is not known."""
    return "" if amount is None else usd(amount)


def number(votes: float | None) -> str:
    """Votes a day, as a whole number; empty where no number is enough."""
    return "" if votes is None else f"{votes:,.0f}"


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "Notices it": text(width=130),
        "Feature": text(width=130),
        "Judge": text(width=120),
        "Pass rate": text(width=72, alignment="right", help="The baseline's"),
        **{f"Seen in {days} d": text(width=84, alignment="right") for days in (1, 3, 7)},
        "Votes/day": text(width=76, alignment="right", help="Mean of the last 7 days; one vote per session"),
        "Needed": text(width=68, alignment="right", help="Votes a day"),
        "Rate": text(width=92, alignment="right", help="The judge's rate, from now to needed"),
        "Cost/day": text(width=150, alignment="right", help="Of this judge on this feature, from now to needed"),
        "What to do": text(width=520),
    }
