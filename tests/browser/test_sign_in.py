"""Signing in to a real service with a real browser, at a provider on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from playwright.sync_api import BrowserContext, Page, WebSocket, expect

from tests.acceptance.process import serve
from tests.browser.conftest import ROOT, Visitor
from tests.fake_oidc import CLIENT, SECRET, FakeProvider

pytestmark = pytest.mark.slow

ANA = {"email": "ana@example.com", "email_verified": True}
BEN = {"email": "ben@example.com", "email_verified": True, "groups": ["product"]}
SILENCES = "/alerts?show=Silences"
SIGN_IN = "Sign in to Leadline"
SOON = 30_000
"""Milliseconds in which a page is loaded, asks the service, and stands there, on a machine that is busy."""
DATABASE = "kept-here.duckdb"
USER_COOKIE = "_streamlit_user"
CONFIG = """
[sign_in]
metadata_url = "{metadata_url}"
client_id = "{client}"
admins = ["ana@example.com"]
viewers = ["group:product"]
"""


class Guest(Visitor):
    """A reader whose browser also goes to the provider, and no further."""

    def __init__(self, context: BrowserContext, service: Any, provider: FakeProvider) -> None:
        super().__init__(context, service)
        self.provider = provider

    def sign_in(self, path: str, user: dict[str, Any]) -> Page:
        """Opens a page and signs in as this user."""
        self.provider.user = user
        page = self.open("", path)
        expect(page.get_by_role("heading", name=SIGN_IN)).to_be_visible(timeout=SOON)
        page.get_by_role("button", name="Sign in", exact=True).click()
        return page

    def _ours(self, url: str) -> bool:
        return super()._ours(url) or url.startswith(f"{self.provider.url}/")


class Up:
    """A real service, for a visitor who opens its pages, by one of its addresses."""

    def __init__(self, url: str) -> None:
        self.url = url

    def play(self, _: str) -> None:
        """A real service has no scenarios."""


ENVIRON = {"LEADLINE_SIGN_IN_SECRET": SECRET, "LEADLINE_UI_KEY": "a-key-of-nobody"}


def written(folder: Path, provider: FakeProvider) -> Path:
    """The configuration of a service where this provider's people sign in."""
    file = folder / "leadline.toml"
    file.write_text(CONFIG.format(metadata_url=provider.metadata_url, client=CLIENT))
    return file


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    """The provider of this module's people."""
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="module")
def service(provider: FakeProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The whole service as its users start it."""
    folder = tmp_path_factory.mktemp("sign-in")
    running = serve(folder / DATABASE, "--config", str(written(folder, provider)), "up", environ=ENVIRON)
    yield Up(running.url)
    running.interrupt(20)


@pytest.fixture
def moved(provider: FakeProvider, tmp_path: Path) -> Iterator[Up]:
    """A service whose clock can be moved."""
    command = [sys.executable, "-m", "tests.sign_in_app", str(written(tmp_path, provider)), str(tmp_path / DATABASE)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **ENVIRON})
    assert process.stdout is not None
    yield Up(process.stdout.readline().strip())
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture
def new_guest(browser: BrowserContext, service: Up, provider: FakeProvider) -> Iterator[Any]:
    """Makes readers with a browser profile of their own each; the test fails when a page of theirs was in trouble."""
    guests: list[Guest] = []
    assert browser.browser is not None

    def made(site: Up = service) -> Guest:
        assert browser.browser is not None
        guests.append(Guest(browser.browser.new_context(timezone_id="Europe/Berlin"), site, provider))
        return guests[-1]

    provider.age, provider.down, provider.signing = 0, False, provider.key
    yield made
    for one in guests:
        one.context.close()
    assert [trouble for one in guests for trouble in one.troubles] == []


@pytest.fixture
def guest(new_guest: Any) -> Guest:
    """One reader."""
    made: Guest = new_guest()
    return made


def test_before_sign_in_nothing_is_told(guest: Guest) -> None:
    """The page shows the way in; not even the names of the pages go over the socket."""
    received: list[bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(frame if isinstance(frame, bytes) else frame.encode()))

    guest.context.on("page", lambda page: page.on("websocket", listen))
    page = guest.open("", "/coverage")
    expect(page.get_by_role("heading", name=SIGN_IN)).to_be_visible(timeout=SOON)
    guest.shoot(page, "sign-in")
    assert any(SIGN_IN.encode() in frame for frame in received)
    secrets = (b"Coverage", b"Overview", b"/v1/", DATABASE.encode())
    assert not [frame for frame in received if any(secret in frame for secret in secrets)]


def test_a_viewer_sees_and_cannot_act(guest: Guest) -> None:
    """Signing in leads to the page that was asked for; what a viewer may not do is switched off, with the reason."""
    page = guest.sign_in(SILENCES, BEN)
    expect(page.get_by_role("heading", name="Nothing is silenced.")).to_be_visible(timeout=SOON)
    assert page.url.endswith(SILENCES)
    expect(page.get_by_text("You are a viewer")).to_be_visible()
    expect(page.get_by_role("button", name="Silence", exact=True)).to_have_count(0)
    guest.shoot(page, "sign-in-viewer")


def test_an_admin_acts_in_their_own_name(guest: Guest) -> None:
    """Nobody asks for a name, and the audit log has the one that the provider vouched for."""
    page = guest.sign_in(SILENCES, ANA)
    expect(page.get_by_text("You act as ana@example.com")).to_be_visible(timeout=SOON)
    expect(page.get_by_role("textbox", name="Your name")).to_have_count(0)
    page.get_by_role("combobox", name="Feature").fill("support-*")
    page.get_by_role("combobox", name="Feature").press("Enter")
    page.get_by_role("textbox", name="Reason").fill("Moving house")
    page.get_by_role("button", name="Silence", exact=True).click()
    expect(page.get_by_text("Set by ana@example.com")).to_be_visible(timeout=SOON)
    page.wait_for_load_state("networkidle")
    page.goto(f"{guest.site.url}/alerts?show=Audit+log")
    expect(page.get_by_text("ana@example.com", exact=True).first).to_be_visible(timeout=SOON)


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"email": "eve@example.org", "email_verified": True}, "You are known, and not let in"),
        ({"email": "<img src=x onerror=alert(1)>", "email_verified": True}, "You are known, and not let in"),
        ({"email": "ana@example.com", "email_verified": False}, "does not vouch for your address"),
        ({"name": "Ana"}, "its token has no email"),
    ],
)
def test_a_stranger_is_told_why(guest: Guest, user: dict[str, Any], told: str) -> None:
    """Who is not named sees nothing but the reason and the ways out."""
    page = guest.sign_in("/", user)
    expect(page.get_by_text(told)).to_be_visible(timeout=SOON)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_text("No samples yet")).to_have_count(0)
    guest.shoot(page, "sign-in-stranger")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible(timeout=SOON)


def test_a_session_that_is_over_is_signed_in_again(guest: Guest) -> None:
    """Hours after the provider vouched for somebody they are asked to sign in again, and go on from there."""
    guest.provider.age = 13 * 3600
    page = guest.sign_in("/", ANA)
    expect(page.get_by_text("Your sign-in is over.")).to_be_visible(timeout=SOON)
    guest.provider.age = 0
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("No samples yet")).to_be_visible(timeout=SOON)


def test_a_session_ends_while_it_is_looked_at(moved: Up, new_guest: Any) -> None:
    """What refreshes by itself stops showing anything once the time is up."""
    page = new_guest(moved).sign_in("/", ANA)
    expect(page.get_by_text("No samples yet")).to_be_visible(timeout=SOON)
    urllib.request.urlopen(urllib.request.Request(f"{moved.url}/api/later/13", method="POST"), timeout=20).close()
    expect(page.get_by_text("Your sign-in is over.")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("No samples yet")).to_have_count(0)


def test_a_changed_cookie_opens_nothing(guest: Guest) -> None:
    """A cookie with one letter altered is no sign-in."""
    page = guest.sign_in("/", ANA)
    expect(page.get_by_text("No samples yet")).to_be_visible(timeout=SOON)
    (cookie,) = [dict(one) for one in guest.context.cookies() if one.get("name") == USER_COOKIE]
    value = str(cookie["value"])
    other = value[:20] + ("A" if value[20] != "A" else "B") + value[21:]
    guest.context.add_cookies([{"name": USER_COOKIE, "value": other, "url": guest.site.url}])
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.get_by_role("heading", name=SIGN_IN)).to_be_visible(timeout=SOON)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")


@pytest.mark.parametrize("trouble", ["forged", "down"])
def test_a_sign_in_that_fails_says_so(guest: Guest, trouble: str) -> None:
    """A token that the provider did not sign, or no provider: the page says so, and nobody is in."""
    if trouble == "forged":
        guest.provider.signing = generate_private_key(public_exponent=65537, key_size=2048)
    else:
        guest.provider.down = True
    page = guest.sign_in("/", ANA)
    expect(page.get_by_text("The sign-in did not succeed.")).to_be_visible(timeout=SOON)
    guest.shoot(page, "sign-in-failed")
    guest.provider.down, guest.provider.signing = False, guest.provider.key
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("No samples yet")).to_be_visible(timeout=SOON)


def test_signing_out_ends_every_tab_and_every_copy(new_guest: Any) -> None:
    """Other tabs of the browser are out, too, and a copy of the cookie that somebody made before is worth nothing."""
    guest, thief = new_guest(), new_guest()
    page = guest.sign_in("/settings", ANA)
    expect(page.get_by_text("Signed in as ana@example.com, role admin")).to_be_visible(timeout=SOON)
    guest.shoot(page, "settings-signed-in")
    other = guest.open("", SILENCES)
    expect(other.get_by_role("radio", name="Audit log")).to_be_visible(timeout=SOON)
    thief.context.add_cookies(guest.context.cookies())
    stolen = thief.open("", "/")
    expect(stolen.get_by_text("No samples yet")).to_be_visible(timeout=SOON)
    before = guest.provider.signed_out
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible(timeout=SOON)
    assert guest.provider.signed_out == before + 1
    assert not [one for one in guest.context.cookies() if one.get("name") == USER_COOKIE]
    other.get_by_role("radio", name="Audit log").click()
    expect(other.get_by_role("heading", name=SIGN_IN)).to_be_visible(timeout=SOON)
    stolen.wait_for_load_state("networkidle")
    stolen.reload()
    expect(stolen.get_by_role("heading", name=SIGN_IN)).to_be_visible(timeout=SOON)


def test_another_address_leads_to_the_known_one(guest: Guest) -> None:
    """Opened by a name that the provider does not know, the page says where signing in works."""
    known = guest.site.url
    guest.site = Up(known.replace("127.0.0.1", "localhost"))
    page = guest.open("", "/")
    expect(page.get_by_role("link", name=known)).to_be_visible(timeout=SOON)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_have_count(0)
    guest.shoot(page, "sign-in-elsewhere")
