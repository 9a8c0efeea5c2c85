"""The page Costs where nothing came, run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests import accounts
from tests.browser.conftest import words
from tests.fake_api import World

pytestmark = pytest.mark.slow


def costs(app: AppTest) -> str:
    """What the page says."""
    app.run()
    app.switch_page("pages/costs.py")
    return words(app.run())


def test_a_service_with_judges_and_no_sample_says_how_to_send_one(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Checks come with the service, so that there are judges is no sign of samples."""
    served[0].state.world = World("empty", judges=accounts.llm_judges([])[:1])
    said = costs(app)
    assert "No samples yet" in said
    assert "Budgets" not in said


def quiet(days: int) -> None:
    """The page's words where nothing came in so many days."""
    from ui.components.costs import no_use

    no_use(days)


@pytest.mark.parametrize(("days", "longer"), [(1, True), (30, False)])
def test_a_longer_time_is_proposed_where_there_is_one(days: int, longer: bool) -> None:
    """Older samples may be in it."""
    assert ("Choose a longer time." in words(AppTest.from_function(quiet, args=(days,)).run())) == longer
