"""A real fall on a real service, seen to by a person in the browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import ROOT, Visitor, visiting
from tests.browser.people import ACK, PHONE, as_ana, bottom, press, said, says, settled, unfold

pytestmark = pytest.mark.slow

SOON = 40_000
"""Milliseconds in which a real service has counted and answered, on a machine that is busy."""


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
def real(browser: BrowserContext) -> Iterator[tuple[Real, Visitor]]:
    """The running service, and a reader of its pages."""
    running = Real()
    try:
        with visiting(browser, running) as visitor:
            yield running, visitor
    finally:
        running.process.terminate()
        running.process.communicate(timeout=30)


def test_a_fall_is_seen_to_on_the_pages_and_stands_in_the_api(real: tuple[Real, Visitor]) -> None:
    """A paged engineer opens the link on a phone and acknowledges; at a desk the incident is commented and silenced.

    The API tells who did what, and that it was on the pages.
    """
    service, visitor = real
    (alert,) = service.get("/v1/alerts")
    page = visitor.open("", "/" + alert["evidence"]["link"].split("/", 3)[3])
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("heading", name=re.compile("fell from 9"))).to_be_visible(timeout=SOON)
    settled(page)
    assert bottom(page, ACK) <= PHONE["height"]
    as_ana(page)
    press(page, ACK)
    expect(said(page, "Ana sees to it")).to_be_visible(timeout=SOON)
    settled(page)
    unfold(page, "Comment and history")
    comment(page, "Who looks?")
    says(page, "seen to")
    visitor.shoot(page, "paged")

    page = visitor.open("", "/alerts")
    says(page, "1 incident is open")
    page.get_by_role("link", name="Open the incident").click()
    expect(page.get_by_role("heading", name="What was told")).to_be_visible()
    says(page, "Ana sees to it on the page")
    as_ana(page)
    comment(page, "The model answers nothing.")
    unfold(page, "Silence what matches")
    page.get_by_role("textbox", name="Reason").fill("Rolling back.")
    press(page, "Silence")
    says(page, "The silence holds")
    visitor.shoot(page, "alerting-real")
    page = visitor.open("", "/")
    says(page, "Ana sees to it")
    page = visitor.open("", "/alerts?show=Channels")
    as_ana(page)
    press(page, "Send a test message")
    says(page, "It did not take the test message:")

    (incident,) = service.get("/v1/incidents?state=acknowledged")
    (silence,) = service.get("/v1/silences")
    done = [(one["action"], one["actor"], one["via"]) for one in service.get("/v1/audit") if one["via"] != "leadline"]
    assert (incident["acknowledged_by"], silence["reason"]) == ("Ana", "Rolling back.")
    assert (silence["matchers"], silence["covers"]) == ({"feature": "chat"}, 1)
    assert done == [
        ("tested", "Ana", "ui"),
        ("silence set", "Ana", "ui"),
        ("commented", "Ana", "ui"),
        ("commented", "Ana", "ui"),
        ("acknowledged", "Ana", "ui"),
    ]


def comment(page: Page, text: str) -> None:
    """Writes a comment, which then stands in the history."""
    page.get_by_role("textbox", name="Comment").fill(text)
    press(page, "Comment")
    # Not by its text alone: what is typed into the field is text of the page, too.
    expect(page.get_by_test_id("stText").filter(has_text=text)).to_be_visible(timeout=SOON)
