"""The demo's week in a real browser: from the firing card to a failing answer, and the README's picture."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import ROOT, Visitor

pytestmark = pytest.mark.slow


class Demo:
    """`leadline demo` with its UI open."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "ui.cli", "demo"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ)
        assert self.process.stdout is not None
        last = next(line for line in self.process.stdout if "The UI shows this week at" in line)
        self.url = last.split(" at ")[1].split()[0]

    def play(self, _: str) -> None:
        """The demo has one story."""


@pytest.fixture
def visitor(browser: BrowserContext) -> Iterator[Visitor]:
    """A reader of the demo's pages; troubles of a page fail the test."""
    demo = Demo()
    reader = Visitor(browser, demo)  # type: ignore[arg-type]
    yield reader
    reader.close()
    demo.process.send_signal(signal.SIGINT)
    demo.process.communicate(timeout=30)
    assert reader.troubles == []


def test_the_two_regressions_are_understood_in_two_clicks(visitor: Visitor) -> None:
    """The overview names both regressions; the page of the broken JSON shows failing answers in the judge's words."""
    page = visitor.open("", "/")
    expect(page.get_by_role("heading", name="2 regressions are firing")).to_be_visible()
    visitor.shoot(page, "demo-overview")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Open the regression").first.click()
    expect(page.get_by_role("heading", name="Pass rate over time")).to_be_visible()
    expect(page.get_by_text("Not JSON").first).to_be_visible()
    visitor.shoot(page, "demo-regression")
