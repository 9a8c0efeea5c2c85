"""The evidence that it got worse, look by look, against the threshold of an alert."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.shapes import EvidencePoint, MarkerView, SeriesView
from ui.components.axes import Spec, chart, layered, show, stamp, time_axis, value_axis
from ui.components.markers import marker_rules
from ui.components.regression_files import Files
from ui.theme import FIRED, LINE
from ui.words import share_text

ANCHOR = "evidence"


def evidence_chart(series: SeriesView, markers: Sequence[MarkerView], files: Files) -> None:
    """Evidence in powers of ten; an alert fires where the line reaches the dashed one."""
    looks = [look for look in series.evidence if look.log_evidence is not None]
    if not looks:
        return
    st.subheader("Evidence that it got worse" if series.monitor.judge else "Evidence of a change", anchor=ANCHOR)
    show(lines(looks, markers), "Evidence that it got worse against the threshold of an alert")
    change = {"down": "fall", "up": "rise"}[series.monitor.bad] if not share_text(series.monitor) else "shift"
    st.caption(
        f"How much better the votes fit a {change} than no change, in powers of ten. An alert fires at "
        f"{math.exp(looks[-1].log_threshold):,.0f}: that level keeps false alarms within the budget, "
        "however often one looks."
    )
    files.offer("evidence", look_rows(looks), anchor=ANCHOR)


def look_rows(looks: Sequence[EvidencePoint]) -> list[dict[str, Any]]:
    """The looks for a file: the evidence and its threshold as natural logarithms."""
    return [look.model_dump(include={"looked_at", "log_evidence", "log_threshold"}) for look in looks]


def lines(looks: Sequence[EvidencePoint], markers: Sequence[MarkerView]) -> Spec:
    """The evidence of each look and the threshold it has to reach."""
    rows = [
        {
            "at": stamp(look.looked_at),
            "evidence": (look.log_evidence or 0.0) / math.log(10),
            "threshold": look.log_threshold / math.log(10),
            "name": "alert",
        }
        for look in looks
    ]
    between = (looks[0].looked_at, looks[-1].looked_at)
    x = time_axis(*between)
    y = value_axis("evidence", tickMinStep=1, tickCount=5, labelExpr="'10^' + format(datum.value, 'd')")
    line = chart(rows).mark_line(color=LINE, strokeWidth=2).encode(x=x("at"), y=y("evidence"))
    bound = chart(rows).mark_line(color=FIRED, strokeDash=[5, 4]).encode(x=x("at"), y=y("threshold"))
    name = chart(rows[:1]).mark_text(align="left", x=4, dy=-8, color=FIRED, fontSize=12, fontWeight="bold")
    threshold = name.encode(y=y("threshold"), text=alt.Text("name:N"))
    return layered([line, bound, threshold, *marker_rules(markers, x, between)], 200)
