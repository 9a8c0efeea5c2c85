"""What the pages answer beyond Streamlit's own."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ui.answers import AGAIN, PAGES, Answers, page_html, policy

KNOWN = "https://leadline.example"


async def page(_: Request) -> Response:
    answer = HTMLResponse("<p>")
    answer.set_cookie("_streamlit_xsrf", "x")
    return answer


async def callback(request: Request) -> Response:
    answer = RedirectResponse("/", 302)
    if request.query_params.get("code") == "good":
        answer.set_cookie("_streamlit_user", "somebody")
    else:
        answer.delete_cookie("_streamlit_user")
    return answer


async def login(_: Request) -> Response:
    return Response("Authentication error", 400)


def client(address: str = KNOWN, *, signs_in: bool = True) -> httpx2.AsyncClient:
    """A browser at pages that answer as Streamlit does."""
    routes = [Route("/oauth2callback", callback), Route("/auth/login", login)]
    routes.append(Route("/{rest:path}", page, methods=["GET", "POST"]))
    transport = httpx2.ASGITransport(app=Answers(Starlette(routes=routes), address, signs_in=signs_in))
    return httpx2.AsyncClient(transport=transport, base_url=address)


async def landed(asked: str, code: str) -> str:
    """Where somebody ends who asked for this page and came back from the provider."""
    async with client() as browser:
        await browser.get(asked)
        return (await browser.get(f"/oauth2callback?code={code}")).headers["location"]


@pytest.mark.parametrize("asked", ["/", "/regression?monitor=a%2Fb&x=1", "/alerts?incident=inc_1", "/settings"])
async def test_signing_in_leads_to_the_page_that_was_asked_for(asked: str) -> None:
    """With all of its address."""
    assert await landed(asked, "good") == asked


@pytest.mark.parametrize("asked", ["/nowhere", "//evil.example/", "/regression/../x", f"/alerts?{'a' * 3000}", AGAIN])
async def test_no_other_address_is_led_to(asked: str) -> None:
    """What is no page of ours, or too long for a cookie, ends on the overview."""
    assert await landed(asked, "good") == "/"


async def test_a_cookie_that_somebody_else_wrote_leads_nowhere_else() -> None:
    """Whatever stands in it, the way leads to a page of ours."""
    async with client() as browser:
        for told in ("//evil.example", "https://evil.example", "%2F%2Fevil.example", "/alerts%0d%0ax: y", "\\evil"):
            cookie = {"cookie": f"leadline_next={told}"}
            answer = await browser.get("/oauth2callback?code=good", headers=cookie)
            assert answer.headers["location"] == "/"


async def test_a_sign_in_that_failed_leads_to_the_door() -> None:
    """Whether the provider did not answer or its answer did not hold: the page says so, in place of a bare error."""
    assert await landed("/alerts", "bad") == AGAIN
    async with client() as browser:
        answer = await browser.get("/auth/login?provider=x")
    assert (answer.status_code, answer.headers["location"]) == (302, AGAIN)


async def test_coming_back_from_signing_out_is_no_failure() -> None:
    """The provider leads back to the same address, without a code."""
    async with client() as browser:
        assert (await browser.get("/oauth2callback")).headers["location"] == "/"


@pytest.mark.parametrize(("address", "secure"), [(KNOWN, True), ("http://localhost:8321", False)])
async def test_cookies_are_secure_where_the_way_is(address: str, secure: bool) -> None:
    """Behind https no cookie travels without it; on this machine it would not travel at all."""
    async with client(address) as browser:
        cookies = (await browser.get("/alerts")).headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert {("; Secure" in cookie) for cookie in cookies} == {secure}


async def test_where_nobody_signs_in_no_page_is_remembered() -> None:
    """There is no cookie more than Streamlit's."""
    async with client(signs_in=False) as browser:
        assert len((await browser.get("/alerts")).headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize(
    ("method", "origin", "status"),
    [
        ("GET", "https://evil.example", 200),
        ("POST", "https://evil.example", 403),
        ("POST", "null", 403),
        ("POST", KNOWN, 200),
        ("POST", None, 200),
    ],
)
async def test_another_sites_script_changes_nothing(method: str, origin: str | None, status: int) -> None:
    """With keys or sign-in, too, what changes something must come from our own pages."""
    async with client() as browser:
        answer = await browser.request(method, "/_stcore/upload_file", headers={"origin": origin} if origin else {})
    assert answer.status_code == status


async def opened(origin: str, host: str) -> list[Any]:
    """What becomes of a socket: the messages that were sent, or the Host that Streamlit sees."""
    seen: list[Any] = []

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["headers"])[b"host"].decode())

    async def send(message: Any) -> None:
        seen.append(message["type"])

    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
    await Answers(pages, KNOWN, signs_in=True)(scope, None, send)  # type: ignore[arg-type]
    return seen


async def test_a_socket_opens_for_our_own_pages_only() -> None:
    """A foreign page's socket is closed before Streamlit sees it, which would ask the internet for its own address."""
    assert await opened("https://evil.example", "leadline.example") == ["websocket.close"]
    assert await opened(KNOWN, "leadline.example") == ["leadline.example"]
    assert await opened("http://127.0.0.1:1", "127.0.0.1:1") == ["127.0.0.1:1"]


async def test_behind_a_proxy_the_known_name_counts() -> None:
    """A proxy that puts its own name for us into Host does not turn our pages into foreign ones."""
    assert await opened(KNOWN, "10.0.0.7:8321") == ["leadline.example"]


async def test_pages_load_nothing_from_elsewhere() -> None:
    """Every page carries the policy, and no other site gets hold of it: in a frame, as its opener, or as a resource."""
    async with client() as browser:
        headers = (await browser.get("/alerts")).headers
    told = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    scripts = told.pop("script-src").split()
    assert (scripts[0], {one[:8] for one in scripts[1:]}) == ("'self'", {"'sha256-"})
    assert told == {
        "default-src": "'none'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "connect-src": "'self' ws://leadline.example wss://leadline.example",
        "frame-ancestors": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    apart = ("referrer-policy", "cross-origin-opener-policy", "cross-origin-resource-policy")
    assert {headers[name] for name in apart} == {"same-origin"}


def test_the_policy_names_the_scripts_of_the_page() -> None:
    """Two scripts stand in the HTML itself; nothing is allowed that is not named, and no Host can add to it."""
    assert page_html().count("<script>") == policy("h").count("'sha256-") == 2
    assert policy("h; script-src *") == policy("")


def test_every_page_of_the_folder_is_known() -> None:
    """A page can be opened by its own address, and signed in to."""
    assert {"/", "/overview", "/alerts", "/settings"} <= PAGES
