"""The API and the pages on one port."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Fake, Visitor

pytestmark = pytest.mark.slow


def test_the_first_visit_to_a_fresh_service_may_be_a_deep_link(browser: BrowserContext) -> None:
    """Right after the start, a link to a page opens it with the navigation, and an open tab does not delay the end."""
    fresh = Fake()
    try:
        reader = Visitor(browser, fresh)
        page = reader.open("data", "/regression?monitor=support-chat-valid_json")
        expect(page.get_by_role("link", name="Overview")).to_be_visible()
        assert fresh.stop(within=5) is not None
    finally:
        fresh.process.kill()
        reader.close()
