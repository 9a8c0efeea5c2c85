"""What waits for a channel, on the page Alerts; run without a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import words
from tests.fake_api import NOW, World
from tests.incident_views import delivery

pytestmark = pytest.mark.slow


def channels(app: AppTest) -> AppTest:
    """The section of the channels."""
    app.run()
    app.switch_page("pages/alerts.py")
    app.query_params["show"] = "Channels"
    return app.run()


def test_a_channel_tells_what_waits_for_it(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Message by message, the oldest first; how many more there are is counted."""
    world = World("data")
    owed = [delivery("slack", "pending", created_at=NOW - timedelta(minutes=n)) for n in range(7)]
    world.desk.incidents[0].deliveries.extend(owed)
    served[0].state.world = world
    said = words(channels(app))
    told = [line for line in said.splitlines() if line.startswith("it fires, of ")]
    assert (len(told), told[0]) == (5, "it fires, of Fri 20 Nov 11:54 UTC")
    assert "and 2 more" in said


def test_a_channel_for_which_nothing_waits_has_no_list(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Then there is nothing to unfold."""
    served[0].state.world = World("unheard")
    assert [one.label for one in channels(app).expander] == []
