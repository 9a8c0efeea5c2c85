"""The costs in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.people import settled

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scenario", ["data", "healthy", "huge"])
def test_costs_fit_the_screen(visitor: Visitor, scenario: str) -> None:
    """Figures, bars, budgets and tables stand at both widths."""
    page = visitor.open(scenario, "/costs?days=30+days")
    expect(page.get_by_role("heading", name="Judging cost")).to_be_visible()
    visitor.shoot(page, f"costs-{scenario}")


def test_without_costs_nothing_is_drawn(visitor: Visitor) -> None:
    """Where no model was asked there are a sentence and what calls cost, and no figures and bars of nothing."""
    page = visitor.open("fresh", "/costs")
    expect(page.get_by_role("heading", name="Judging cost nothing")).to_be_visible()
    expect(page.get_by_role("heading", name="What the product's own calls cost")).to_be_visible()
    visitor.shoot(page, "costs-none")
    expect(page.get_by_text("Bars by")).to_have_count(0)
    expect(page.get_by_text("Per verdict")).to_have_count(0)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(0)


def test_what_was_chosen_is_in_the_address(visitor: Visitor) -> None:
    """Another time, judge and colour change the address, and the address shows them again."""
    page = visitor.open("data", "/costs")
    page.get_by_role("radio", name="30 days").click()
    expect(page.get_by_role("heading", name="in 30 days")).to_be_visible()
    page.get_by_role("radio", name="Feature").click()
    page.wait_for_url(re.compile("by=Feature"))
    again = visitor.open("data", page.url.removeprefix(visitor.site.url))
    expect(again.get_by_role("heading", name="in 30 days")).to_be_visible()
    expect(again.get_by_role("radio", name="Feature")).to_be_checked()


def test_a_judge_of_the_address_is_shown_alone(visitor: Visitor) -> None:
    """A link can name a judge; a name that nothing was spent on is said."""
    page = visitor.open("data", "/costs?judge=helpfulness")
    expect(page.get_by_role("combobox", name="Judge")).to_have_value("helpfulness")
    lost = visitor.open("data", "/costs?judge=nobody")
    expect(lost.get_by_text("Nothing was spent on the judge in this address.")).to_be_visible()


def test_the_limit_is_named(visitor: Visitor) -> None:
    """The dashed line is the budget of all judges, or that of the judge of the address; the rows go along as CSV."""
    page = visitor.open("data", "/costs")
    expect(page.get_by_text("Dashed: the budget of all judges for a day.")).to_be_visible()
    page = visitor.open("data", "/costs?judge=helpfulness")
    expect(page.get_by_text("Dashed: the budget of this judge for a day.")).to_be_visible()
    settled(page)
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert table.value.suggested_filename == "judging-cost-by-day.csv"
    assert table.value.path().read_text().startswith("day_utc,")
