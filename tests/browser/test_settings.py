"""The settings page: who the reader is, how the service fares, what it lacks, and its settings."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import Visitor, words
from tests.browser.people import settled
from tests.fake_api import HOSTILE, KEY, World
from tests.fake_service import SECRET

pytestmark = pytest.mark.slow
PATH = "/settings"


@pytest.fixture
def app(app: AppTest) -> AppTest:
    """The page's script."""
    return app.run().switch_page("pages/settings.py")


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("data", ["The service is ready", "up for 3 days", "1 problem, 1 hint", "→ switch content on"]),
        ("data", ["there are no API keys: whoever reaches this port is **admin**"]),
        ("reader", ["An API key is in use, role **viewer**", "change nothing"]),
        ("healthy", ["The service is ready", "Nothing to mend"]),
        ("empty", ["up for 5 seconds", "Last look: never"]),
        ("unheard", ["The service cannot store", "the disk is nearly full"]),
        ("hostile", ["The service cannot store", f"{1 + len(HOSTILE)} problems, 1 hint"]),
        ("down", ["The service cannot answer now", "answered 503"]),
        ("locked", ["This service wants an API key"]),
    ],
)
def test_the_page_says_how_the_service_fares(
    app: AppTest, served: tuple[FastAPI, str], scenario: str, says: list[str]
) -> None:
    """In every state the page runs without an error and says what is the matter."""
    served[0].state.world = World(scenario)
    said = words(app.run())
    assert [phrase for phrase in says if phrase not in said] == []


def test_settings_are_found_by_words(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """A part of a name, a value or a meaning finds them; those that were set can be had alone."""
    served[0].state.world = World("data")
    app.run()
    app.text_input(key="find").set_value("port of the API").run()
    assert list(app.dataframe[-1].value["Setting"]) == ["server.port"]
    app.text_input(key="find").set_value("").run()
    app.toggle(key="changed").set_value(True).run()
    assert list(app.dataframe[-1].value["Setting"]) == [
        "server.port", "features.support-chat.owner", 'features."a.b".owner', "webhook_secret"
    ]  # fmt: skip
    app.text_input(key="find").set_value("no such thing").run()
    assert "No setting fits." in words(app)


def test_no_secret_is_among_them(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """Of secrets the page knows only whether they are set; the text of one that is set is nowhere."""
    served[0].state.world = World("data")
    app.run()
    everything = app.dataframe[-1].value.to_csv()
    assert "webhook_secret,set" in everything
    assert SECRET not in everything + words(app)
    app.text_input(key="find").set_value("secret").run()
    shown = app.dataframe[-1].value.set_index("Setting")["Value"]
    assert (shown["cookie_secret"], shown["webhook_secret"]) == ("not set", "set")
    app.text_input(key="find").set_value(SECRET).run()
    assert "No setting fits." in words(app)


def test_a_key_is_given_and_forgotten(app: AppTest, served: tuple[FastAPI, str]) -> None:
    """A wrong key is answered in the service's words; the right one opens the page, until its reader signs out."""
    served[0].state.world = World("locked")
    app.run()
    for key, says in (("wrong", "The service says: key needed"), (KEY, "An API key is in use, role **admin**")):
        app.text_input[0].set_value(key)
        app.button[0].click().run()
        assert says in words(app)
    next(button for button in app.button if button.label == "Sign out").click().run()
    assert "This service wants an API key" in words(app)
    assert not app.error


@pytest.mark.parametrize("scenario", ["data", "unheard", "healthy", "empty", "down", "unreachable", "reader"])
def test_the_page_is_whole_on_a_desk_and_on_a_phone(visitor: Visitor, scenario: str) -> None:
    """Nothing is cut off, logged, lost or fetched from elsewhere."""
    page = visitor.open(scenario, PATH)
    visitor.shoot(page, f"settings-{scenario}")


def test_what_is_looked_for_stands_in_the_address(visitor: Visitor) -> None:
    """A link to a setting shows that setting."""
    page = visitor.open("data", f"{PATH}?find=session_hours")
    settled(page)
    expect(page.get_by_role("textbox", name="Find a setting")).to_have_value("session_hours")
    visitor.shoot(page, "settings-found")
