"""The script of the page Judges with one judge in its address, run without a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import words
from tests.fake_api import HOSTILE, World

pytestmark = pytest.mark.slow

TRY = {"judge": "helpfulness", "sample": "req_asked"}


@pytest.fixture
def app(app: AppTest, served: tuple[FastAPI, str]) -> AppTest:
    """The pages' script, over a service with data."""
    served[0].state.world = World("data")
    return app


def opened(app: AppTest, **address: str) -> AppTest:
    """The page Judges at this address."""
    app.run()
    app.switch_page("pages/judges.py")
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


@pytest.mark.parametrize(
    ("scenario", "address", "says"),
    [
        ("data", {"judge": "helpfulness"}, ["How far does the response", "95 % within 3.1 s"]),
        ("data", {"judge": "valid_json"}, ['"semantics": 1', "Everything that decides a verdict"]),
        ("data", {"judge": "thumbs"}, ["no longer configured", "by rules of their own"]),
        ("data", {"judge": "helpfulness", "show": "Versions"}, ["2 lines with − went", "the text was not kept"]),
        ("data", {"judge": "helpfulness", "from": "0f1e2d3c4b5a"}, ["Both texts are the same."]),
        ("data", {"judge": "valid_json", "show": "Try a text"}, ["Everything that decides a verdict"]),
        ("data", TRY, ["It asks `claude-haiku-5-5` once, for about 0.00012 USD; 340 characters", "has not judged"]),
        ("data", {"judge": "nothing"}, ["There is no judge of the name in this address", "All judges together"]),
        ("empty", {"judge": "helpfulness"}, ["There is no judge of the name in this address", "No judge"]),
        ("down", {"judge": "helpfulness"}, ["The service cannot answer now"]),
        ("locked", {"judge": "helpfulness"}, ["This service wants an API key"]),
        ("hostile", {"judge": HOSTILE[0], "show": "Versions"}, ["1 line with − went"]),
        ("hostile", {"judge": HOSTILE[2], "sample": "req_asked"}, ["The present version said"]),
    ],
)
def test_one_judge_says_its_state(
    app: AppTest, served: tuple[FastAPI, str], scenario: str, address: dict[str, str], says: list[str]
) -> None:
    """In every state the page runs without an error and says what is the matter."""
    served[0].state.world = World(scenario)
    said = words(opened(app, **address))
    assert [phrase for phrase in says if phrase not in said] == []


def test_numbers_of_versions_are_numbers(app: AppTest) -> None:
    """So that they sort as such: pass rates in percent, times in milliseconds, none where nothing is known."""
    (table,) = opened(app, judge="helpfulness", show="Versions").dataframe
    assert list(table.value["Pass rate"]) == [pytest.approx(93.1)] * 3
    assert list(table.value["p95, ms"]) == [3120.0] * 3


def test_a_trial_is_shown_until_the_sample_changes(app: AppTest) -> None:
    """The judgement stays while the draft is changed, which is said, and goes with its sample."""
    opened(app, **TRY)
    app.text_input(key="acting_name_field").set_value("Ana").run()
    next(one for one in app.button if one.label == "Judge the sample").click().run()
    assert 'It answers "im Konto"' in words(app)
    app.text_area[0].set_value("# another").run()
    assert "The text was changed since." in words(app)
    assert 'It answers "im Konto"' in words(app)
    app.query_params["sample"] = "gone"
    assert 'It answers "im Konto"' not in words(app.run())


def test_nobody_is_asked_without_a_name(app: AppTest) -> None:
    """Whoever spends money says who they are; the draft stays."""
    opened(app, **TRY)
    app.text_area[0].set_value("# mine").run()
    next(one for one in app.button if one.label == "Judge the sample").click().run()
    assert [one.value for one in app.error] == ["Nothing was done: write your name above first."]
    assert app.text_area[0].value == "# mine"
