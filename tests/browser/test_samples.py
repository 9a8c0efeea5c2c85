"""The page Samples in a real browser: searching, reading a conversation, judging again, taking a file away."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.people import says, settled, stays_text, taken, unfold, unfold_all
from tests.fake_api import HOSTILE

pytestmark = pytest.mark.slow

TALK = "/samples?sample=talk_3"
STATES = {
    "list": ("data", "/samples", "The newest 25"),
    "filtered": ("data", "/samples?text=rechnung&feature=support-chat&verdict=failed&meta=plan%3Dpro", "1 sample"),
    "nothing": ("data", "/samples?text=nowhere", "No sample matches"),
    "deep": ("data", "/samples?text=deep", "Nothing yet"),
    "refused": ("data", "/samples?meta=plan", "This cannot be searched for"),
    "unknown": ("data", "/samples?sample=never", "There is no sample with the id in this address"),
    "talk": ("data", TALK, "This sample"),
    "alone": ("data", "/samples?sample=plain_1", "What was said"),
    "expired": ("data", "/samples?sample=gone", "The text was deleted after the days"),
    "withheld": ("data", "/samples?sample=withheld", "The text is not kept"),
    "long": ("data", "/samples?sample=long_7", "2 earlier samples"),
    "failed": ("data", "/samples?sample=failed", "overloaded_error"),
    "huge": ("data", "/samples?sample=huge", "Alles bitte"),
    "one-down": ("down", TALK, "The service cannot answer now"),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_what_it_is(visitor: Visitor, name: str) -> None:
    """Opened by its own address, the page says in words what is the matter and fits the screen."""
    scenario, path, words = STATES[name]
    page = visitor.open(scenario, path)
    says(page, words)
    visitor.shoot(page, f"samples-{name}")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_what_is_asked_for_stands_in_the_address(visitor: Visitor) -> None:
    """A search by form is a link that finds the same again, and the reset button takes everything back."""
    page = visitor.open("data", "/samples")
    page.get_by_role("textbox", name="Words in request or response").fill("Storno")
    settled(page)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="1 sample")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/samples\?text=Storno$"))
    page.reload()
    expect(page.get_by_role("heading", name="1 sample")).to_be_visible()
    expect(page.get_by_role("textbox", name="Words in request or response")).to_have_value("Storno")
    settled(page)
    page.get_by_role("button", name="Reset all filters").click()
    expect(page.get_by_role("heading", name="The newest 25")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/samples$"))


def test_a_filter_is_chosen_from_what_there_is(visitor: Visitor) -> None:
    """The values are offered; choosing a verdict narrows the list."""
    page = visitor.open("data", "/samples")
    settled(page)
    page.get_by_role("combobox", name="Verdict").click()
    page.get_by_role("option", name="failed").click()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page).to_have_url(re.compile(r"/samples\?verdict=failed$"))
    expect(page.get_by_role("heading", name="1 sample")).to_be_visible()


def test_slow_samples_are_looked_for(visitor: Visitor) -> None:
    """A least figure is typed as a number, stands in the address, and what is no number is said and left out."""
    page = visitor.open("data", "/samples")
    settled(page)
    page.get_by_text("More filters").click()
    page.get_by_role("spinbutton", name="Latency from (ms)").fill("5000")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page).to_have_url(re.compile(r"/samples\?min_latency_ms=5000$"))
    expect(page.get_by_role("heading", name="No sample matches")).to_be_visible()
    page.get_by_text("More filters (1 set)").click()
    expect(page.get_by_role("spinbutton", name="Latency from (ms)")).to_have_value("5000")
    visitor.shoot(page, "samples-slow")
    page = visitor.open("data", "/samples?min_latency_ms=800")
    expect(page.get_by_role("heading", name="The newest 25")).to_be_visible()
    page = visitor.open("data", "/samples?min_latency_ms=slow&min_output_tokens=99999999999999999999")
    expect(page.get_by_text("There is no such value of the filter Latency from (ms)")).to_be_visible()
    expect(page.get_by_text("There is no such value of the filter Output tokens from")).to_be_visible()


def test_older_samples_are_a_page_away(visitor: Visitor) -> None:
    """The way to older samples keeps the filters, and the way back is there."""
    page = visitor.open("data", "/samples?feature=support-chat")
    page.get_by_role("link", name="Older samples").click()
    expect(page.get_by_role("heading", name="The next 25")).to_be_visible()
    page.get_by_role("link", name="Back to the newest").click()
    expect(page.get_by_role("heading", name="The newest 25")).to_be_visible()


def test_the_way_back_leads_to_the_page_of_the_list(visitor: Visitor) -> None:
    """Through a sample and another of its conversation, the filters and the page are still there."""
    page = visitor.open("data", "/samples?feature=support-chat")
    page.get_by_role("link", name="Older samples").click()
    expect(page.get_by_role("heading", name="The next 25")).to_be_visible()
    here = "feature=support-chat&before=[^&]+"
    expect(page.get_by_role("link", name=re.compile("support-chat")).first).to_have_attribute(
        "href", re.compile(f"{here}&sample=")
    )
    talk = visitor.open("data", f"{TALK}&feature=support-chat&before=there")
    expect(talk.get_by_role("link", name=re.compile("support-chat")).first).to_have_attribute(
        "href", re.compile(f"{here}&sample=talk_1")
    )
    expect(talk.get_by_role("link", name="Back to the list")).to_have_attribute("href", re.compile(f"{here}$"))


def test_a_filter_that_is_not_applied_is_not_shown(visitor: Visitor) -> None:
    """A verdict that there is none of is said, and the box is empty."""
    page = visitor.open("data", "/samples?verdict=Failed")
    expect(page.get_by_text("There is no such value of the filter Verdict")).to_be_visible()
    expect(page.get_by_role("combobox", name="Verdict")).to_have_value("")


def test_a_conversation_is_read_turn_by_turn(visitor: Visitor) -> None:
    """Tools stand by name, all of it stands as JSON, other turns lead to their samples, the list is a click away."""
    page = visitor.open("data", TALK)
    expect(page.get_by_text("Calls the tool")).to_have_count(1)
    expect(page.get_by_text(re.compile("Result of the tool"))).to_have_count(1)
    expect(page.get_by_text('"customer"').first).to_be_visible()
    unfold(page, "Raw JSON")
    expect(page.get_by_test_id("stCode").filter(has_text='"sample_id": "talk_3"')).to_be_visible()
    name, told = taken(page, page.get_by_role("button", name="Download the JSON"))
    assert (name, json.loads(told)["sample_id"]) == ("sample.json", "talk_3")
    page.get_by_role("link", name=re.compile("support-chat")).first.click()
    expect(page.get_by_role("heading", name="Sample talk_1")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_role("heading", name="The newest 25")).to_be_visible()


def test_a_sample_is_judged_again(visitor: Visitor) -> None:
    """Who asks gives a name; what came of it by each judge stands below the button."""
    page = visitor.open("data", TALK)
    page.get_by_role("textbox", name="Your name").fill("Ana")
    page.get_by_role("textbox", name="Your name").press("Enter")
    settled(page)
    page.get_by_role("button", name="Judge this again").click()
    expect(page.get_by_text("This time it decided otherwise.")).to_be_visible()
    expect(page.get_by_text("The budget of the day is spent.")).to_be_visible()
    visitor.shoot(page, "samples-again")


def test_a_readers_key_may_not_judge(visitor: Visitor) -> None:
    """The page says so beforehand and asks for another key."""
    page = visitor.open("reader", TALK)
    settled(page)
    expect(page.get_by_text("The key in use may read, not act.")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Judge this again")).to_be_disabled()


@pytest.mark.parametrize(("label", "kind"), [("CSV", "csv"), ("Parquet", "parquet"), ("JSON lines", "jsonl")])
def test_the_selection_is_taken_away_as_a_file(visitor: Visitor, label: str, kind: str) -> None:
    """One click makes and saves the file."""
    page = visitor.open("data", "/samples?text=rechnung")
    settled(page)
    name, told = taken(page, page.get_by_role("button", name=label, exact=True))
    assert (name, told.endswith(f"1,{kind}\n".encode())) == (f"samples.{kind}", True)


def test_a_regressions_example_leads_to_its_sample_and_back(visitor: Visitor) -> None:
    """From the example to the sample; from the sample's verdict to its monitor."""
    page = visitor.open("data", "/regression?monitor=support-chat-valid_json")
    settled(page)
    expect(page.locator("a[href='samples?sample=req_0']").first).to_be_visible(timeout=20_000)
    page = visitor.open("data", TALK)
    link = page.get_by_role("link", name="Its monitor").first
    expect(link).to_have_attribute("href", re.compile(r"^regression\?monitor=[0-9a-f]{16}$"))


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_hostile_samples_are_only_text(visitor: Visitor, place: int) -> None:
    """In every field, as a tool, a role, a label: they are shown, run nothing, load nothing and lead nowhere."""
    page = visitor.open("hostile", f"/samples?sample=hostile_{place}")
    settled(page)
    unfold_all(page)
    if place in (0, HOSTILE.index("W" * 400)):
        visitor.shoot(page, f"samples-hostile-{place}")
    stays_text(page, HOSTILE[place])
