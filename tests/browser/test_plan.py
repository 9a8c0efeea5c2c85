"""The plan page: its script in every state, and in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from evaluator.api.plan_shapes import PlanView
from tests import plans
from tests.browser.conftest import Visitor, words
from tests.browser.people import stays_text, taken
from tests.fake_api import World, monitor, unlearned
from ui.components import plan_table
from ui.components.plan_curve import curve_chart, measure
from ui.components.table import cells

pytestmark = pytest.mark.slow

OF_PAID = ("Rate", "Rate needed", "USD/day", "USD/day needed")
"""Columns that only a judge with a rate and a price fills."""


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


@pytest.mark.parametrize(
    ("scenario", "metric", "says"),
    [
        ("data", "latency_ms", ["0 of 2 monitors would notice a rise of 5 points within 1 day", "The smallest rise"]),
        ("data", "latency_ms", ["slower than the baseline's p90 (812 ms)", "the share that the last look spoke of"]),
        ("data", "volume", ["0 of 2 monitors would notice a rise of 5 points", "No baseline yet"]),
        ("metrics", "stop_reason", ["of 2 monitors would notice a change of 5 points"]),
        ("data", "errors", ["0 of 2 monitors would notice a rise of 5 points"]),
        ("healthy", "latency_ms", ["Nothing to plan: no monitor watches latency", "`[monitors.latency_ms]`"]),
        ("empty", "latency_ms", ["No samples yet"]),
        ("data", "*charm*", ["There is no metric of the name in this address", "5 of 9 monitors would notice a drop"]),
    ],
)
def test_other_metrics_are_planned_too(
    app: AppTest, served: tuple[FastAPI, str], scenario: str, metric: str, says: list[str]
) -> None:
    """The address names the metric; what moves which way is said, and where nothing watches it, that is said."""
    served[0].state.world = World(scenario)
    app.run()
    app.switch_page("pages/plan.py")
    app.query_params["metric"] = metric
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


def test_picking_a_metric_plans_it(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The metric goes into the address, and the monitor of the metric before leaves it."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/plan.py")
    app.query_params["monitor"] = "search-summary-helpfulness"
    app.run()
    app.selectbox[0].select("score")
    said = words(app.run())
    assert "of 2 monitors would notice a rise of 5 points" in said
    assert "There is no plan for the monitor" not in said
    assert app.query_params["metric"] in ("score", ["score"])


def test_a_table_has_only_columns_that_say_something() -> None:
    """A rate has no share, and what belongs to a feature has no judge to set or to pay."""
    rate, latency = monitor("a", "b", "llm"), monitor("a", "", metric="latency_ms", says="slower than p90", bad="up")
    of_rate, of_latency = (told(plans.plans_of([one], 0.05, 1)) for one in (rate, latency))
    assert of_rate.keys() - of_latency.keys() == {"Judge", *OF_PAID}
    assert of_latency.keys() - of_rate.keys() == {"Share"}
    assert "USD/day" not in told(plans.plans_of([monitor("a", "b")], 0.05, 1))
    assert of_latency["Share"] == ["slower than p90"]
    assert (of_latency["Seen in 1 d"], of_rate["Seen in 1 d"]) == ([pytest.approx(5.3)], [pytest.approx(-5.3)])


def test_rates_and_money_are_numbers() -> None:
    """So that 10 USD a day sorts after 9, and a download can be added up."""
    shown = told(plans.plans_of([monitor("a", "b", "llm")], 0.05, 1))
    assert {title: type(shown[title][0]) for title in OF_PAID} == dict.fromkeys(OF_PAID, float)


def told(planned: list[PlanView]) -> dict[str, list[Any]]:
    """What stands in the table of these plans."""
    return cells(planned, plan_table.columns(planned))


def test_another_drop_gives_another_plan(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The inputs are what is asked of the planner."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/plan.py")
    app.run()
    app.number_input(key="drop").set_value(30.0)
    app.number_input(key="days").set_value(14.0)
    assert "7 of 9 monitors would notice a drop of 30 points within 14 days" in words(app.run())


def test_a_row_has_room_for_the_longest_advice() -> None:
    """Three lines fit into every row; where some advice is longer, all rows are higher."""
    plan = plans.plans_of([monitor("a", "b")], 0.05, 1)[0]
    advised = [plan.model_copy(update={"advice": "x" * letters}) for letters in (10, 70, 120)]
    assert [plan_table.row_height(advised[:n]) for n in (1, 2, 3)] == [66, 66, 104]


def test_a_judge_that_costs_money_is_drawn_against_money() -> None:
    """The horizontal axis is money where there is any, else the share of what could be judged."""
    paid, free = monitor("a", "b", "llm"), monitor("a", "b", "check")
    fields = [measure(plans.curve_of(one, 0.05, 1))[0] for one in (paid, free)]
    assert fields == ["usd_per_day", "percent"]


def test_the_curve_marks_today_and_what_was_asked() -> None:
    """Beside the two lines there are a dashed rule for the drop and one for today."""
    layers = curve_chart(plans.curve_of(monitor("a", "b", "llm"), 0.05, 1))["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["line", "rule", "rule"]


def test_a_monitor_without_baseline_has_no_curve() -> None:
    """Before there is a baseline nothing can be drawn."""
    assert plans.curve_of(unlearned("a", "b"), 0.05, 1).points == []


def test_a_picked_metric_is_kept_in_the_address(visitor: Visitor) -> None:
    """Choosing a metric plans it, and makes a link that can be passed on."""
    page = visitor.open("data", "/plan?drop=10")
    page.get_by_label("Metric").click()
    page.get_by_role("option", name="Latency").click()
    expect(page.get_by_role("heading", name="a rise of 10 points within 1 day")).to_be_visible()
    assert "metric=latency_ms" in page.url
    assert "drop=10" in page.url
    visitor.shoot(page, "plan-latency")


def test_a_metric_that_nothing_watches_fits_the_screen(visitor: Visitor) -> None:
    """What cannot be planned is said in words, wide and narrow."""
    page = visitor.open("healthy", "/plan?metric=latency_ms")
    expect(page.get_by_text("no monitor watches latency")).to_be_visible()
    visitor.shoot(page, "plan-unwatched")


@pytest.mark.parametrize("scenario", ["data", "empty", "down", "unreachable", "huge"])
def test_each_state_fits_the_screen(visitor: Visitor, scenario: str) -> None:
    """Wide and narrow, with data and without, nothing makes the page scroll sideways."""
    page = visitor.open(scenario, "/plan")
    visitor.shoot(page, f"plan-{scenario}")


def test_what_is_asked_is_kept_in_the_address(visitor: Visitor) -> None:
    """A link carries drop, days and monitor; changing them changes the address."""
    page = visitor.open("data", "/plan?drop=10&days=3&monitor=search-summary-helpfulness")
    expect(page.get_by_role("heading", name="a drop of 10 points within 3 days")).to_be_visible()
    expect(page.get_by_label("Feature and judge")).to_have_value("search-summary · helpfulness")
    page.get_by_label("Change to notice").fill("20")
    page.get_by_label("Change to notice").press("Enter")
    expect(page.get_by_role("heading", name="a drop of 20 points within 3 days")).to_be_visible()
    assert "drop=20" in page.url
    assert "monitor=search-summary-helpfulness" in page.url


def test_a_picked_monitor_shows_its_curve(visitor: Visitor) -> None:
    """Choosing a monitor draws its curve and makes a link that can be passed on."""
    page = visitor.open("data", "/plan")
    # A list closes when the page scrolls: first to the end of the page, then to the list.
    page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first.scroll_into_view_if_needed()
    page.get_by_label("Feature and judge").click()
    page.get_by_role("option", name="search-summary · helpfulness").click()
    expect(page.get_by_test_id("stText").filter(has_text="set the judge's rate from 0.05")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert page.url.endswith("monitor=search-summary-helpfulness")
    name, told = taken(page, page.get_by_role("button", name="CSV", exact=True))
    assert (name, told.split(b",")[0]) == ("search-summary-helpfulness-plan.csv", b"votes_per_day")
    visitor.shoot(page, "plan-paid")


def test_hostile_labels_stay_text(visitor: Visitor) -> None:
    """No label runs, loads, links or turns into maths."""
    page = visitor.open("hostile", "/plan?metric=stop_reason")
    expect(page.get_by_role("heading", name="monitors would notice")).to_be_visible()
    visitor.shoot(page, "plan-hostile-stop_reason")
    stays_text(page)
