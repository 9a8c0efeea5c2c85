"""Coverage and judges in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.people import settled, taken

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scenario", ["data", "empty", "down"])
@pytest.mark.parametrize("path", ["coverage", "judges"])
def test_each_state_fits_the_screen(visitor: Visitor, path: str, scenario: str) -> None:
    """Wide and narrow, with data and without, nothing makes the page scroll sideways."""
    page = visitor.open(scenario, f"/{path}")
    visitor.shoot(page, f"{path}-{scenario}")


def test_the_pages_are_in_the_navigation(visitor: Visitor) -> None:
    """From the overview both are one click away; the days of coverage and its table go along as CSV."""
    # As in Firefox: a browser that asks where to save a table shows no download.
    visitor.context.once("page", lambda page: page.add_init_script("delete window.showSaveFilePicker"))
    page = visitor.open("data", "/")
    page.get_by_role("link", name="Coverage").click()
    expect(page.get_by_role("heading", name="Why the rest was not judged")).to_be_visible()
    settled(page)
    name, told = taken(page, page.get_by_role("button", name="CSV", exact=True))
    assert (name, told[:7]) == ("support-chat-helpfulness-coverage-by-day.csv", b"day_utc")
    page.get_by_test_id("stDataFrame").first.hover()
    name, told = taken(page, page.get_by_role("button", name=re.compile("^Download as CSV")).first)
    assert (name[-4:], b"Feature,Judge" in told) == (".csv", True)
    page.get_by_role("link", name="Judges").click()
    expect(page.get_by_role("heading", name="Batches")).to_be_visible()
    page.get_by_role("link", name="What judging cost, by day").click()
    expect(page.get_by_role("heading", name="Judging cost")).to_be_visible()
