"""The page Label: its script in every state, and in a real browser, by the keyboard alone."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from playwright.sync_api import Locator, Page, expect
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import Visitor, words
from tests.browser.people import says, settled, stays_text, unfold_all
from tests.fake_api import HOSTILE, World
from tests.fake_labels import ANSWERS, SECRET

pytestmark = pytest.mark.slow

RUBRIC = "/label?feature=support-chat&judge=smell_heuristic"
SCALE = "/label?feature=search-summary&judge=helpfulness"
CHECK = "/label?feature=search-summary&judge=answer"


@pytest.mark.parametrize(
    ("scenario", "query", "says"),
    [
        ("data", {}, ["Write your name to begin", "126 labels are on what the judge passed, 124 on what it failed"]),
        (
            "data",
            {"feature": "search-summary", "judge": "helpfulness"},
            ["Nobody could say anything about 4: with them it lies between 90.2 % and 91.9 %", "2 were changed after"],
        ),
        ("data", {"feature": "nothing", "judge": "nobody"}, ["No judge has decided on what this address names"]),
        ("empty", {}, ["No judge has decided on anything so far", "curl -X POST"]),
        ("down", {}, ["The service cannot answer now"]),
        ("locked", {}, ["This service wants an API key"]),
        ("hostile", {}, ["Write your name to begin"]),
    ],
)
def test_the_page_says_its_state(
    app: AppTest, served: tuple[FastAPI, str], scenario: str, query: dict[str, str], says: list[str]
) -> None:
    """In every state the page runs without an error and says what is the matter."""
    served[0].state.world = World(scenario)
    app.run()
    app.switch_page("pages/label.py")
    for name, value in query.items():
        app.query_params[name] = value
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


def test_half_an_address_is_completed(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """A feature alone names the judge whose criterion comes first, and nothing is said to be missing."""
    served[0].state.world = World("data")
    app.run().switch_page("pages/label.py")
    app.query_params["feature"] = "tax-desk"
    assert "No judge has decided" not in words(app.run())
    assert ["".join(app.query_params[name]) for name in ("feature", "judge")] == ["tax-desk", "answer"]


def test_the_judges_page_tells_what_people_say(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """The corrected pass rate and the agreement stand in the judge's card."""
    served[0].state.world = World("data")
    app.run()
    app.switch_page("pages/judges.py")
    said = words(app.run())
    assert "they would pass 91.7 % (95 %: 86.6–95.7 %), it passes 97.1 %; it agrees in 93.1 % (95 %: 88.2" in said
    assert "3 labels so far, too few to say anything" in said


def begin(visitor: Visitor, path: str, scenario: str = "data", name: str = "Ana") -> Page:
    """The page, with the name of who labels given by the keyboard."""
    page = visitor.open(scenario, path)
    settled(page)
    tab_to(page, page.get_by_role("textbox", name="Your name"))
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Cannot say"))).to_be_visible()
    settled(page)
    page.keyboard.press("Tab")
    return page


