"""Charts on a page."""

from __future__ import annotations

import json

import altair as alt
from streamlit.testing.v1 import AppTest

from ui.components.axes import chart, layered, value_axis

Y = value_axis("rate")
ROWS = [{"rate": 0.5}, {"rate": 0.7}]
PARTS = [
    chart(ROWS).mark_line(color="red").encode(y=Y("rate")),
    chart(ROWS).mark_point().encode(y=Y("rate"), tooltip=[alt.Tooltip("rate:Q", title="rate")]),
    chart([{"rate": 0.6}]).mark_rule().encode(y=Y("rate")),
]


def test_layers_are_those_of_altair() -> None:
    """Every part as it is by itself; rows that two parts share travel once."""
    drawn, theirs = layered(PARTS, 90), alt.layer(*PARTS).properties(height=90).to_dict()
    assert {name: theirs[name] for name in ("height", "datasets")} == {
        name: drawn[name] for name in ("height", "datasets")
    }
    assert len(drawn["datasets"]) == 2
    assert drawn["layer"] == theirs["layer"]


def both() -> None:
    """One chart in both ways."""
    import altair as alt
    import streamlit as st

    from tests.unit.ui.test_axes import PARTS
    from ui.components.axes import layered, show

    st.altair_chart(alt.layer(*PARTS).properties(height=90), alt="said")
    show(layered(PARTS, 90), "said")


def test_a_chart_is_shown_as_streamlit_shows_it() -> None:
    """The same rows and words reach the browser."""
    app = AppTest.from_function(both, default_timeout=30).run()
    assert not app.exception
    theirs, ours = (one.proto for one in app.get("vega_lite_chart"))
    assert ours.datasets
    assert list(ours.datasets) == list(theirs.datasets)
    assert ours.alt == theirs.alt
    assert json.loads(ours.spec) == {name: told for name, told in json.loads(theirs.spec).items() if name != "$schema"}
