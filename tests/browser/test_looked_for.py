"""What the service lacks, on the page Settings: when it is looked for. Run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import words
from tests.fake_api import World
from ui.components.finding_list import KEPT_SECONDS, KNOWN

pytestmark = pytest.mark.slow


@pytest.fixture
def mended(app: AppTest, served: tuple[FastAPI, str]) -> AppTest:
    """The page with what it found, when that was mended meanwhile."""
    served[0].state.world = World("data")
    assert "1 problem, 1 hint" in words(app.run().switch_page("pages/settings.py").run())
    served[0].state.world = World("healthy")
    return app


def test_a_click_does_not_look_again(mended: AppTest) -> None:
    """Whoever searches the settings does not wait for the doctor at each letter."""
    mended.text_input(key="find").set_value("port").run()
    assert "1 problem, 1 hint" in words(mended)


def test_who_asks_is_told_anew(mended: AppTest) -> None:
    """There is a button for who mended something."""
    mended.button(key="look_again").click().run()
    assert "Nothing to mend" in words(mended)


def test_a_minute_later_it_is_looked_for_anew(mended: AppTest) -> None:
    """What was found is not told for ever."""
    at, found = mended.session_state[KNOWN]
    mended.session_state[KNOWN] = (at - KEPT_SECONDS, found)
    assert "Nothing to mend" in words(mended.run())
