"""What the pages answer beyond Streamlit's own: no other origin, nothing loaded from elsewhere, private cookies.

Signing in leads back to the page that was asked for: an alert's link is worth little when it ends on the overview.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from evaluator.api.auth import foreign, refuse
from ui.sign_in import CALLBACK

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = Path(__file__).parent / "app.py"
PAGES = frozenset({"/", *(f"/{page.stem}" for page in (SCRIPT.parent / "pages").glob("*.py"))})
# A page opened by its own address would look for its server below that address first, and log two failed requests.
BASE = "<script>window.__streamlit = {BACKEND_BASE_URL: new URL('.', location.href).href}</script>"
LOGIN = "/auth/login"
FAILED = "failed"
AGAIN = f"/?sign_in={FAILED}"
NEXT = "leadline_next"
NEXT_SECONDS = 600
LONGEST_NEXT = 2000
USER_COOKIE = "_streamlit_user="
POLICY = (
    "default-src 'none'",
    "style-src 'self' 'unsafe-inline'",  # Streamlit's styles are made in the browser.
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
_HOST = re.compile(r"[\w.:\[\]-]{1,255}")


class Answers:
    """ASGI middleware around the pages, which are known by `address` to those who sign in or read messages."""

    def __init__(self, pages: ASGIApp, address: str, *, signs_in: bool) -> None:
        self._pages = pages
        self._known = urlsplit(address)
        self._signs_in = signs_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if problem := foreign(scope, self._known.netloc):
            await refuse(problem, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._pages(self._as_known(scope), receive, send)
        else:
            await self._pages(scope, receive, partial(self._send, scope, send))

    def _as_known(self, scope: Scope) -> Scope:
        """Behind a proxy that names another host: Streamlit would ask the internet whether this is its own address."""
        headers = Headers(scope=scope)
        if urlsplit(headers.get("origin", "")).netloc != self._known.netloc:
            return scope
        kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
        return {**scope, "headers": [*kept, (b"host", self._known.netloc.encode("latin-1"))]}

    async def _send(self, scope: Scope, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            status = self._dress(scope, message["status"], headers)
            message = {**message, "status": status, "headers": headers.raw}
        await send(message)

    def _dress(self, scope: Scope, status: int, headers: MutableHeaders) -> int:
        """Adds to the headers of an answer what it lacks; the status to answer with."""
        headers["x-content-type-options"] = "nosniff"
        headers["referrer-policy"] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"
        if headers.get("content-type", "").startswith("text/html"):
            headers["content-security-policy"] = policy(Headers(scope=scope).get("host", ""))
            # Streamlit's front end takes orders from windows of its makers' hosts, where anybody may run an app.
            headers["cross-origin-opener-policy"] = "same-origin"
        if self._signs_in:
            status = self._lead_back(scope, status, headers)
        if self._known.scheme == "https":
            headers.raw[:] = [(k, v + b"; Secure" if k == b"set-cookie" else v) for k, v in headers.raw]
        return status

    def _lead_back(self, scope: Scope, status: int, headers: MutableHeaders) -> int:
        """Remembers the page before a sign-in, leads there after it, and back to the door when it failed."""
        path, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
        asked = path if not query else f"{path}?{query}"
        if path in PAGES and status < 400 and asked != AGAIN:
            headers.append("set-cookie", _remembering(asked))
        if path == LOGIN and status >= 400:
            headers["location"] = AGAIN
            return 302
        if path == CALLBACK and query and status == 302:
            cookies = headers.getlist("set-cookie")
            signed_in = any(one.startswith(USER_COOKIE) and "Max-Age=0" not in one for one in cookies)
            headers["location"] = _remembered(scope) if signed_in else AGAIN
        return status


def policy(host: str) -> str:
    """The Content-Security-Policy of the pages: what runs is Streamlit's, and everything is loaded from this host."""
    # Safari before 15.4 does not take 'self' for the socket.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    hashes = " ".join(_hashes())
    return "; ".join((*POLICY, f"script-src 'self' {hashes}", f"connect-src 'self'{sockets}"))


def page_html() -> str:
    """The HTML of a page opened by its own address."""
    return _html().replace("<head>", f"<head>{BASE}", 1)


@cache
def _html() -> str:
    from streamlit.file_util import get_static_dir

    return (Path(get_static_dir()) / "index.html").read_text("utf-8")


@cache
def _hashes() -> Sequence[str]:
    """The scripts that stand in the HTML itself, as the policy names them."""
    return [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in _inline(page_html())]


def _inline(html: str) -> Iterator[str]:
    yield from re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def _remembering(asked: str) -> str:
    kept = quote(asked, safe="") if len(asked) <= LONGEST_NEXT else ""
    return f"{NEXT}={kept}; Max-Age={NEXT_SECONDS}; Path={CALLBACK}; HttpOnly; SameSite=Lax"


def _remembered(scope: Scope) -> str:
    """The page that was asked for last; the overview where none was, or what came back is no page of ours."""
    kept = unquote(cookie_parser(Headers(scope=scope).get("cookie", "")).get(NEXT, ""))
    return kept if kept.partition("?")[0] in PAGES and kept.isprintable() else "/"
