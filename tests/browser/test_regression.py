"""The regression page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.people import says, settled, taken

pytestmark = pytest.mark.slow

FIRING = "/regression?monitor=support-chat-valid_json"
FILES = {
    "series": "start,end,n,rate,lo,hi,",
    "mix": "change,split_by,size,lo,hi",
    "distribution": "label,low,high,votes_before,share_before,",
    "evidence": "looked_at,log_evidence,log_threshold",
}
"""What the first line of each chart's CSV begins with, in the order of the page."""


@pytest.mark.parametrize(
    ("name", "scenario", "path", "words"),
    [
        ("firing", "data", FIRING, "fell from 97.1 % to 88.0 %"),
        ("ok", "data", "/regression?monitor=search-summary-answer", "no sign that it got worse"),
        ("learning", "data", "/regression?monitor=invoice-extract-valid_json", "has no baseline yet"),
        ("no-data", "data", "/regression?monitor=legacy-bot-not_truncated", "has no verdicts of late"),
        ("length", "data", "/regression?monitor=support-chat-length", "rose from 10.1 % to 22.4 %"),
        ("label", "metrics", "/regression?monitor=search-summary-stop_reason", "fell from 95.5 % to 84.0 %"),
        ("traffic", "data", "/regression?monitor=search-summary-volume", "follows from the baseline"),
        ("seen-to", "states", FIRING, "Ana sees to it"),
        ("pending", "states", "/regression?monitor=search-summary-answer", "budget of false alarms ten times as large"),
        ("judge-broken", "states", "/regression?monitor=search-summary-helpfulness", "cannot be told: the judge fails"),
        ("hostile-label", "hostile", "/regression?monitor=label-3", "rose from 10.1 % to 22.4 %"),
        ("choose", "crowd", "/regression", "Which feature?"),
        ("unknown", "data", "/regression?monitor=nothing", "There is no monitor with the id in this address"),
        ("empty", "empty", "/regression", "No samples yet"),
        ("down", "down", FIRING, "The service cannot answer now"),
        ("unreachable", "unreachable", FIRING, "The service does not answer"),
    ],
)
def test_each_state_says_what_it_is(visitor: Visitor, name: str, scenario: str, path: str, words: str) -> None:
    """Opened by its own address, the page says in words what is the matter and fits the screen."""
    page = visitor.open(scenario, path)
    says(page, words)
    visitor.shoot(page, f"regression-{name}")


def test_a_failing_example_stands_beside_a_passing_one(visitor: Visitor) -> None:
    """The first pair is open: left what passed before, right what fails now, with the judge's words and the texts."""
    page = visitor.open("data", FIRING)
    pair = (
        page.get_by_test_id("stExpander")
        .filter(has_text="Alike on both sides: plan=pro · language=de · the system prompt")
        .first
    )
    expect(pair).to_be_visible(timeout=20_000)
    left, right = pair.get_by_test_id("stColumn").first, pair.get_by_test_id("stColumn").last
    expect(left.get_by_text("passing")).to_be_visible()
    expect(left.get_by_text("The response is JSON that matches the schema.")).to_be_visible()
    expect(right.get_by_text("failing")).to_be_visible()
    expect(right.get_by_text("Wo ist meine Rechnung von Oktober?")).to_be_visible()
    expect(right.get_by_text("The judge says")).to_be_visible()
    expect(right.get_by_text("Gerne! Hier ist die Antwort:").last).to_be_visible()


def test_the_charts_are_drawn(visitor: Visitor) -> None:
    """Pass rate, votes, evidence and mix stand as charts with something in them."""
    page = visitor.open("data", FIRING)
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")
    expect(charts).to_have_count(4)
    assert all((box := chart.bounding_box()) and box["height"] > 80 for chart in charts.all())


