"""The regression page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.slow

FIRING = "/regression?monitor=support-chat-valid_json"


@pytest.mark.parametrize(
    ("name", "scenario", "path", "says"),
    [
        ("firing", "data", FIRING, "fell from 97.1 % to 88.0 %"),
        ("ok", "data", "/regression?monitor=search-summary-answer", "no sign that it got worse"),
        ("learning", "data", "/regression?monitor=invoice-extract-valid_json", "has no baseline yet"),
        ("no-data", "data", "/regression?monitor=legacy-bot-not_truncated", "has no verdicts of late"),
        ("length", "data", "/regression?monitor=support-chat-length", "rose from 10.1 % to 22.4 %"),
        ("label", "metrics", "/regression?monitor=search-summary-stop_reason", "fell from 95.5 % to 84.0 %"),
        ("traffic", "data", "/regression?monitor=search-summary-volume", "follows from the baseline"),
        ("seen-to", "states", FIRING, "Ana sees to it"),
        ("pending", "states", "/regression?monitor=search-summary-answer", "budget of false alarms ten times as large"),
        ("judge-broken", "states", "/regression?monitor=search-summary-helpfulness", "cannot be told: the judge fails"),
        ("hostile-label", "hostile", "/regression?monitor=label-3", "rose from 10.1 % to 22.4 %"),
        ("choose", "crowd", "/regression", "Which feature?"),
        ("unknown", "data", "/regression?monitor=nothing", "There is no monitor with the id in this address"),
        ("empty", "empty", "/regression", "No samples yet"),
        ("down", "down", FIRING, "The service cannot answer now"),
        ("unreachable", "unreachable", FIRING, "The service does not answer"),
    ],
)
def test_each_state_says_what_it_is(visitor: Visitor, name: str, scenario: str, path: str, says: str) -> None:
    """Opened by its own address, the page says in words what is the matter and fits the screen."""
    page = visitor.open(scenario, path)
    expect(page.get_by_text(re.compile(re.escape(says).replace("\\ ", r"\s"))).first).to_be_visible()
    visitor.shoot(page, f"regression-{name}")


def test_a_failing_example_shows_request_response_and_reason(visitor: Visitor) -> None:
    """The first example is open, with the judge's words, what was asked and what was answered."""
    page = visitor.open("data", FIRING)
    example = page.get_by_test_id("stExpander").first
    expect(example.get_by_text("Wo ist meine Rechnung von Oktober?")).to_be_visible()
    expect(example.get_by_text("The judge says")).to_be_visible()
    expect(example.get_by_text("Gerne! Hier ist die Antwort:").last).to_be_visible()


def test_the_charts_are_drawn(visitor: Visitor) -> None:
    """Pass rate, votes, evidence and mix stand as charts with something in them."""
    page = visitor.open("data", FIRING)
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")
    expect(charts).to_have_count(4)
    assert all((box := chart.bounding_box()) and box["height"] > 80 for chart in charts.all())


def test_the_selectors_change_the_address(visitor: Visitor) -> None:
    """A feature shows what is most troubled of it, a metric shows that; both make links that can be passed on."""
    page = visitor.open("data", "/regression")
    page.get_by_role("combobox").click()
    page.get_by_role("option", name=re.compile("search-summary")).click()
    expect(page.get_by_role("heading", name=re.compile("Pass rate of"))).to_be_visible()
    assert page.url.endswith("/regression?monitor=search-summary-answer")
    page.get_by_role("combobox").nth(1).click()
    page.get_by_role("option", name=re.compile("latency")).click()
    expect(page.get_by_role("heading", name="Latency over time")).to_be_visible()
    assert page.url.endswith("/regression?monitor=search-summary-latency_ms")


def test_a_link_to_a_sample_shows_that_sample(visitor: Visitor) -> None:
    """The sample that an alert's link names stands first; one that is gone is named as gone."""
    page = visitor.open("data", f"{FIRING}&sample=req_asked")
    expect(page.get_by_text("id req_asked")).to_be_visible()
    page = visitor.open("data", f"{FIRING}&sample=gone")
    expect(page.get_by_text("is no longer kept")).to_be_visible()


def test_what_happened_stands_in_a_sentence(visitor: Visitor) -> None:
    """The section says in words what happened, and shows the mix, the slices and the requests."""
    page = visitor.open("data", FIRING)
    expect(page.get_by_text("What happened")).to_be_visible()
    expect(page.get_by_text("Same requests, same mix: the answers got worse.")).to_be_visible()
    expect(page.get_by_text("The requests look the same.")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(2)
