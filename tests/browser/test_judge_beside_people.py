"""One judge's own page beside what people say, run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import words
from tests.fake_api import World

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("judge", "says"),
    [
        ("helpfulness", "it agrees in 93.1 % (95 %: 88.2–96.8 %), kappa 0.36 (95 %: 0.23–0.60)."),
        ("valid_json", "Nothing is labelled yet, so nobody knows how far it agrees with people."),
    ],
)
def test_a_judge_stands_beside_people(app: AppTest, served: tuple[FastAPI, str], judge: str, says: str) -> None:
    """With the interval of what it agrees in; without labels it is said what to do."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/judges.py")
    app.query_params["judge"] = judge
    assert says in words(app.run())
    assert "Beside people" in [one.value for one in app.subheader]


def test_people_do_not_stand_beside_themselves(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """What users say of an answer is no judge to be checked."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/judges.py")
    app.query_params["judge"] = "thumbs"
    assert "Beside people" not in words(app.run())
