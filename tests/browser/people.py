"""What readers do on the pages, and what none of it may do to them."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.fake_api import HOSTILE

LOADED = """() =>
    document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'
    && !document.querySelector('[data-testid=stSkeleton], [data-testid=stAppSkeleton]')
    && [...document.querySelectorAll('[data-testid=stDataFrame], [data-testid=stVegaLiteChart]')]
        .every(drawn => drawn.querySelector('canvas, svg'))
"""
TOLD = """() => [
  document.querySelector('[data-testid=stMain]').innerText,
  ...[...document.querySelectorAll('input, textarea')].map(field => field.value),
  ...[...document.querySelectorAll('canvas')].map(table => table.textContent),
].join('\\n')"""
PHONE = {"width": 390, "height": 844}
ACK = "Acknowledge: I see to it"
CAUGHT = """() => ({
  ran: window.__ran ?? null,
  links: [...document.querySelectorAll('a')].map(a => a.href).filter(href => !href.startsWith(location.origin)),
  media: [...document.querySelectorAll('img, iframe, object, embed, link, style, form, base, math, [ontoggle]')]
    .filter(m => /evil|__ran/.test(m.outerHTML)).length,
  scripts: [...document.scripts].filter(script => /__ran/.test(script.text)).length,
  maths: document.querySelectorAll('.katex').length,
})"""
NOTHING = {"ran": None, "links": list[str](), "media": 0, "scripts": 0, "maths": 0}


def settled(page: Page) -> None:
    """The page stands still: its script has run, and what it draws is drawn."""
    page.wait_for_function(LOADED)


def as_ana(page: Page) -> None:
    """Says who acts."""
    page.get_by_role("textbox", name="Your name").fill("Ana")
    page.get_by_role("textbox", name="Your name").press("Enter")


def press(page: Page, name: str, place: int = 0) -> None:
    """Clicks a button once the page stands still, as people do."""
    settled(page)
    page.get_by_role("button", name=name, exact=True).nth(place).click()


def said(page: Page, words: str) -> Locator:
    """A sentence with names in it, which stand apart."""
    spaced = re.escape(words).replace("\\ ", r"\s*")
    return page.get_by_test_id("stMarkdown").filter(has_text=re.compile(spaced)).first


def says(page: Page, words: str) -> None:
    """The page says so; what stands between words may be any space."""
    expect(page.get_by_text(re.compile(re.escape(words).replace("\\ ", r"\s"))).first).to_be_visible()


def taken(page: Page, button: Locator) -> tuple[str, bytes]:
    """The file that a click saves: its name, and what is in it."""
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def unfold(page: Page, what: str) -> None:
    """Opens what is folded away."""
    page.get_by_test_id("stExpander").filter(has_text=what).locator("summary").click()


def unfold_all(page: Page) -> None:
    """Opens all that is folded away, so that it is rendered."""
    page.evaluate("document.querySelectorAll('details:not([open]) > summary').forEach(fold => fold.click())")
    settled(page)


def bottom(page: Page, button: str) -> float:
    """How far down a button ends, in pixels from the top of the page."""
    box = page.get_by_role("button", name=button, exact=True).bounding_box()
    assert box
    return box["y"] + box["height"]


def stays_text(page: Page, *texts: str, least: int = 1) -> None:
    """These texts, or so many of the hostile ones, are shown as they are; nothing runs, loads, links or is maths."""
    settled(page)
    told = bare(page.evaluate(TOLD))
    seen = [text for text in texts or HOSTILE if bare(text) in told]
    assert len(seen) >= (len(texts) or least), f"{seen} of {told}"
    assert page.evaluate(CAUGHT) == NOTHING


def bare(text: str) -> str:
    """A text without what a browser may show in another way: spaces, breaks and what has no shape."""
    return "".join(letter for letter in text if letter.isprintable() and letter != " ")
