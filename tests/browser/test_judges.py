"""One judge in a real browser: its text, its versions, what changed, and a draft that is tried on a sample."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.people import as_ana, press, says, settled, stays_text, unfold_all
from tests.fake_api import HOSTILE

pytestmark = pytest.mark.slow

ONE = "/judges?judge=helpfulness"
TRIAL = f"{ONE}&sample=req_asked"
RUBRIC = "Rubric, as a TOML file"
STATES = {
    "text": ("data", ONE, "what is left out is the default"),
    "text-check": ("data", "/judges?judge=valid_json", "Everything that decides a verdict"),
    "text-feedback": ("data", "/judges?judge=thumbs", "by rules of their own"),
    "versions": ("data", f"{ONE}&show=Versions", "2 lines with − went, 3 lines with + came."),
    "versions-one": ("data", "/judges?judge=valid_json&show=Versions", "it has had one version only"),
    "diff-lost": ("data", f"{ONE}&from=1a2b3c4d5e6f&to=0f1e2d3c4b5a", "its text was not kept"),
    "diff-unknown": ("data", f"{ONE}&from=nothing", "It has no version"),
    "trial": ("data", TRIAL, "It asks claude-haiku-5-5 once, for about 0.00012 USD"),
    "trial-empty": ("data", f"{ONE}&show=Try+a+text", "Choose a sample first."),
    "trial-lost": ("data", f"{ONE}&sample=nowhere", "There is no sample"),
    "unknown": ("data", "/judges?judge=nothing", "There is no judge of the name in this address"),
    "empty": ("empty", ONE, "No judge"),
    "down": ("down", ONE, "The service cannot answer now"),
    "unreachable": ("unreachable", ONE, "The service does not answer"),
    "locked": ("locked", ONE, "This service wants an API key"),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_what_it_is(visitor: Visitor, name: str) -> None:
    """Opened by its own address, the page says in words what is the matter and fits the screen."""
    scenario, path, words = STATES[name]
    page = visitor.open(scenario, path)
    says(page, words)
    visitor.shoot(page, f"judge-{name}")


def write(page: Page, text: str) -> None:
    """Replaces the draft."""
    settled(page)
    page.get_by_role("textbox", name=RUBRIC).fill(text)
    page.get_by_role("textbox", name=RUBRIC).press("Control+Enter")


def test_a_judge_is_found_from_the_list_and_leads_to_its_regressions(visitor: Visitor) -> None:
    """Its card leads to its text, the sections change the address, and each feature leads to its monitor."""
    page = visitor.open("data", "/judges")
    settled(page)
    page.locator("a[href='judges?judge=helpfulness']").click()
    expect(page.get_by_role("heading", name="Judge helpfulness")).to_be_visible()
    settled(page)
    page.get_by_role("radio", name="Versions").click()
    expect(page).to_have_url(re.compile(r"judge=helpfulness&show=Versions"))
    page.get_by_role("link", name="search-summary").click()
    expect(page).to_have_url(re.compile(r"/regression\?monitor=search-summary-helpfulness"))


def test_a_row_of_the_table_opens_its_judge(visitor: Visitor) -> None:
    """A click on a row leads to the judge, and the way back to the table."""
    page = visitor.open("data", "/judges")
    settled(page)
    page.get_by_test_id("stDataFrame").first.click(position={"x": 180, "y": 36 * 4 + 18})
    expect(page.get_by_role("heading", name="Judge answer")).to_be_visible()
    page.get_by_role("link", name="All judges").click()
    expect(page.get_by_role("heading", name="Judges", exact=True)).to_be_visible()
    settled(page)
    expect(page).to_have_url(re.compile(r"/judges$"))


def test_what_changed_is_marked_by_signs_and_stands_in_the_address(visitor: Visitor) -> None:
    """Lines that went and came carry − and +; choosing another version changes the address."""
    page = visitor.open("data", f"{ONE}&show=Versions")
    settled(page)
    diff = page.get_by_test_id("stCode").filter(has_text="@@")
    expect(diff).to_contain_text("-Length and tone decide nothing.")
    expect(diff).to_contain_text("+A refusal that is right is a 4.")
    page.get_by_role("combobox", name="To").click()
    page.get_by_role("option", name=re.compile("1a2b3c4d5e6f")).click()
    expect(page).to_have_url(re.compile(r"to=1a2b3c4d5e6f"))
    expect(page.get_by_text("its text was not kept")).to_be_visible()


def test_a_draft_is_tried_beside_what_the_present_version_said(visitor: Visitor) -> None:
    """A sample is found, the estimate said first; the judgement with its cost stands beside the stored verdict."""
    page = visitor.open("data", f"{ONE}&show=Try+a+text")
    as_ana(page)
    press(page, "A recent failing one")
    expect(page.get_by_text("It has no such sample of late")).to_be_visible()
    press(page, "A recent passing one")
    expect(page).to_have_url(re.compile("sample=req_asked"))
    expect(page.get_by_text("for about 0.00012")).to_be_visible()
    press(page, "Judge the sample")
    expect(page.get_by_text('It answers "im Konto"')).to_be_visible()
    expect(page.get_by_text("The user can find the invoice with it.")).to_be_visible()
    expect(page.get_by_text("412 + 1,180 cached tokens in, 71 out")).to_be_visible()
    visitor.shoot(page, "judge-trial-done")


def test_a_sample_of_a_regression_leads_to_a_trial(visitor: Visitor) -> None:
    """Whoever doubts a verdict is one click away from another text of the rubric, with the sample chosen."""
    page = visitor.open("data", "/regression?monitor=search-summary-helpfulness&sample=req_asked")
    settled(page)
    page.get_by_role("link", name="Try another text").first.click()
    expect(page.get_by_role("textbox", name="Sample id")).to_have_value("req_asked")
    expect(page.get_by_text("for about 0.00012")).to_be_visible()


def test_a_draft_that_cannot_be_used_says_why_and_stays(visitor: Visitor) -> None:
    """What is wrong with the text stands below it before anything is paid; it can be set back to the present one."""
    page = visitor.open("data", TRIAL)
    write(page, 'quest = "Is it?"')
    says(page, "quest: not a known key")
    expect(page.get_by_role("button", name="Judge the sample")).to_be_disabled()
    expect(page.get_by_role("textbox", name=RUBRIC)).to_have_value('quest = "Is it?"')
    visitor.shoot(page, "judge-trial-bad")
    press(page, "Back to the present text")
    expect(page.get_by_role("textbox", name=RUBRIC)).to_have_value(re.compile("A refusal that is right is a 4"))


def test_a_draft_stays_when_nobody_answers(visitor: Visitor) -> None:
    """The service's reason is said, and the text is there to be tried again."""
    page = visitor.open("data", TRIAL)
    as_ana(page)
    write(page, "# overloaded")
    press(page, "Judge the sample")
    expect(page.get_by_text("answered 529 (overloaded_error)")).to_be_visible()
    expect(page.get_by_role("textbox", name=RUBRIC)).to_have_value("# overloaded")
    visitor.shoot(page, "judge-trial-failed")


