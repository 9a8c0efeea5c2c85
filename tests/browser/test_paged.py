"""The way of an engineer who was paged: from the link in a message to acknowledged, on one page, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOADED, Visitor
from tests.browser.test_alerting import Real
from tests.browser.test_alerts import ACK, as_ana, press, said, unfold

pytestmark = pytest.mark.slow

PHONE = {"width": 390, "height": 844}
LINKED = "/regression?monitor=support-chat-valid_json"
SLOW = 40_000


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    """A service after a real fall, with its alert."""
    running = Real()
    yield running
    running.process.terminate()
    running.process.communicate(timeout=30)


def link_of(real: Real) -> str:
    """The link that the messages about the alert carry, without the host."""
    (alert,) = real.get("/v1/alerts")
    link: str = alert["evidence"]["link"]
    return "/" + link.split("/", 3)[3]


def test_an_alert_is_acknowledged_where_its_link_leads(browser: BrowserContext, real: Real) -> None:
    """A paged engineer opens the link on a phone, reads, acknowledges and comments; the page and the API tell it."""
    visitor = Visitor(browser, real)  # type: ignore[arg-type]
    page = visitor.open("", link_of(real))
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("heading", name=re.compile("fell from 9"))).to_be_visible(timeout=SLOW)
    page.wait_for_function(LOADED, timeout=SLOW)
    assert bottom(page, ACK) <= PHONE["height"]
    as_ana(page)
    press(page, ACK)
    expect(said(page, "Ana sees to it")).to_be_visible(timeout=SLOW)
    page.wait_for_function(LOADED, timeout=SLOW)
    unfold(page, "Comment and history")
    page.get_by_role("textbox", name="Comment").fill("The model answers nothing.")
    press(page, "Comment")
    # Not by its text alone: what is typed into the field is text of the page, too.
    expect(page.get_by_test_id("stText").filter(has_text="The model answers nothing.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile("seen to")).first).to_be_visible()
    visitor.shoot(page, "paged")
    visitor.close()
    assert visitor.troubles == []
    (incident,) = real.get("/v1/incidents?state=acknowledged")
    done = [(one["action"], one["actor"], one["via"]) for one in real.get("/v1/audit") if one["via"] != "leadline"]
    assert incident["acknowledged_by"] == "Ana"
    assert done == [("commented", "Ana", "ui"), ("acknowledged", "Ana", "ui")]


def bottom(page: Page, button: str) -> float:
    """How far down a button ends, in pixels from the top of the page."""
    box = page.get_by_role("button", name=button, exact=True).bounding_box()
    assert box
    return box["y"] + box["height"]


def test_the_first_screen_of_a_phone_says_what_matters(visitor: Visitor) -> None:
    """Without scrolling: what fell by how much, since when, where most, how sure, and the button."""
    page = visitor.open("data", LINKED)
    page.set_viewport_size(PHONE)
    page.wait_for_function(LOADED, timeout=SLOW)
    assert bottom(page, ACK) <= PHONE["height"]
    for words in ("fell from", "at the same mix", "evidence 31,000:1", "Since about", "Nearest marker", "Most in"):
        box = page.get_by_text(re.compile(words)).first.bounding_box()
        assert box
        assert box["y"] + box["height"] <= PHONE["height"], words


def test_a_reader_who_may_not_act_is_told_so_before_trying(visitor: Visitor) -> None:
    """With a key that may only read there are no forms, but what was done can be read, and another key be given."""
    page = visitor.open("reader", LINKED)
    page.wait_for_function(LOADED, timeout=SLOW)
    expect(page.get_by_text("The key in use may read, not act.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name=ACK, exact=True)).to_be_disabled()
    expect(page.get_by_text("Silence what matches")).to_have_count(0)
    expect(page.get_by_text("History", exact=True)).to_be_visible()


def test_a_monitor_without_an_incident_offers_nothing_to_do(visitor: Visitor) -> None:
    """Where nothing fires there is nobody to name and nothing to acknowledge."""
    page = visitor.open("data", "/regression?monitor=search-summary-answer")
    page.wait_for_function(LOADED, timeout=SLOW)
    expect(page.get_by_role("heading", name=re.compile("no sign that it got worse"))).to_be_visible()
    expect(page.get_by_role("textbox", name="Your name")).to_have_count(0)
