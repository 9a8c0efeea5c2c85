"""What is spent of the budgets, on the pages that tell of money; run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests.fake_api import World

pytestmark = pytest.mark.slow


def bars(app: AppTest) -> list[str]:
    """What stands over the bars of a page."""
    assert not app.exception
    return [one.proto.text.replace("\u00a0", " ") for one in app.get("progress")]


def test_the_overview_shows_spend_against_the_budget(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Every limit of all judges together, this week's too, which is nowhere near."""
    served[0].state.world = World("data")
    day, week = bars(app.run())
    assert "2.02 USD of 2.00 USD today" in day
    assert week == "6.31 USD of 10.00 USD this week"


def test_without_a_budget_there_is_none_to_show(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Where no model is asked nothing is limited."""
    served[0].state.world = World("healthy")
    assert bars(app.run()) == []
