"""The page: complete, harmless whatever names are in it, and readable when there is nothing to tell."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from evaluator.report import page
from evaluator.report.shapes import ShiftList
from tests.reports import HOSTILE, feature_fact, incident_fact, many, named, rate_fact, report_facts, shift_fact

LOADS = {"src", "href", "xlink:href", "data", "poster", "action", "srcset", "background"}
MARKUP = {
    "a", "article", "b", "bdi", "body", "br", "code", "col", "colgroup", "div", "footer", "h1", "h2", "h3", "head",
    "header", "html", "li", "main", "meta", "p", "section", "span", "style", "table", "tbody", "td", "th", "thead",
    "title", "tr", "ul", "svg", "g", "path", "defs", "clippath", "rect",
}  # fmt: skip


class Reading(HTMLParser):
    """What a page is made of: its elements, attributes, and the text that a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen).split()).replace(" ,", ",")


def test_hostile_names_add_no_markup() -> None:
    """Whatever features, judges, markers, slices, errors and people are called: no element, handler or style of it."""
    found = Reading(page.render(named(HOSTILE)))
    assert found.elements <= MARKUP
    assert not [name for name, _ in found.attributes if name.startswith("on")]


def test_hostile_names_are_shown() -> None:
    """They can be read, as text."""
    text = Reading(page.render(named(HOSTILE))).text
    assert all(told in text for told in ("<script>alert(1)</script>", "{{ 7 * 7 }}", "$\\frac{1}{0}$ & &lt;b&gt;"))


def test_names_cannot_turn_the_text_around() -> None:
    """Marks of direction and invisible ones are gone."""
    assert not set(page.render(named(HOSTILE))) & set("\u202e\u2066\u200b\x00")


def test_long_names_are_cut() -> None:
    """Five thousand letters do not make a page of five thousand letters."""
    assert not re.search(r"x{401}", page.render(named(HOSTILE)))


def test_only_web_addresses_are_links() -> None:
    """A link that is none leads nowhere."""
    links = [value for name, value in Reading(page.render(named(HOSTILE))).attributes if name == "href"]
    assert links
    assert all(value.startswith(("http://127.0.0.1:8321", "#")) for value in links)


def test_the_page_asks_for_nothing() -> None:
    """Nothing but links names an address; styles name none either."""
    html = page.render(named())
    others = [
        value for name, value in Reading(html).attributes if name in LOADS and not value.startswith(("http", "#"))
    ]
    assert (others, "url(http" in html, "@import" in html, "<script" in html) == ([], False, False, False)


def test_everything_that_happened_is_told() -> None:
    """Regressions, health, shifts, coverage, cost, judges, what would be noticed and what was not delivered."""
    text = Reading(page.render(named())).text.lower()
    told = (
        "1 regression is open, 1 was resolved",
        "95.0 % → 82.0 %, −13.0 points −16.2 to −9.8",
        "90 % sure",
        "nearest marker: release support-chat went out",
        "minor shift",
        "chosen among 40 monitors by e-bh: on average at most 10 % of such a list is false.",
        "not kept: 2,000 left out by the sampling rate",
        "4.20 usd",
        "a budget thins it to 50.0 % of its rate",
        "6.0 points",
        "last error",
    )
    assert [one for one in told if one not in text] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Nothing is watched yet: monitors appear with the first verdicts.",
        "No regression was open in this time: nothing was watched.",
        "There is nothing to tell: no judge and no metric has votes yet.",
        "None can be told yet: no monitor has a baseline.",
        "Nothing arrived in this time.",
        "Judging cost nothing in this time.",
        "There is no judge: [[judges]] in leadline.toml makes some.",
        "Nothing yet: no judge has votes.",
        "No message was given up.",
    ],
)
def test_an_empty_report_says_so(sentence: str) -> None:
    """A fresh database has a sentence for each part."""
    assert sentence in Reading(page.render(report_facts())).text


def test_features_without_a_judge_are_named() -> None:
    """What arrives and has no judge is told."""
    text = Reading(page.render(report_facts(without_judge={"chat": 1234}))).text
    assert "No judge is there for chat (1,234 kept)." in text


def test_a_shift_below_the_alarm_says_why() -> None:
    """Of a shift that is large enough, the evidence is told beside the threshold."""
    found = ShiftList(fdr=0.1, monitors=3, found=(shift_fact(small=False, evidence=312.0),))
    assert "evidence 312:1 of 25,900:1" in Reading(page.render(report_facts(shifts=found))).text


def test_a_minor_shift_is_not_called_steady() -> None:
    """The feature's row leads to the list."""
    found = ShiftList(fdr=0.1, monitors=3, found=(shift_fact(),))
    html = page.render(report_facts(features=(feature_fact(),), shifts=found))
    assert '<a class="tag" href="#shifts">minor shift</a>' in html


def test_more_alerts_than_are_shown_are_counted() -> None:
    """An incident of many alerts says how many more there are."""
    assert "and 40 more alerts of this incident" in page.render(report_facts(incidents=(incident_fact(more=40),)))


def test_the_report_of_twenty_features_is_small() -> None:
    """With two judges each, drawings inside: at most a megabyte."""
    html = page.render(many(20))
    print(f"report of 20 features with 40 drawings: {len(html.encode()) / 1000:.0f} kB (≤ 1000)")
    assert html.count("<svg") == 40
    assert len(html.encode()) <= 1_000_000


def test_a_report_of_many_features_stays_below_a_megabyte() -> None:
    """However many there are and whatever they are called; what is not shown is counted."""
    html = page.render(many(300))
    assert "200 more features" in html
    assert "and 400 more, with less that is unscored" in html
    assert len(html.encode()) <= 1_000_000


def test_a_page_that_would_be_too_large_has_fewer_rows() -> None:
    """It is cut to the size that was asked for, down to none."""
    large, small = page.render(many(20)), page.render(many(20), 60_000)
    assert len(large) > 60_000 >= len(small.encode())
    assert page.render(many(20), 1).count("<svg") == 0


def test_a_rate_without_votes_has_no_drawing() -> None:
    """There is nothing to draw."""
    assert "<svg" not in page.render(report_facts(features=(feature_fact("chat", rate_fact(points=())),)))
