"""Choices stand in the address: a link shows again what the reader saw, and a reload loses nothing."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import Visitor, words
from tests.browser.people import settled
from tests.fake_api import World

pytestmark = pytest.mark.slow

SLOW = 20_000
ROW = ("search-summary", "answer")
CROWDED = "feature-number-01-with-a-rather-long-name"


@pytest.fixture
def app(app: AppTest) -> AppTest:
    """The pages' script, which ran once."""
    return app.run()


def asked(app: AppTest, name: str) -> str:
    """What the address asks for."""
    return "".join(app.query_params[name])


def pick(app: AppTest, label: str, value: object) -> object:
    """Picks a value in a list; what the list shows then."""
    next(one for one in app.selectbox if one.label == label).set_value(value).run()
    return next(one for one in app.selectbox if one.label == label).value


def test_the_row_of_the_coverage_is_in_the_address(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Picking a feature and judge makes a link to them; those that are not there are said."""
    served[0].state.world = World("data")
    app.switch_page("pages/coverage.py").run()
    picked = pick(app, "Feature and judge", ROW)
    assert picked == ROW == (asked(app, "feature"), asked(app, "judge"))
    app.query_params["judge"] = "nobody"
    assert "No such judge looks at such a feature in this time." in words(app.run())


def test_the_feature_of_the_other_metrics_is_in_the_address(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Of many features one is shown: the one of the link; one that is not there is said."""
    served[0].state.world = World("crowd")
    picked = pick(app.run(), "Feature", CROWDED)
    assert picked == CROWDED == asked(app, "feature")
    app.query_params["feature"] = "nothing"
    assert "Nothing is watched of the feature in this address." in words(app.run())


def test_the_page_of_a_list_is_in_the_address(visitor: Visitor) -> None:
    """The second page of the features is shown again after a reload."""
    page = visitor.open("huge", "/")
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page).to_have_url(re.compile(r"features_page=2$"), timeout=SLOW)
    page.reload()
    expect(page.get_by_text("feature-number-120-with-a-rather-long-name").first).to_be_visible(timeout=SLOW)
    assert page.url.endswith("features_page=2")


@pytest.mark.parametrize(
    ("scenario", "path", "key"),
    [("storm", "/alerts?show=Audit+log", "audit_page"), ("hostile", "/judges", "judges_page")],
)
def test_leafing_leaves_the_rest_of_the_address(visitor: Visitor, scenario: str, path: str, key: str) -> None:
    """Pages that keep more in their address go on to the second page of a list, and back."""
    page = visitor.open(scenario, path)
    settled(page)
    before = page.url
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page).to_have_url(re.compile(rf"{key}=2\b"), timeout=SLOW)
    settled(page)
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_role("button", name="Page 1", exact=True).click()
    expect(page).to_have_url(before, timeout=SLOW)