def test_a_sample_that_would_be_skipped_says_so_before(visitor: Visitor) -> None:
    """Nobody would be asked, and why."""
    page = visitor.open("data", TRIAL)
    write(page, 'needs = ["tools"]')
    expect(page.get_by_text("would not be asked, at no cost")).to_be_visible()
    expect(page.get_by_text("The request offers no tools")).to_be_visible()


def test_a_key_that_only_reads_is_told_so(visitor: Visitor) -> None:
    """The text is there and its cost; judging by it takes another key."""
    page = visitor.open("reader", TRIAL)
    expect(page.get_by_text("The key in use may read, not act.")).to_be_visible()
    expect(page.get_by_role("button", name="Judge the sample")).to_be_disabled()
    expect(page.get_by_text("for about 0.00012")).to_be_visible()
    visitor.shoot(page, "judge-trial-reader")


def test_what_a_draft_would_cost_per_day(visitor: Visitor) -> None:
    """Counted on the stored traffic, for its model and stronger ones."""
    page = visitor.open("data", TRIAL)
    press(page, "What would it cost per day?")
    expect(page.get_by_text("about 30 judgements a day")).to_be_visible()
    visitor.shoot(page, "judge-trial-cost")


@pytest.mark.parametrize("name", [HOSTILE[0], HOSTILE[4], HOSTILE[6]])
def test_hostile_texts_stay_text(visitor: Visitor, name: str) -> None:
    """Names, definitions, versions, models and explanations of every kind are text and nothing else."""
    page = visitor.open("hostile", f"/judges?judge={quote(name)}&sample=req_asked")
    expect(page.get_by_role("heading", name="Judge")).to_be_visible()
    as_ana(page)
    press(page, "Judge the sample")
    says(page, "The draft says")
    for section in ("Try a text", "Now", "Versions"):
        settled(page)
        page.get_by_role("radio", name=section).click()
        unfold_all(page)
        visitor.shoot(page, f"judge-hostile-{HOSTILE.index(name)}-{section[:3]}")
        stays_text(page, name)
