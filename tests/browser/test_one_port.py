"""The API and the pages on one port."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

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


def test_the_pages_tell_nobody_how_they_are_used(visitor: Visitor) -> None:
    """The browser is told not to send statistics, and a reader's browser, which is watched, asks no other machine."""
    told: list[bool] = []

    def hear(frame: str | bytes) -> None:
        message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        if message.HasField("new_session"):
            told.append(message.new_session.config.gather_usage_stats)

    def listen(page: Page) -> None:
        page.on("websocket", lambda socket: socket.on("framereceived", hear))

    visitor.context.once("page", listen)
    visitor.open("data", "/")
    assert told
    assert not any(told)
