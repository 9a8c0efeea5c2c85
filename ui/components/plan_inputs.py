"""What is asked of a plan, in the address of the page: ?drop=5&days=1&monitor=ID."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.plan_shapes import PlanView
from ui.words import one_line

DROP, DAYS = 5.0, 1.0


def choose_fall() -> tuple[float, float]:
    """The fall to see, as a rate, and the days in which to see it."""
    with st.container(horizontal=True, gap="medium"):
        drop = _number("drop", "Drop to notice, in points", DROP, (0.5, 99.0))
        days = _number("days", "Within how many days", DAYS, (0.25, 90.0))
    return drop / 100, days


def _number(key: str, label: str, value: float, between: tuple[float, float]) -> float:
    return st.number_input(
        label,
        min_value=between[0],
        max_value=between[1],
        value=value,
        step=1.0,
        format="%g",
        key=key,
        bind="query-params",
        width=210,
    )


def choose_plan(plans: Sequence[PlanView]) -> PlanView | None:
    """The monitor that the address names, or that the reader picks; the first one, the blindest, unless they do."""
    known = {plan.monitor_id: plan for plan in plans}
    asked = st.query_params.get("monitor")
    if asked is not None and asked not in known:
        st.warning("There is no plan for the monitor in this address. Choose one:", icon=":material/search_off:")
    heading = st.container()
    picked = st.selectbox(
        "Feature and judge",
        list(known),
        index=list(known).index(asked) if asked in known else 0,
        format_func=lambda monitor_id: _name(known[monitor_id]),
        key=f"plan-{asked}",
    )
    heading.subheader("With fewer and more votes", anchor=False)
    if picked != (asked if asked in known else next(iter(known))):
        st.query_params["monitor"] = picked
        st.rerun()
    return known[picked] if picked else None


def _name(plan: PlanView) -> str:
    return f"{one_line(plan.feature)} · {one_line(plan.judge)}"
