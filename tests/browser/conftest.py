"""A real Chromium on real pages, over a fake read API in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect, sync_playwright
from playwright.sync_api import TimeoutError as TookTooLong
from streamlit.testing.v1 import AppTest

from tests.browser.people import settled

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ui" / "app.py"
SHOTS = ROOT / "build" / "screenshots"
WIDTHS = (1280, 390)
MAIN = "document.querySelector('[data-testid=stMain]')"
# What is to be seen is seen within a second; on a machine with much else to do, later.
expect.set_options(timeout=20_000)

ABORTED = "net::ERR_ABORTED"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Site(Protocol):
    """Pages at an address; those of the fake tell what a scenario makes them tell."""

    url: str

    def play(self, scenario: str, /) -> None: ...


class Fake:
    """The fake service in its own process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.fake_api", "0"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def play(self, scenario: str) -> None:
        """From now on the API answers as in this scenario."""
        request = urllib.request.Request(f"{self.url}/api/scenario/{scenario}", method="POST")
        urllib.request.urlopen(request, timeout=20).close()

    def stop(self, within: float) -> int:
        """Ask it to end; its exit code, or TimeoutExpired."""
        self.process.terminate()
        try:
            return self.process.wait(within)
        finally:
            self.process.kill()


class Visitor:
    """A reader in Berlin, who notes everything that a healthy page never does."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context, self.site = context, site
        self.troubles: list[str] = []

    def open(self, scenario: str, path: str) -> Page:
        """A fresh tab on a page, once its first heading or notice stands."""
        self.site.play(scenario)
        page = self.context.new_page()
        self._watch(page)
        page.goto(self.site.url + path)
        page.get_by_test_id("stHeading").or_(page.get_by_test_id("stAlert")).first.wait_for()
        return page

    def shoot(self, page: Page, name: str) -> None:
        """Keep pictures of the whole page on a desk and on a phone; no width makes it scroll sideways."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.wait_for_load_state("networkidle")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            settled(page)
            height = page.evaluate(f"{MAIN}.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(900, min(int(height) + 60, 5000))})
            settled(page)
            _picture(page, SHOTS / f"{name}-{width}.png")
            assert page.evaluate(f"{MAIN}.scrollWidth - {MAIN}.clientWidth") == 0
            assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") == 0

    def close(self) -> None:
        for page in self.context.pages:
            page.close()

    def _watch(self, page: Page) -> None:
        page.on(
            "console", lambda m: self._note(f"console {m.type}: {m.text}") if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self._note(f"error: {error}"))
        # What is under way when a page is left is given up, which is no failure.
        page.on("requestfailed", lambda r: None if r.failure == ABORTED else self._note(f"failed: {r.url}"))
        page.on("response", lambda r: self._note(f"{r.status}: {r.url}") if r.status >= 400 else None)
        page.on("request", self._asked)
        page.on("websocket", self._asked)

    def _asked(self, what: Request | WebSocket) -> None:
        if not self._ours(re.sub("^ws", "http", what.url)):
            self._note(f"another host: {what.url}")

    def _ours(self, url: str) -> bool:
        return url.startswith((self.site.url + "/", "data:", f"blob:{self.site.url}/"))

    def _note(self, trouble: str) -> None:
        self.troubles.append(trouble)


def _picture(page: Page, path: Path) -> None:
    """Takes a picture for people to look at; what a test asserts is asserted without it."""
    try:
        page.screenshot(path=path, animations="disabled", timeout=10_000)
    except TookTooLong:
        # Chromium paints within a second, but once in thousands of pictures the frame never comes. It comes for the
        # next one.
        page.bring_to_front()
        page.screenshot(path=path, animations="disabled")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one LEADLINE_CHROMIUM names; RuntimeError without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("LEADLINE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise RuntimeError("no Chromium: `make chromium` installs one, or set LEADLINE_CHROMIUM to its path")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def app(served: tuple[FastAPI, str], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The pages' script without a browser, reading that service."""
    monkeypatch.setenv("LEADLINE_UI_API", served[1])
    monkeypatch.delenv("LEADLINE_UI_KEY", raising=False)
    return AppTest.from_file(str(SCRIPT), default_timeout=30)


def words(app: AppTest) -> str:
    """All that a page says."""
    assert not app.exception
    said = [*app.header, *app.subheader, *app.markdown, *app.caption, *app.text, *app.code, *app.warning, *app.info]
    return "\n".join(str(element.value) for element in said).replace("\u00a0", " ")


# Not for the whole session: while Playwright runs, no asyncio test can.
@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    """A Chromium in Berlin; without one the tests fail."""
    with chromium() as started:
        yield started.new_context(viewport={"width": WIDTHS[0], "height": 900}, timezone_id="Europe/Berlin")


@pytest.fixture(scope="package")
def fake() -> Iterator[Fake]:
    """The fake service with the real pages."""
    running = Fake()
    yield running
    running.stop(10)


@contextmanager
def visiting(browser: BrowserContext, site: Site) -> Iterator[Visitor]:
    """A reader of these pages; AssertionError when one logged, lost or fetched what it should not."""
    reader = Visitor(browser, site)
    try:
        yield reader
    finally:
        reader.close()
    assert reader.troubles == []


@pytest.fixture
def visitor(browser: BrowserContext, fake: Fake) -> Iterator[Visitor]:
    """A reader; the test fails when a page logged, lost or fetched what it should not."""
    with visiting(browser, fake) as reader:
        yield reader
