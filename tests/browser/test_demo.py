"""The demo's week in a real browser: from the firing card to a failing answer, and the README's picture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import SHOTS, Visitor, visiting
from tests.browser.demo import Demo
from tests.browser.readme_picture import picture

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(browser: BrowserContext) -> Iterator[Visitor]:
    """A reader of the demo's pages; troubles of a page fail the test."""
    demo = Demo()
    try:
        with visiting(browser, demo) as reader:
            yield reader
    finally:
        demo.stop()


def test_the_two_regressions_are_understood_in_two_clicks(visitor: Visitor) -> None:
    """The overview names both regressions; the page of the broken JSON shows failing answers in the judge's words."""
    page = visitor.open("", "/")
    expect(page.get_by_role("heading", name="2 regressions are firing")).to_be_visible()
    visitor.shoot(page, "demo-overview")
    picture(page, SHOTS / "readme.png")
    page.get_by_role("link", name="Open the regression").first.click()
    expect(page.get_by_role("heading", name="Pass rate over time")).to_be_visible()
    expect(page.get_by_text("Not JSON").first).to_be_visible()
    visitor.shoot(page, "demo-regression")
