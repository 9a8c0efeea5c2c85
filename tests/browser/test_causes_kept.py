"""What happened to a monitor, as the page Regression tells it anew; run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import words
from tests.fake_api import World

pytestmark = pytest.mark.slow


def test_what_people_do_between_two_looks_shows_at_once(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The API keeps what takes long, with all it depends on: the page has no memory of its own that knows less."""
    world = World("data")
    served[0].state.world = world
    app.run().switch_page("pages/regression.py")
    app.query_params["monitor"] = "support-chat-valid_json"
    assert "No clear change." not in words(app.run())
    world.monitors = [one.model_copy(update={"state": "ok"}) for one in world.monitors]
    assert "No clear change." in words(app.run())