def test_the_selectors_change_the_address(visitor: Visitor) -> None:
    """A feature shows what is most troubled of it, a metric shows that; both make links that can be passed on."""
    page = visitor.open("data", "/regression")
    page.get_by_role("combobox").click()
    page.get_by_role("option", name=re.compile("search-summary")).click()
    expect(page.get_by_role("heading", name=re.compile("Pass rate of"))).to_be_visible()
    assert page.url.endswith("/regression?monitor=search-summary-answer")
    page.get_by_role("button", name="Another monitor").click()
    page.get_by_role("combobox", name=re.compile("Judge or metric")).click()
    page.get_by_role("option", name=re.compile("latency")).click()
    expect(page.get_by_role("heading", name="Latency over time")).to_be_visible()
    assert page.url.endswith("/regression?monitor=search-summary-latency_ms")


def test_a_link_to_a_sample_shows_that_sample(visitor: Visitor) -> None:
    """The sample that an alert's link names stands first; one that is gone is named as gone."""
    page = visitor.open("data", f"{FIRING}&sample=req_asked")
    expect(page.get_by_text("id req_asked")).to_be_visible(timeout=20_000)
    page = visitor.open("data", f"{FIRING}&sample=nowhere")
    expect(page.get_by_text("is no longer kept")).to_be_visible(timeout=20_000)


def test_what_happened_stands_in_a_sentence(visitor: Visitor) -> None:
    """While it is worked out the page says so; then there are words, the slices, the mix and, folded, the requests."""
    page = visitor.open("waiting", FIRING)
    expect(page.get_by_text("Working out what happened …")).to_be_visible()
    visitor.site.play("data")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_text("Working out what happened …")).to_have_count(0)
    expect(page.get_by_text("Same requests, same mix: the answers got worse. New since then")).to_be_visible()
    expect(page.get_by_text("The requests look the same.")).to_be_visible()
    tables = page.get_by_test_id("stDataFrame")
    expect(tables).to_have_count(3)
    expect(tables.nth(2)).not_to_be_visible()
    page.get_by_text("Feature by feature").click()
    expect(tables.nth(2)).to_be_visible()


def still(page: Page) -> None:
    """All of the page in view: a list that is open closes when the page scrolls."""
    page.set_viewport_size({"width": 1280, "height": 4000})
    settled(page)


def test_another_slice_shows_its_samples_and_stands_in_the_address(visitor: Visitor) -> None:
    """A slice is chosen from those that explain the fall; a chart's link names it; where no sample fits, it says so."""
    page = visitor.open("data", FIRING)
    still(page)
    page.get_by_role("combobox", name=re.compile("Only this slice")).click()
    page.get_by_role("option", name="language=de", exact=True).click()
    expect(page).to_have_url(re.compile(r"slice=language%3Dde$"))
    expect(page.get_by_text("Alike on both sides").first).to_be_visible()
    page = visitor.open("data", f"{FIRING}&slice=language%3Dfr&step=60")
    expect(page.get_by_text("No such samples in this slice.")).to_be_visible(timeout=20_000)
    settled(page)
    page.get_by_role("button", name="Link", exact=True).first.click()
    expect(page.get_by_text(f"{FIRING}&slice=language%3Dfr&step=60#series")).to_be_visible()


def test_another_step_stands_in_the_address(visitor: Visitor) -> None:
    """The chart's steps are chosen on the page; the address keeps them."""
    page = visitor.open("data", FIRING)
    still(page)
    page.get_by_role("combobox", name=re.compile("Steps of")).click()
    page.get_by_role("option", name="6 hours", exact=True).click()
    expect(page.get_by_text("Line: pass rate per 6 hours")).to_be_visible()
    assert page.url.endswith(f"{FIRING}&step=360")


def test_each_chart_can_be_taken_along(visitor: Visitor) -> None:
    """Under every chart stand its numbers as CSV and its picture, both named after the monitor and the chart."""
    page = visitor.open("data", "/regression?monitor=support-chat-length")
    settled(page)
    for place, (what, columns) in enumerate(FILES.items()):
        name, told = taken(page, page.get_by_role("button", name="CSV", exact=True).nth(place))
        assert (name, told.startswith(columns.encode())) == (f"support-chat-answer-length-{what}.csv", True)
        name, told = taken(page, page.get_by_role("button", name="PNG", exact=True).nth(place))
        assert (name, told[:4]) == (f"support-chat-answer-length-{what}.png", b"\x89PNG")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(len(FILES) + 1)
