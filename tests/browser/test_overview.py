"""The overview in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.people import settled

pytestmark = pytest.mark.slow

HEADLINES = {
    "data": "2 regressions are firing",
    "healthy": "Healthy: nothing is firing",
    "fresh": "Samples arrive, no verdicts yet",
    "empty": "No samples yet",
    "down": "The service cannot answer now",
    "unreachable": "The service does not answer",
    "locked": "This service wants an API key",
    "huge": "10 regressions are firing",
    "metrics": "2 regressions are firing",
    "crowd": "3 regressions are firing",
    "rules": "2 regressions and 1 plain rule are firing",
    "states": "1 regression is firing, and somebody sees to it",
}


def whole(page: Page) -> Page:
    """The page once its last line stands: a table moves down while what is above it comes."""
    page.get_by_text("Waiting for a verdict").wait_for()
    settled(page)
    return page


@pytest.mark.parametrize("scenario", HEADLINES)
def test_each_state_says_what_it_is_and_fits_the_screen(visitor: Visitor, scenario: str) -> None:
    """Every state has its headline, and no width makes the page scroll sideways."""
    page = visitor.open(scenario, "/")
    expect(page.get_by_role("heading", name=HEADLINES[scenario])).to_be_visible()
    visitor.shoot(page, f"overview-{scenario}")


def test_an_alert_leads_to_its_regression_and_back(visitor: Visitor) -> None:
    """A click on a firing card opens the regression page of that monitor; the browser's way back works."""
    page = visitor.open("data", "/")
    page.get_by_role("link", name="Open the regression").first.click()
    expect(page.get_by_role("heading", name="Pass rate over time")).to_be_visible()
    assert page.url.endswith("/regression?monitor=support-chat-valid_json")
    page.go_back()
    expect(page.get_by_role("heading", name="2 regressions are firing")).to_be_visible()


def test_a_row_of_the_table_opens_its_monitor(visitor: Visitor) -> None:
    """A click on a row opens that monitor's page."""
    page = whole(visitor.open("data", "/"))
    page.locator(".st-key-monitors").get_by_test_id("stDataFrame").click(position={"x": 250, "y": 36 * 3 + 18})
    expect(page.get_by_role("heading", name=re.compile("search-summary"))).to_be_visible(timeout=20_000)
    assert page.url.endswith("/regression?monitor=search-summary-answer")


def test_a_folded_table_opens_and_leads_to_its_metric(visitor: Visitor) -> None:
    """The other metrics of a feature are folded away; a click on a row opens that metric's page."""
    page = whole(visitor.open("data", "/"))
    folded = page.get_by_test_id("stExpander").filter(has=page.locator(".st-key-metrics-support-chat"))
    page.get_by_test_id("stExpander").filter(has_text="support-chat").click()
    folded.get_by_test_id("stDataFrame").click(position={"x": 200, "y": 36 + 18})
    expect(page.get_by_role("heading", name=re.compile("Output tokens on"))).to_be_visible()
    assert page.url.endswith("/regression?monitor=support-chat-output_tokens")


def test_what_also_moved_is_a_link(visitor: Visitor) -> None:
    """Under a regression stand the other metrics of the feature that moved, each with a way to its page."""
    page = visitor.open("data", "/")
    page.get_by_role("link", name="Answer length").click()
    expect(page.get_by_role("heading", name="Answer length over time")).to_be_visible()
    assert page.url.endswith("/regression?monitor=support-chat-length")


def test_the_page_comes_back_by_itself(visitor: Visitor) -> None:
    """A page that could not reach the service shows it again without a click."""
    page = visitor.open("down", "/")
    visitor.site.play("data")
    expect(page.get_by_role("heading", name="2 regressions are firing")).to_be_visible(timeout=20_000)


def test_a_key_opens_a_locked_service(visitor: Visitor) -> None:
    """A wrong key is refused in words, the right one opens the page."""
    page = visitor.open("locked", "/")
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("did not accept that key")).to_be_visible()
    page.get_by_label("API key").fill("read-key-of-the-tests")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="2 regressions are firing")).to_be_visible()


def test_times_are_the_readers_with_utc_beside(visitor: Visitor) -> None:
    """A reader in Berlin sees Berlin's time and UTC."""
    page = visitor.open("data", "/")
    expect(page.get_by_text("Last look: Fri 20 Nov 13:00 (12:00 UTC)")).to_be_visible()


def test_what_is_near_a_limit_leads_to_the_page_that_helps(visitor: Visitor) -> None:
    """The first line is about a judge, and its link opens the judges; what does not fit is folded."""
    page = whole(visitor.open("data", "/"))
    expect(page.get_by_text("8 things are near a limit")).to_be_visible()
    page.get_by_text("4 more", exact=True).click()
    expect(page.get_by_text("its budget would not last")).to_be_visible()
    near = page.get_by_test_id("stLayoutWrapper").filter(has_text="does not judge").last
    near.get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", name="Judges", exact=True)).to_be_visible()


def test_the_first_screen_answers_four_questions(visitor: Visitor) -> None:
    """Healthy, near a limit, today, and what drives usage and cost stand within the first 900 pixels of a desk."""
    page = whole(visitor.open("healthy", "/"))
    for told in ("Healthy: nothing is firing", "Nothing is near a limit", "Today", "Usage and cost"):
        place = page.get_by_text(told).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] < 900


def test_features_can_be_leafed_through(visitor: Visitor) -> None:
    """Of two hundred features six have a card, and the next page has the next six."""
    page = whole(visitor.open("huge", "/"))
    expect(page.get_by_text("would notice in a day")).to_have_count(6)
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page.get_by_text("feature-number-120-with-a-rather-long-name").first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("would notice in a day")).to_have_count(6, timeout=20_000)
