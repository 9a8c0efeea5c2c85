"""One monitor's curve: the smallest drop that is noticed in time, against votes, the share judged, or money."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.plan_shapes import CurvePoint, CurveView
from evaluator.monitors.words import of_view
from ui.components.axes import Spec, chart, layered, show, value_axis
from ui.components.chart_files import chart_files
from ui.theme import BASELINE, FIRED, LINE, ONSET
from ui.words import change, share_words

HEIGHT = 260
HALF, SURE = "half of the time", "9 times in 10"


def plan_curve(view: CurveView) -> None:
    """The advice, and the curve with today and the drop that is asked for."""
    advice = view.plan.advice
    st.text(f"{advice[:1].upper()}{advice[1:]}.")
    seen = [point for point in view.points if point.drop is not None]
    if not seen:
        st.info("No number of votes shows a fall here yet: the baseline is too small.", icon=":material/hourglass_top:")
        return
    worse, share = change({view.plan.bad}), share_words(view.plan)
    show(curve_chart(view), f"Smallest {worse} noticed in time, against what is judged")
    st.caption(
        f"The smallest {worse} {f'of the share {share} ' if share else ''}noticed within "
        f"{view.plan.days:g} day{'s' * (view.plan.days != 1)}. Dashed: the {worse} asked for. Orange: today."
    )
    # Without a name in the address the blindest monitor is shown, which tomorrow may be another one.
    points = [point.model_dump() for point in view.points]
    chart_files(of_view(view.plan), "plan", points, monitor=view.plan.monitor_id)


def curve_chart(view: CurveView) -> Spec:
    """Lines for half and nine in ten of the cases, a rule for the drop asked for and one for today."""
    field, title = measure(view)
    x = alt.X(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(labelOverlap=True, tickCount=6),
    )
    worse = change({view.plan.bad})
    y = value_axis(f"smallest {worse}, points")("points")
    rows = [row for point in view.points for row in lines(point)]
    hover = [
        alt.Tooltip("points:Q", title=f"{worse}, points", format=".1f"),
        alt.Tooltip("chance:N", title="noticed"),
        alt.Tooltip("votes_per_day:Q", title="votes a day", format=",.0f"),
        alt.Tooltip("share:Q", title="of what is kept", format=".2~%"),
        alt.Tooltip("usd_per_day:Q", title="USD a day", format=",.2f"),
    ]
    colour = alt.Color(
        "chance:N",
        scale=alt.Scale(domain=[HALF, SURE], range=[LINE, FIRED]),
        legend=alt.Legend(title=None, orient="bottom"),
    )
    drawn = chart(rows).mark_line(point=alt.OverlayMarkDef(size=40)).encode(x=x, y=y, color=colour, tooltip=hover)
    asked = chart([{"points": 100 * view.plan.drop}]).mark_rule(color=BASELINE, strokeDash=[5, 4]).encode(y=y)
    return layered([drawn, asked, *today(view, field)], HEIGHT)


def measure(view: CurveView) -> tuple[str, str]:
    """What the curve is drawn against: money where it costs any, else the share judged, else votes."""
    if all(point.usd_per_day for point in view.points):
        return "usd_per_day", "USD a day"
    if all(point.share for point in view.points):
        return "percent", "judged of what is kept, %"
    return "votes_per_day", "votes a day"


def lines(point: CurvePoint) -> list[dict[str, Any]]:
    """A point of each of the two lines."""
    known = point.model_dump(include={"votes_per_day", "share", "usd_per_day"})
    known["percent"] = point.share and 100 * point.share
    drops = ((HALF, point.drop), (SURE, point.drop_sure))
    return [known | {"chance": chance, "points": 100 * drop} for chance, drop in drops if drop is not None]


def today(view: CurveView, field: str) -> list[alt.Chart]:
    """A rule where the monitor stands today; none where nothing was judged of late."""
    plan = view.plan
    now = {
        "usd_per_day": plan.usd_per_day,
        "percent": plan.share and 100 * plan.share,
        "votes_per_day": plan.votes_per_day,
    }
    if not now[field]:
        return []
    return [chart([{field: now[field]}]).mark_rule(color=ONSET, strokeWidth=2).encode(x=alt.X(f"{field}:Q"))]
