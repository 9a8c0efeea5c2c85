"""Makes the README's picture, docs/overview.png, from the demo: `make picture`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import ROOT, chromium
from tests.browser.demo import Demo
from tests.browser.people import settled

PICTURE = ROOT / "docs" / "overview.png"
SIZE = (1280, 900)
"""Pixels: a reader's first screen, no more."""


def picture(page: Page, path: Path) -> None:
    """The first screen of an opened overview, once all of it is drawn."""
    page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
    page.get_by_test_id("stHeading").first.wait_for()
    page.wait_for_load_state("networkidle")
    settled(page)
    page.screenshot(path=path, animations="disabled")


def main() -> None:
    """Plays the demo and keeps its picture."""
    demo = Demo()
    try:
        with chromium() as browser:
            page = browser.new_page(timezone_id="Europe/Berlin")
            page.goto(demo.url)
            picture(page, PICTURE)
    finally:
        demo.stop()
    print(f"made {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
