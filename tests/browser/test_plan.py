"""The plan page: its script in every state, and in a real browser."""

from __future__ import annotations

import doctest
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from tests import plans
from tests.browser.conftest import Visitor
from tests.browser.test_hostile import CAUGHT, NOTHING
from tests.browser.test_pages import SCRIPT, words
from tests.fake_api import World, create_api, monitor, serving, unlearned
from ui.components import plan_table
from ui.components.plan_curve import curve_chart, measure

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[FastAPI, str]]:
    """A fake service, and its address."""
    api = create_api()
    with serving(api) as url:
        yield api, url


@pytest.fixture
def app(served: tuple[FastAPI, str], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The pages' script, reading the fake service."""
    monkeypatch.setenv("LEADLINE_UI_API", served[1])
    monkeypatch.delenv("LEADLINE_UI_KEY", raising=False)
    return AppTest.from_file(str(SCRIPT), default_timeout=30)


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("data", ["5 of 9 monitors would notice a drop of 5 points within 1 day", "With fewer and more votes"]),
        ("healthy", ["2 of 2 monitors", "Seen in"]),
        ("empty", ["No samples yet"]),
        ("down", ["The service cannot answer now"]),
        ("locked", ["This service wants an API key"]),
        ("huge", ["200 of 200 monitors"]),
        ("hostile", ["7 of 7 monitors"]),
    ],
)
def test_the_plan_says_its_state(app: AppTest, served: tuple[FastAPI, str], scenario: str, says: list[str]) -> None:
    """In every state the page runs without an error and says what is the matter."""
    served[0].state.world = World(scenario)
    app.run()
    app.switch_page("pages/plan.py")
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


def test_another_drop_gives_another_plan(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The inputs are what is asked of the planner."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/plan.py")
    app.run()
    app.number_input[0].set_value(30.0)
    app.number_input[1].set_value(14.0)
    assert "7 of 9 monitors would notice a drop of 30 points within 14 days" in words(app.run())


def test_the_examples_in_the_docstrings_hold() -> None:
    """What a docstring shows is what the function answers."""
    assert doctest.testmod(plan_table).failed == 0


def test_a_judge_that_costs_money_is_drawn_against_money() -> None:
    """The horizontal axis is money where there is any, else the share of what could be judged."""
    paid, free = monitor("a", "b", "llm"), monitor("a", "b", "check")
    fields = [measure(plans.curve_of(one, 0.05, 1))[0] for one in (paid, free)]
    assert fields == ["usd_per_day", "percent"]


def test_the_curve_marks_today_and_what_was_asked() -> None:
    """Beside the two lines there are a dashed rule for the drop and one for today."""
    layers = curve_chart(plans.curve_of(monitor("a", "b", "llm"), 0.05, 1)).to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["line", "rule", "rule"]


def test_a_monitor_without_baseline_has_no_curve() -> None:
    """Before there is a baseline nothing can be drawn."""
    assert plans.curve_of(unlearned("a", "b"), 0.05, 1).points == []


@pytest.mark.parametrize("scenario", ["data", "empty", "down", "unreachable", "huge"])
def test_each_state_fits_the_screen(visitor: Visitor, scenario: str) -> None:
    """Wide and narrow, with data and without, nothing makes the page scroll sideways."""
    page = visitor.open(scenario, "/plan")
    visitor.shoot(page, f"plan-{scenario}")


def test_what_is_asked_is_kept_in_the_address(visitor: Visitor) -> None:
    """A link carries drop, days and monitor; changing them changes the address."""
    page = visitor.open("data", "/plan?drop=10&days=3&monitor=search-summary-helpfulness")
    expect(page.get_by_role("heading", name="a drop of 10 points within 3 days")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_value("search-summary · helpfulness")
    page.get_by_label("Drop to notice").fill("20")
    page.get_by_label("Drop to notice").press("Enter")
    expect(page.get_by_role("heading", name="a drop of 20 points within 3 days")).to_be_visible()
    assert "drop=20" in page.url
    assert "monitor=search-summary-helpfulness" in page.url


def test_a_picked_monitor_shows_its_curve(visitor: Visitor) -> None:
    """Choosing a monitor draws its curve and makes a link that can be passed on."""
    page = visitor.open("data", "/plan")
    page.get_by_role("combobox").click()
    page.get_by_role("option", name="search-summary · helpfulness").click()
    expect(page.get_by_test_id("stText").filter(has_text="set the judge's rate from 0.05")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert page.url.endswith("monitor=search-summary-helpfulness")
    visitor.shoot(page, "plan-paid")


def test_hostile_names_stay_text(visitor: Visitor) -> None:
    """No name runs, loads, links or turns into maths."""
    page = visitor.open("hostile", "/plan")
    expect(page.get_by_role("heading", name="monitors would notice")).to_be_visible()
    visitor.shoot(page, "plan-hostile")
    assert page.evaluate(CAUGHT) == NOTHING
