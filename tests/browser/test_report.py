"""The report in a real browser: it asks for nothing, runs nothing, and fits a desk and a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from evaluator.report import page as report_page
from evaluator.report.shapes import ReportFacts
from tests.browser.conftest import SHOTS, WIDTHS
from tests.reports import HOSTILE, many, named, report_facts

pytestmark = pytest.mark.slow

REPORTS = {
    "report": named(),
    "report-empty": report_facts(),
    "report-hostile": named(HOSTILE),
    "report-huge": many(200),
}


class Reader:
    """A reader of a file, who notes what it asks for and what goes wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda m: self.troubles.append(f"console: {m.text}"))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))

    def open(self, file: Path) -> None:
        """Shows the file; every request but that for itself is trouble."""
        address = file.as_uri()
        self.page.on("request", lambda r: None if r.url == address else self.troubles.append(f"asked for {r.url}"))
        self.page.goto(address)


@pytest.fixture
def reader(browser: BrowserContext) -> Iterator[Reader]:
    """A tab of its own; the test fails when something went wrong in it."""
    found = Reader(browser.new_page())
    yield found
    found.page.close()
    assert found.troubles == []


@pytest.mark.parametrize(("name", "facts"), REPORTS.items(), ids=list(REPORTS))
def test_a_report_fits_and_asks_for_nothing(name: str, facts: ReportFacts, reader: Reader, tmp_path: Path) -> None:
    """No request, no script, no message, and no width at which it scrolls sideways."""
    file = tmp_path / f"{name}.html"
    file.write_text(report_page.render(facts), encoding="utf-8")
    reader.open(file)
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        reader.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if name != "report-huge":
                reader.page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        assert reader.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") == 0
    assert reader.page.evaluate("document.scripts.length") == 0


def test_everything_is_shown_beside_hostile_names(reader: Reader, tmp_path: Path) -> None:
    """No name hides, moves or restyles what stands beside it: every section and its heading can be seen."""
    file = tmp_path / "report.html"
    file.write_text(report_page.render(named(HOSTILE)), encoding="utf-8")
    reader.open(file)
    headings = [one.inner_text() for one in reader.page.locator("h2:visible").all()]
    assert headings == [
        "Regressions",
        "Health per feature",
        "Minor shifts shown, never paged",
        "Coverage",
        "Cost of judging",
        "Judges",
        "What would be noticed",
        "Not delivered",
    ]


def test_text_can_be_read_in_the_dark(reader: Reader, tmp_path: Path) -> None:
    """Where the reader's colours are dark, the page is."""
    file = tmp_path / "report.html"
    file.write_text(report_page.render(named()), encoding="utf-8")
    reader.page.emulate_media(color_scheme="dark")
    reader.open(file)
    colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    assert reader.page.evaluate(colours) == ["rgb(20, 24, 28)", "rgb(228, 232, 236)"]
