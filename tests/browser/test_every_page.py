"""What holds for each page alike: without data, with the service down, with hostile names, and in the dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Visitor
from tests.browser.people import stays_text, unfold_all

pytestmark = pytest.mark.slow

PAGES = sorted(path.stem for path in (ROOT / "ui" / "pages").glob("*.py"))
TROUBLES = {
    "down": "The service cannot answer now",
    "unreachable": "The service does not answer",
    "locked": "This service wants an API key",
}

MARKED = {"regression": "/regression?monitor=support-chat-valid_json"}
"""Where pages have charts that their bare address does not show."""
ATTACKED = {"regression": "/regression?monitor=label-0"}
"""Where pages have names that their bare address does not show."""
FULL = {"judges": 15, "overview": 10, "samples": 15, "settings": 10}
"""How many of the hostile texts a page of lists shows at least; the others show what is chosen."""


def address(name: str) -> str:
    """Where a page is; the first one has the bare address."""
    return "/" if name == "overview" else f"/{name}"


@pytest.mark.parametrize("scenario", TROUBLES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_why_it_cannot_show_anything(visitor: Visitor, name: str, scenario: str) -> None:
    """With the service down, away or locked, every page says so in a heading, and what to do."""
    page = visitor.open(scenario, address(name))
    expect(page.get_by_role("heading", name=TROUBLES[scenario])).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_data_fits_the_screen(visitor: Visitor, name: str) -> None:
    """Without any data every page stands, at both widths, and throws nothing."""
    page = visitor.open("empty", address(name))
    visitor.shoot(page, f"empty-{name}")
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_stay_text_on_every_page(visitor: Visitor, name: str) -> None:
    """Whatever names and texts try, they are shown, run nothing, load nothing and lead nowhere."""
    page = visitor.open("hostile", ATTACKED.get(name) or address(name))
    unfold_all(page)
    visitor.shoot(page, f"hostile-{name}")
    stays_text(page, least=FULL.get(name, 1))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_in_the_dark(visitor: Visitor, name: str) -> None:
    """A reader whose system is dark gets a dark page."""
    page = visitor.open("data", MARKED.get(name) or address(name))
    page.emulate_media(color_scheme="dark")
    visitor.shoot(page, f"dark-{name}")
    shown = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert sum(map(int, shown.removeprefix("rgb(").removesuffix(")").split(", "))) < 200
