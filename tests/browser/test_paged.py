"""What an engineer who was paged sees where the link in the message leads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.people import ACK, PHONE, bottom, settled

pytestmark = pytest.mark.slow

LINKED = "/regression?monitor=support-chat-valid_json"
SLOW = 40_000


def test_the_first_screen_of_a_phone_says_what_matters(visitor: Visitor) -> None:
    """Without scrolling: what fell by how much, since when, where most, how sure, and the button."""
    page = visitor.open("data", LINKED)
    page.set_viewport_size(PHONE)
    settled(page)
    assert bottom(page, ACK) <= PHONE["height"]
    for words in ("fell from", "at the same mix", "evidence 31,000:1", "Since about", "Nearest marker", "Most in"):
        box = page.get_by_text(re.compile(words)).first.bounding_box()
        assert box
        assert box["y"] + box["height"] <= PHONE["height"], words


def test_a_reader_who_may_not_act_is_told_so_before_trying(visitor: Visitor) -> None:
    """With a key that may only read there are no forms, but what was done can be read, and another key be given."""
    page = visitor.open("reader", LINKED)
    settled(page)
    expect(page.get_by_text("The key in use may read, not act.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name=ACK, exact=True)).to_be_disabled()
    expect(page.get_by_text("Silence what matches")).to_have_count(0)
    expect(page.get_by_text("History", exact=True)).to_be_visible()


def test_a_monitor_without_an_incident_offers_nothing_to_do(visitor: Visitor) -> None:
    """Where nothing fires there is nobody to name and nothing to acknowledge."""
    page = visitor.open("data", "/regression?monitor=search-summary-answer")
    settled(page)
    expect(page.get_by_role("heading", name=re.compile("no sign that it got worse"))).to_be_visible()
    expect(page.get_by_role("textbox", name="Your name")).to_have_count(0)
