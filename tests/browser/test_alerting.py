"""A real fall on a real service, seen to by a person in the browser."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import ROOT, Visitor
from tests.browser.test_alerts import ACK, as_ana, press, unfold

pytestmark = pytest.mark.slow


class Real:
    """The service in a process of its own, after the fall."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.alerting_app"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = next(line for line in self.process.stdout if line.startswith("http")).strip()

    def play(self, _: str) -> None:
        """There is one story."""

    def get(self, path: str) -> Any:
        """What the API says."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
            return json.load(answer)


@pytest.fixture
def real() -> Iterator[Real]:
    """The running service."""
    running = Real()
    yield running
    running.process.terminate()
    running.process.communicate(timeout=30)


def test_a_fall_is_seen_to_on_the_page_and_stands_in_the_api(browser: BrowserContext, real: Real) -> None:
    """A person acknowledges, writes and silences in the browser; the API tells who, what, and that it was the UI."""
    visitor = Visitor(browser, real)  # type: ignore[arg-type]
    page = visitor.open("", "/alerts")
    expect(page.get_by_role("heading", name="1 incident is open, nobody sees to it")).to_be_visible()
    page.get_by_role("link", name="Open the incident").click()
    expect(page.get_by_role("heading", name="What was told")).to_be_visible()
    as_ana(page)
    press(page, ACK)
    expect(page.get_by_text("Ana sees to it on the page")).to_be_visible()
    page.get_by_role("textbox", name="Comment").fill("The model answers nothing.")
    press(page, "Comment")
    # Not by its text alone: what is typed into the field is text of the page, too.
    expect(page.get_by_test_id("stText").filter(has_text="The model answers nothing.")).to_be_visible()
    unfold(page, "Silence what matches")
    page.get_by_role("textbox", name="Reason").fill("Rolling back.")
    press(page, "Silence")
    expect(page.get_by_text("The silence holds")).to_be_visible()
    visitor.shoot(page, "alerting-real")
    page = visitor.open("", "/")
    expect(page.get_by_text("Ana sees to it")).to_be_visible()
    page = visitor.open("", "/alerts?show=Channels")
    as_ana(page)
    press(page, "Send a test message")
    expect(page.get_by_text("It did not take the test message:")).to_be_visible()
    visitor.close()
    assert visitor.troubles == []
    (incident,) = real.get("/v1/incidents?state=acknowledged")
    (silence,) = real.get("/v1/silences")
    done = [(one["action"], one["actor"], one["via"]) for one in real.get("/v1/audit") if one["via"] != "leadline"]
    assert (incident["acknowledged_by"], silence["reason"]) == ("Ana", "Rolling back.")
    assert silence["matchers"] == {"feature": "chat"}
    assert silence["covers"] == 1
    assert done == [
        ("tested", "Ana", "ui"),
        ("silence set", "Ana", "ui"),
        ("commented", "Ana", "ui"),
        ("acknowledged", "Ana", "ui"),
    ]
