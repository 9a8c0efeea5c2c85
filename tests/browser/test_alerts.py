"""The page Alerts in a real browser: every state, and what people do there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Visitor
from tests.browser.people import ACK, as_ana, press, said, says, settled, stays_text, unfold, unfold_all
from tests.fake_api import HOSTILE

pytestmark = pytest.mark.slow

FIRST = "/alerts?incident=inc_1"
BACK = "Take back: nobody sees to it"
STATES = {
    "list": ("data", "/alerts", "4 incidents are open, nobody sees to 1 of them"),
    "list-unheard": ("unheard", "/alerts", "Told to nobody"),
    "incident-unheard": ("unheard", FIRST, "By the last look"),
    "list-none-open": ("healthy", "/alerts", "Nothing is open"),
    "list-empty": ("empty", "/alerts", "No incident yet"),
    "list-huge": ("huge", "/alerts", "300 incidents are open, nobody sees to any of them"),
    "down": ("down", "/alerts", "The service cannot answer now"),
    "unreachable": ("unreachable", "/alerts", "The service does not answer"),
    "locked": ("locked", "/alerts", "This service wants an API key"),
    "unknown": ("data", "/alerts?incident=nothing", "There is no incident with the id in this address"),
    "incident": ("data", FIRST, "fell from 97.1 % to 88.0 % at the alarm (+2 more)"),
    "incident-down": ("down", FIRST, "The service cannot answer now"),
    "incident-storm": ("storm", FIRST, "200 alerts of 50 features that began at one time"),
    "incident-seen": ("data", "/alerts?incident=inc_2", BACK),
    "incident-silenced": ("data", "/alerts?incident=inc_3", "silenced until Fri 20 Nov 18:00 (17:00 UTC)"),
    "incident-explained": ("data", "/alerts?incident=inc_4", "Nobody was told: explained by a broken judge"),
    "incident-ended": ("data", "/alerts?incident=inc_7", "Ended by Ana"),
    "incident-resolved": ("data", "/alerts?incident=inc_5", "Recovered at"),
    "silences": ("data", "/alerts?show=Silences", "1 silence mutes 2 alerts now"),
    "silences-empty": ("empty", "/alerts?show=Silences", "Nothing is silenced."),
    "channels": ("data", "/alerts?show=Channels", "9 failures in a row; next attempt Fri 20 Nov 13:04"),
    "channels-empty": ("empty", "/alerts?show=Channels", "SLACK_APPRISE_URL"),
    "routing": ("data", "/alerts?show=Routing", "Who is told of what"),
    "routing-huge": ("huge", "/alerts?show=Routing", "Who is told of what"),
    "audit": ("data", "/alerts?show=Audit+log", "Who did what"),
    "audit-huge": ("storm", "/alerts?show=Audit+log", "Who did what"),
    "audit-empty": ("empty", "/alerts?show=Audit+log", "Nothing was done yet"),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_what_it_is(visitor: Visitor, name: str) -> None:
    """Opened by its own address, the page says in words what is the matter and fits the screen."""
    scenario, path, words = STATES[name]
    page = visitor.open(scenario, path)
    says(page, words)
    visitor.shoot(page, f"alerts-{name}")


def test_an_incident_is_found_from_the_overview_and_leads_to_its_regressions(visitor: Visitor) -> None:
    """The firing card leads to the incident, the incident to each of its monitors, and back to the list."""
    page = visitor.open("data", "/")
    page.get_by_role("link", name="Open the incident").click()
    expect(page.get_by_role("heading", name="What was told")).to_be_visible()
    assert page.url.endswith(FIRST)
    page.get_by_role("link", name=re.compile("Pass rate of smell_heuristic")).click()
    expect(page).to_have_url(re.compile(r"/regression\?monitor=support-chat-smell_heuristic$"))
    page.go_back()
    page.get_by_role("link", name="All incidents").click()
    expect(page.get_by_role("heading", name="4 incidents are open")).to_be_visible()
    page.get_by_role("link", name="Open the incident").nth(3).click()
    expect(page.get_by_text(BACK)).to_be_visible()


def test_somebody_sees_to_it_and_no_longer(visitor: Visitor) -> None:
    """Who acknowledges is named at once and in the history; it can be taken back."""
    page = visitor.open("data", FIRST)
    as_ana(page)
    press(page, ACK)
    expect(page.get_by_text("Ana sees to it, assigned to Ben")).to_be_visible()
    expect(page.get_by_text("Ana sees to it on the page")).to_be_visible()
    press(page, BACK)
    expect(page.get_by_text("Ana no longer sees to it on the page")).to_be_visible()
    expect(page.get_by_role("button", name=ACK)).to_be_visible()


def test_what_to_do_stands_above_the_evidence(visitor: Visitor) -> None:
    """On a phone the name, the button, the comment and what is folded come before what was told and its examples."""
    page = visitor.open("data", FIRST)
    page.set_viewport_size({"width": 390, "height": 900})
    told = page.get_by_role("heading", name="What was told")
    wanted = [
        page.get_by_role("textbox", name="Your name"),
        page.get_by_role("button", name=ACK),
        page.get_by_role("textbox", name="Comment"),
        page.get_by_text("Assign to somebody"),
        page.get_by_text("Silence what matches"),
        page.get_by_text("Resolve by hand"),
    ]
    settled(page)
    tops = [(one.bounding_box() or {})["y"] for one in [*wanted, told]]
    assert tops == sorted(tops)
    expect(page.get_by_text("Failing example 1")).to_be_visible()
    expect(page.get_by_text("Failing example 2")).not_to_be_visible()
    unfold(page, "2 more failing examples")
    expect(page.get_by_text("Failing example 3")).to_be_visible()


def readable(page: Page, width: int) -> None:
    """No text is cut off: all of it is wider and higher than what it holds, and none is drawn on a canvas."""
    page.set_viewport_size({"width": width, "height": 900})
    settled(page)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    cut = "texts => texts.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    assert page.locator("[data-testid=stMarkdown], [data-testid=stText]").evaluate_all(cut) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_routes_are_readable_at_every_width(visitor: Visitor, width: int) -> None:
    """Each feature has its owner and all severities in sight, on a phone below each other."""
    page = visitor.open("data", "/alerts?show=Routing")
    readable(page, width)
    expect(said(page, "info nobody (working-hours)")).to_be_visible()
    expect(said(page, "search-summary · owner search")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_log_is_readable_at_every_width_and_leafed_through(visitor: Visitor, width: int) -> None:
    """What was done stands whole, with the whole id of its incident and the way there; older lines are on pages."""
    page = visitor.open("data", "/alerts?show=Audit+log")
    readable(page, width)
    expect(said(page, "Told oncall and slack that it fires")).to_be_visible()
    expect(page.get_by_text("Confirmed: the prompt lost its last line.\nRolling back p7 now.")).to_be_visible()
    page.get_by_role("link", name="Its incident").first.click()
    expect(page.get_by_role("heading", name="What was told")).to_be_visible()
    page = visitor.open("storm", "/alerts?show=Audit+log")
    settled(page)
    page.get_by_role("button", name="Page 20").last.click()
    expect(page.get_by_text("Still looking, 0.")).to_be_visible()


def test_nothing_is_done_without_a_name(visitor: Visitor) -> None:
    """An action of nobody is not sent; the page says what is missing, and keeps what was typed."""
    page = visitor.open("data", FIRST)
    page.get_by_role("textbox", name="Comment").fill("Who am I?")
    press(page, "Comment")
    expect(page.get_by_text("Nothing was done: write your name above first.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Who am I?")


def test_the_name_is_asked_for_once(visitor: Visitor) -> None:
    """The name given for one incident stands on the other pages of the visit."""
    page = visitor.open("data", FIRST)
    as_ana(page)
    press(page, ACK)
    expect(page.get_by_text("Ana sees to it on the page")).to_be_visible()
    page.get_by_role("link", name="All incidents").click()
    page.get_by_text("Channels", exact=True).click()
    expect(page.get_by_role("textbox", name="Your name")).to_have_value("Ana")


def test_people_talk_assign_and_end_it(visitor: Visitor) -> None:
    """A comment, an assignment and an end by hand stand in the history as they were written."""
    page = visitor.open("data", FIRST)
    as_ana(page)
    page.get_by_role("textbox", name="Comment").fill("Rolled back.\nWatching.")
    press(page, "Comment")
    expect(page.get_by_text("Rolled back.\nWatching.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")
    unfold(page, "Assign to somebody")
    page.get_by_label("Who sees to it from now on").fill("Caro")
    press(page, "Assign")
    expect(page.get_by_text("Ana assigned it to Caro on the page")).to_be_visible()
    unfold(page, "Resolve by hand")
    expect(page.get_by_text("what still goes on fires again")).to_be_visible()
    page.get_by_label("Why (optional)").fill("Release 9 is out.")
    press(page, "Resolve")
    expect(page.get_by_text("Assigned to Caro, ended by Ana")).to_be_visible()
    expect(page.get_by_text("Release 9 is out.")).to_be_visible()
    expect(page.get_by_role("button", name=ACK)).to_have_count(0)


def test_an_incident_is_silenced_and_the_silence_ended(visitor: Visitor) -> None:
    """What matches is silenced with a reason; the silence stands in its section, where it is ended."""
    page = visitor.open("data", FIRST)
    as_ana(page)
    unfold(page, "Silence what matches")
    press(page, "Silence")
    expect(page.get_by_text("Nothing was done: write the reason first.")).to_be_visible()
    page.get_by_role("textbox", name="Reason").fill("We know.")
    press(page, "Silence")
    expect(page.get_by_text("The silence holds")).to_be_visible()
    expect(page.get_by_text("silenced until")).to_have_count(4)
    visitor.shoot(page, "alerts-incident-silenced-later")
    page.get_by_role("link", name="All incidents").click()
    expect(page.get_by_text("silenced until")).to_have_count(2)
    visitor.shoot(page, "alerts-list-silenced-later")
    page.get_by_text("Silences", exact=True).click()
    expect(page.get_by_text("We know.")).to_be_visible()
    expect(said(page, "Silence of feature support-chat")).to_be_visible()
    press(page, "End now")
    expect(page.get_by_text("2 are over")).to_be_visible()


def test_a_silence_of_nothing_says_so(visitor: Visitor) -> None:
    """Only the one that matches no monitor and no rule is marked: a name in it is likely wrong."""
    page = visitor.open("data", "/alerts?show=Silences")
    expect(page.get_by_text("No monitor and no rule that is known now matches it.")).to_have_count(1)


def year(page: Page, field: str, value: str) -> None:
    """Types the year of a time."""
    page.get_by_role("spinbutton", name=f"year, {field}").click()
    page.keyboard.type(value)
    page.keyboard.press("Escape")


def test_an_incident_that_nobody_was_told_of_leads_to_the_channels(visitor: Visitor) -> None:
    """Without a channel the incident says so, claims no message, and its link shows how to set one up."""
    page = visitor.open("unheard", FIRST)
    expect(page.get_by_text("Told to nobody: there is no channel")).to_be_visible()
    expect(page.get_by_role("heading", name="What was told")).to_have_count(0)
    page.get_by_role("link", name="Set up a channel").click()
    expect(page.get_by_role("heading", name="Nobody is told of anything")).to_be_visible()
    expect(page.get_by_text("[[alerts.channels]]").first).to_be_visible()


def test_a_maintenance_window_is_planned(visitor: Visitor) -> None:
    """A window takes a pattern, a time and a repetition; what the service refuses is said, and nothing is lost."""
    page = visitor.open("data", "/alerts?show=Silences")
    as_ana(page)
    page.get_by_role("radio", name="Maintenance window").click()
    expect(page.get_by_text("Times in Europe/Berlin.")).to_be_visible()
    page.get_by_role("combobox", name="Feature").fill("support-*")
    page.get_by_role("combobox", name="Feature").press("Enter")
    page.get_by_role("textbox", name="Reason").fill("Moving house")
    page.get_by_role("combobox", name="Repeats").click()
    page.get_by_role("option", name="every week").click()
    year(page, "Starts at", "2030")
    press(page, "Plan the window")
    expect(page.get_by_text("The service says: A silence ends after it starts")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Moving house")
    visitor.shoot(page, "alerts-silence-refused")
    year(page, "Ends at", "2031")
    press(page, "Plan the window")
    expect(said(page, "Maintenance window of feature support-*")).to_be_visible()
    expect(page.get_by_text("again every week at the same time UTC").first).to_be_visible()


def test_a_channel_is_tried_and_its_answer_shown(visitor: Visitor) -> None:
    """A channel that takes the test message says so, one that does not says why; what was given up is sent again."""
    page = visitor.open("data", "/alerts?show=Channels")
    as_ana(page)
    press(page, "Send a test message")
    expect(page.get_by_text("It took the test message.")).to_be_visible()
    press(page, "Send a test message", 1)
    expect(page.get_by_text("It did not take the test message:")).to_be_visible()
    visitor.shoot(page, "alerts-channel-tried")
    press(page, "Send again")
    expect(page.get_by_role("heading", name="Given up")).to_have_count(0)


def test_a_key_that_only_reads_is_told_so_and_replaced(visitor: Visitor) -> None:
    """Before anybody fills a form the page says that the key may not act; with another key all can be done."""
    page = visitor.open("reader", FIRST)
    expect(page.get_by_text("The key in use may read, not act.")).to_be_visible()
    expect(page.get_by_role("button", name=ACK)).to_be_disabled()
    expect(page.get_by_role("textbox", name="Comment")).to_have_count(0)
    visitor.shoot(page, "alerts-reader")
    page.get_by_role("textbox", name="API key with the role admin").fill("the-admin-key")
    press(page, "Use this key")
    expect(page.get_by_role("textbox", name="API key with the role admin")).to_have_count(0)
    as_ana(page)
    press(page, ACK)
    expect(page.get_by_role("button", name="Take back: nobody sees to it")).to_be_enabled()


@pytest.mark.parametrize(
    ("show", "button"), [("Silences", "End now"), ("Channels", "Send a test message"), ("Channels", "Send again")]
)
def test_what_a_reader_may_not_do_is_switched_off(visitor: Visitor, show: str, button: str) -> None:
    """Buttons that the key does not allow cannot be pressed, and there is no form that would be filled for nothing."""
    page = visitor.open("reader", f"/alerts?show={show}")
    expect(page.get_by_role("button", name=button).first).to_be_disabled()
    expect(page.get_by_role("textbox", name="Reason")).to_have_count(0)
    visitor.shoot(page, f"alerts-reader-{show}")


def test_hundreds_of_alerts_are_leafed_through(visitor: Visitor) -> None:
    """An incident of 200 alerts shows ten at a time, and the last page has the last of them."""
    page = visitor.open("storm", FIRST)
    alerts = page.get_by_role("link", name=re.compile("Pass rate of judge_"))
    expect(alerts).to_have_count(10)
    settled(page)
    page.get_by_role("button", name="Page 20").last.click()
    expect(page.get_by_role("link", name=re.compile("Pass rate of judge_3"))).to_have_count(10)


@pytest.mark.parametrize(
    "path",
    [
        FIRST,
        "/alerts?show=Silences",
        "/alerts?show=Channels",
        "/alerts?show=Audit+log",
        "/alerts?show=Routing",
    ],
)
def test_hostile_names_and_reasons_stay_text(visitor: Visitor, path: str) -> None:
    """Names, comments, reasons and errors of every kind are text and nothing else."""
    page = visitor.open("hostile", path)
    expect(page.get_by_role("heading").first).to_be_visible()
    unfold_all(page)
    visitor.shoot(page, f"alerts-hostile-{path[-8:].strip('/')}")
    stays_text(page)


def test_hostile_comments_stay_text(visitor: Visitor) -> None:
    """What somebody writes, and the name they give, is shown as it was written and does nothing."""
    page = visitor.open("data", FIRST)
    for place, text in enumerate(HOSTILE):
        page.get_by_role("textbox", name="Your name").fill(text[:80])
        page.get_by_role("textbox", name="Comment").fill(f"seen {place} {text}")
        press(page, "Comment")
        expect(page.get_by_test_id("stText").filter(has_text=f"seen {place} ").first).to_be_visible()
        stays_text(page, f"seen {place} {text}")
