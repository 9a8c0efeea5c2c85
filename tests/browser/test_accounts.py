"""Coverage and judges in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_hostile import CAUGHT, NOTHING

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scenario", ["data", "empty", "down"])
@pytest.mark.parametrize("path", ["coverage", "judges"])
def test_each_state_fits_the_screen(visitor: Visitor, path: str, scenario: str) -> None:
    """Wide and narrow, with data and without, nothing makes the page scroll sideways."""
    page = visitor.open(scenario, f"/{path}")
    visitor.shoot(page, f"{path}-{scenario}")


@pytest.mark.parametrize("path", ["coverage", "judges"])
def test_hostile_names_and_reasons_stay_text(visitor: Visitor, path: str) -> None:
    """No name, reason or hint runs, loads, links or turns into maths."""
    page = visitor.open("hostile", f"/{path}")
    expect(page.locator("code").filter(visible=True).first).to_be_visible(timeout=20_000)
    visitor.shoot(page, f"{path}-hostile")
    assert page.evaluate(CAUGHT) == NOTHING


def test_the_pages_are_in_the_navigation(visitor: Visitor) -> None:
    """From the overview both are one click away."""
    page = visitor.open("data", "/")
    page.get_by_role("link", name="Coverage").click()
    expect(page.get_by_role("heading", name="Why the rest was not judged")).to_be_visible()
    page.get_by_role("link", name="Judges").click()
    expect(page.get_by_role("heading", name="Batches")).to_be_visible()
    page.get_by_role("link", name="What judging cost, by day").click()
    expect(page.get_by_role("heading", name="Judging cost")).to_be_visible()
