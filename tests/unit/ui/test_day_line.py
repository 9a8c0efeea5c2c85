"""The small chart of two weeks."""

from __future__ import annotations

from tests.fake_api import NOW, firing
from ui.components.day_line import drawn, points


def test_days_are_those_of_utc_for_every_reader() -> None:
    """Neither the axis nor a point leaves it to the browser, for which the noon of a UTC day may be tomorrow."""
    view = firing("a", "b")
    days = points(view)
    assert (days[-1]["day"], days[-1]["utc"]) == ("2026-11-20T12:00:00Z", "Fri 20 Nov")
    layers = drawn(view, days, [], NOW)["layer"]
    assert {layer["encoding"]["x"]["scale"]["type"] for layer in layers if "x" in layer["encoding"]} == {"utc"}
    [hover] = [layer["encoding"]["tooltip"] for layer in layers if "tooltip" in layer["encoding"]]
    assert [one["field"] for one in hover if one["title"] == "day (UTC)"] == ["utc"]
