"""What is asked of a plan, in the address of the page: ?metric=latency_ms&drop=5&days=1&monitor=ID."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.plan_shapes import PlanView
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.words import metric_name, one_line

DROP, DAYS = 5.0, 1.0


def choose_question() -> tuple[str, float, float]:
    """The metric, the fall to see in it, as a rate, and the days in which to see it."""
    asked = st.query_params.get("metric", RATE_OF_JUDGE)
    if asked not in METRICS:
        st.warning("There is no metric of the name in this address. Choose one:", icon=":material/search_off:")
    with st.container(horizontal=True, gap="medium"):
        metric = _choose_metric(asked)
        drop = _number("drop", "Change to notice, in points", DROP, (0.5, 99.0))
        days = _number("days", "Within how many days", DAYS, (0.25, 90.0))
    return metric, drop / 100, days


def _choose_metric(asked: str) -> str:
    """The metric asked for, the pass rate where there is none of the name.

    Another metric has other monitors: the one in the address is left out then.
    """
    known = list(METRICS)
    index = known.index(asked) if asked in known else None
    picked = st.selectbox("Metric", known, index=index, format_func=metric_name, key=f"metric-{asked}", width=210)
    if picked and picked != asked:
        st.query_params["metric"] = picked
        st.query_params.pop("monitor", None)
        st.rerun()
    return asked if asked in known else RATE_OF_JUDGE


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
        "Feature and judge" if any(plan.judge for plan in plans) else "Feature",
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
    return " · ".join(one_line(name) for name in (plan.feature, plan.judge) if name)
