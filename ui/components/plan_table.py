"""Every monitor's plan in one table: what it sees now, and what it takes to see more."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import streamlit as st

from evaluator.api.plan_shapes import PlanView
from evaluator.monitors.words import noun
from ui.theme import PLAN_LOOKS, ROW_HEIGHT, UNKNOWN
from ui.words import cell, change, count, noticed, percent, share_text, usd

ROWS_SHOWN = 9
LINE = 19
LETTERS = 28
"""Of a line of advice, in its column."""
LEAST_HEIGHT = 66
"""Streamlit breaks no line in rows that are lower."""
FREE = usd(0)
OPTIONAL = ("Judge", "Share", "Rate", "Cost/day")


def summary(plans: Sequence[PlanView]) -> None:
    """How many monitors would notice the fall in time."""
    seen = sum(plan.reason == "seen" for plan in plans)
    drop, days = plans[0].drop, plans[0].days
    worse = change({plan.bad for plan in plans})
    within = f"{days:g} day{'s' * (days != 1)}"
    sign = ":material/visibility:" if seen == len(plans) else ":material/visibility_off:"
    words = f"{seen} of {len(plans)} monitors would notice a {worse} of {100 * drop:g} points within {within}"
    st.subheader(f"{sign} {words}", anchor=False)


def plan_table(plans: Sequence[PlanView]) -> None:
    """One row per monitor; those that would miss the fall come first, as the API orders them."""
    worse, height = change({plan.bad for plan in plans}), row_height(plans)
    st.dataframe(
        table(plans),
        column_config=_columns(),
        hide_index=True,
        row_height=height,
        height="content" if len(plans) <= ROWS_SHOWN else ROW_HEIGHT + height * ROWS_SHOWN,
        key="plans",
        alt="What every monitor would notice, and what it takes to notice more",
    )
    st.caption(
        f"Seen in 1, 3, 7 d: the smallest {worse} found half of the time at today's votes. Needed, and after an arrow: "
        f"with what the {worse} above is found in time half of the time."
    )
    if any(share_text(plan) for plan in plans):
        st.caption(
            "Planned is the share that the last look spoke of; that a metric is watched by several shares costs a "
            "little more."
        )


def unwatched(metric: str) -> None:
    """Why there is no plan for a metric, and where it is switched on."""
    st.subheader(f":material/visibility_off: Nothing to plan: no monitor watches {noun(metric)}", anchor=False)
    st.caption(
        f"A metric gets its monitors with the first samples that have it; `[monitors.{metric}]` in leadline.toml may "
        "have switched it off."
    )


def row_height(plans: Sequence[PlanView]) -> int:
    """Pixels of a row in which the longest advice can be read."""
    lines = ceil(max(len(plan.advice) for plan in plans) / LETTERS)
    return max(LEAST_HEIGHT, LINE * lines + LINE // 2)


def table(plans: Sequence[PlanView]) -> list[dict[str, Any]]:
    """The rows, without the columns for a share, a judge, its rate and money where no plan has one or costs any."""
    rows = [row(plan) for plan in plans]
    empty = {name for name in OPTIONAL if all(told[name] in ("", FREE) for told in rows)}
    return [{name: told for name, told in one.items() if name not in empty} for one in rows]


def row(plan: PlanView) -> dict[str, Any]:
    """A plan as a row of text; foreign names cannot act as formulas in a download."""
    shown = PLAN_LOOKS.get(plan.reason, UNKNOWN)
    return {
        "Notices it": f"{shown.sign} {shown.word}",
        "Feature": cell(plan.feature),
        "Judge": cell(plan.judge),
        "Share": cell(share_text(plan)),
        "Baseline": percent(plan.baseline_rate),
        **{f"Seen in {days} d": noticed(plan.detectable, days, rise=plan.bad == "up") for days in (1, 3, 7)},
        "Votes/day": count(round(plan.votes_per_day, 1)),
        "Needed": number(plan.votes_per_day_needed),
        "Rate": arrow(rate(plan.rate), rate(plan.rate_needed)),
        "Cost/day": arrow(money(plan.usd_per_day), money(plan.usd_per_day_needed)) if plan.judge else "",
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
        "Notices it": text(width=112),
        "Feature": text(width=120),
        "Judge": text(width=110),
        "Share": text(width=190, help="Which share of the votes the numbers are"),
        "Baseline": text(width=68, alignment="right", help="The rate, or share, in the baseline"),
        **{f"Seen in {days} d": text(width=75, alignment="right") for days in (1, 3, 7)},
        "Votes/day": text(width=72, alignment="right", help="Mean of the last 7 days; one vote per session"),
        "Needed": text(width=60, alignment="right", help="Votes a day"),
        "Rate": text(width=64, alignment="right", help="The judge's rate, from now to needed"),
        "Cost/day": text(width=86, alignment="right", help="Of this judge on this feature, from now to needed"),
        "What to do": text(width=205),
    }
