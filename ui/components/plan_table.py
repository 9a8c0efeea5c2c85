"""Every monitor's plan in one table: what it sees now, and what it takes to see more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil

import streamlit as st

from evaluator.api.plan_shapes import PlanView
from evaluator.monitors.words import noun
from ui.components.table import Column, money, name, number, points, share, table
from ui.theme import PLAN_LOOKS, UNKNOWN
from ui.words import change, share_text, smallest

ROWS_SHOWN = 9
LINE = 19
LETTERS = 28
"""Of a line of advice, in its column."""
LEAST_HEIGHT = 66
"""Streamlit breaks no line in rows that are lower."""


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
    worse = change({plan.bad for plan in plans})
    table(
        plans,
        columns(plans),
        key="plans",
        alt="What every monitor would notice, and what it takes to notice more",
        most=ROWS_SHOWN,
        row_height=row_height(plans),
    )
    st.caption(
        f"Seen in 1, 3, 7 d: the smallest {worse} found half of the time at today's votes. Needed: with what the "
        f"{worse} above is found in time half of the time."
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


def columns(plans: Sequence[PlanView]) -> list[Column[PlanView]]:
    """Without those for a share, a judge, its rates and money where no plan has one or costs any."""
    optional = {one.title: one for one in (_JUDGE, _SHARE, *_RATES, *_COSTS)}
    left_out = {title for title, one in optional.items() if all(one.of(plan) in (None, "", 0.0) for plan in plans)}
    return [one for one in _columns() if one.title not in left_out]


_SHARE: Column[PlanView] = name("Share", share_text, 190, "Which share of the votes the numbers are")
_JUDGE: Column[PlanView] = name("Judge", lambda plan: plan.judge, 110)
_RATES: Sequence[Column[PlanView]] = (
    number("Rate", lambda plan: plan.rate, 50, "The judge's, as it is set; –: it has none", "%.2g"),
    number("Rate needed", lambda plan: plan.rate_needed, 88, "–: not known, or no rate is enough", "%.2g"),
)
_COSTS: Sequence[Column[PlanView]] = (
    money("USD/day", lambda plan: plan.usd_per_day if plan.judge else None, 68, "Of this judge on this feature"),
    money("USD/day needed", lambda plan: plan.usd_per_day_needed if plan.judge else None, 110, "–: not known"),
)


def _columns() -> list[Column[PlanView]]:
    return [
        name("Notices it", _notices, 112),
        name("Feature", lambda plan: plan.feature, 120),
        _JUDGE,
        _SHARE,
        share("Baseline", lambda plan: plan.baseline_rate, 72, "The rate, or share, in the baseline"),
        *(points(f"Seen in {days} d", partial(smallest, days=days), 75, "Points; –: not yet") for days in (1, 3, 7)),
        number(
            "Votes/day", lambda plan: plan.votes_per_day, 76, "Mean of the last 7 days; one vote per session", "%,.0f"
        ),
        number("Needed", lambda plan: plan.votes_per_day_needed, 66, "Votes a day; –: no number is enough", "%,.0f"),
        name("What to do", lambda plan: plan.advice, 205),
        *_RATES,
        *_COSTS,
    ]


def _notices(plan: PlanView) -> str:
    shown = PLAN_LOOKS.get(plan.reason, UNKNOWN)
    return f"{shown.sign} {shown.word}"