def tab_to(page: Page, wanted: Locator, most: int = 60) -> None:
    """Goes on from one thing to the next with Tab, until it is this one."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def press(page: Page, key: str) -> None:
    """A key, once its button is there and the page stands still, as people do."""
    expect(page.get_by_label(f"Shortcut {key.upper()}", exact=True)).to_be_visible()
    settled(page)
    page.keyboard.press(key)


def unfold(page: Page, what: str) -> None:
    """Opens what is folded away, by the keyboard."""
    settled(page)
    tab_to(page, page.get_by_test_id("stExpander").filter(has_text=what).locator("summary"))
    page.keyboard.press("Enter")


def shown(page: Page, place: int) -> None:
    """The sample at this place is asked about, and nothing is said of the judge."""
    expect(page.get_by_text(ANSWERS[place][0], exact=True)).to_be_visible()
    settled(page)
    expect(page.get_by_text("The judge:")).to_have_count(0)


def test_the_whole_flow_by_the_keyboard_alone(visitor: Visitor) -> None:
    """Pass, fail, cannot say, next, change: no pointer is needed, and the verdict shows after the answer only."""
    page = begin(visitor, RUBRIC)
    shown(page, 0)
    assert SECRET not in page.content()
    box = page.get_by_text(ANSWERS[0][1]).bounding_box() or {"y": 900}
    assert box["y"] < (page.get_by_label("Shortcut P", exact=True).bounding_box() or {"y": 0})["y"]
    visitor.shoot(page, "label-question")
    press(page, "p")
    says(page, SECRET)
    says(page, "agrees")
    visitor.shoot(page, "label-agrees")
    press(page, "n")
    shown(page, 1)
    assert SECRET not in page.content()
    press(page, "p")
    says(page, "differs")
    press(page, "u")
    says(page, "what you choose now replaces it")
    press(page, "f")
    says(page, "agrees")
    press(page, "n")
    shown(page, 2)
    press(page, "s")
    says(page, "not said")
    press(page, "n")
    shown(page, 3)
    press(page, "f")
    press(page, "n")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    expect(page.get_by_text("You labelled 4 of them")).to_be_visible()
    visitor.shoot(page, "label-done")


def test_the_note_takes_every_key(visitor: Visitor) -> None:
    """While somebody writes, p, f, s and n are letters; after Tab they answer, and the note is kept."""
    page = begin(visitor, RUBRIC)
    tab_to(page, page.get_by_role("textbox", name="Note"))
    page.keyboard.type("pfs nu 12")
    shown(page, 0)
    expect(page.get_by_role("textbox", name="Note")).to_have_value("pfs nu 12")
    page.keyboard.press("Tab")
    press(page, "f")
    says(page, "differs")
    expect(page.get_by_test_id("stText").filter(has_text="pfs nu 12")).to_be_visible()
    press(page, "n")
    shown(page, 1)
    expect(page.get_by_role("textbox", name="Note")).to_have_value("")


def test_a_rubric_with_labels_is_answered_by_number(visitor: Visitor) -> None:
    """Each label has its number, its meaning, and whether it passes."""
    page = begin(visitor, SCALE)
    unfold(page, "What it means")
    expect(page.get_by_text("3 cold: dismissive or curt")).to_be_visible()
    visitor.shoot(page, "label-scale")
    press(page, "3")
    says(page, "differs")
    expect(page.get_by_text("cold", exact=True).first).to_be_visible()


def test_a_check_says_what_it_looks_for(visitor: Visitor) -> None:
    """A judge without a rubric is described by its kind and its settings."""
    page = begin(visitor, CHECK)
    unfold(page, "What it means")
    expect(page.get_by_text("pattern = ^\\d+$")).to_be_visible()
    press(page, "f")
    says(page, "differs")


def test_another_judge_is_chosen_and_stands_in_the_address(visitor: Visitor) -> None:
    """The address names feature and judge, and going back brings the former one."""
    page = visitor.open("data", "/label")
    expect(page.get_by_text("Write your name to begin")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/label\?feature=search-summary&judge=helpfulness$"))
    page.get_by_role("combobox", name="Feature").click()
    page.get_by_role("option", name="tax-desk").click()
    expect(page).to_have_url(re.compile(r"/label\?feature=tax-desk&judge=answer$"))
    settled(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/label\?feature=search-summary&judge=helpfulness$"))
    expect(page.get_by_role("combobox", name="Feature")).to_have_value(re.compile("search-summary"))


def test_the_key_that_only_reads_is_told_so(visitor: Visitor) -> None:
    """Before anybody reads a sample for nothing the page says that the key may not label; how far it is, it shows."""
    page = visitor.open("reader", RUBRIC)
    expect(page.get_by_text("The key in use may read, not act.")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name=re.compile("Cannot say"))).to_have_count(0)
    visitor.shoot(page, "label-reader")


def test_nothing_to_label(visitor: Visitor) -> None:
    """Where the judge's present version decided on nothing, the page says so and leads to the reasons."""
    page = visitor.open("healthy", "/label")
    page.get_by_role("textbox", name="Your name").fill("Ana")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing to label yet")).to_be_visible()
    visitor.shoot(page, "label-nothing")
    page.get_by_role("link", name="See why under Coverage").click()
    expect(page).to_have_url(re.compile("/coverage"))


def test_hostile_samples_and_verdicts_stay_text(visitor: Visitor) -> None:
    """Questions, labels, samples, notes and explanations of every kind are text and nothing else."""
    page = begin(visitor, "/label", "hostile", HOSTILE[1][:60])
    for place in range(3):
        settled(page)
        unfold_all(page)
        expect(page.get_by_text(HOSTILE[place]).last).to_be_visible()
        page.get_by_role("textbox", name="Note").fill(HOSTILE[place + 4])
        page.keyboard.press("Tab")
        if not place:
            visitor.shoot(page, "label-hostile")
        stays_text(page, HOSTILE[place], HOSTILE[place + 4])
        press(page, "2")
        says(page, "The judge says")
        stays_text(page, HOSTILE[place])
        press(page, "n")
