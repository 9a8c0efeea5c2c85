"""Which pages there are, and which calls each of them makes: found out by running its script."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "ui" / "app.py"
SECONDS = 300
TRIES = 6


@dataclass(frozen=True)
class Visit:
    """A page, opened with what stands in its address; {monitor} and {incident} are one that fires."""

    page: str
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the figures name it."""
        return " ".join([self.page, *(value.strip("{}") for value in self.asked.values())])

    def path(self, known: Mapping[str, str]) -> str:
        """Its address below the service's."""
        stem = "" if self.page == "overview" else self.page
        query = urlencode(self.told(known))
        return f"/{stem}?{query}" if query else f"/{stem}"

    def told(self, known: Mapping[str, str]) -> dict[str, str]:
        """What stands in the address."""
        return {name: value.format(**known) for name, value in self.asked.items()}


OTHER = (
    Visit("regression", {"monitor": "{monitor}"}),
    Visit("regression", {"monitor": "{latency}"}),
    Visit("alerts", {"incident": "{incident}"}),
    Visit("alerts", {"show": "Silences"}),
    Visit("alerts", {"show": "Channels"}),
    Visit("alerts", {"show": "Routing"}),
    Visit("alerts", {"show": "Audit log"}),
    Visit("plan", {"monitor": "{monitor}"}),
)
"""Beside every page as it opens by itself: those that show more with something in their address."""


def visits() -> list[Visit]:
    """Every page as it is opened from the menu, and the others."""
    pages = sorted(page.stem for page in (ROOT / "ui" / "pages").glob("*.py"))
    return [*map(Visit, pages), *OTHER]


def calls(url: str, visit: Visit, known: Mapping[str, str]) -> list[str]:
    """What the page asks the service at `url`, in order."""
    with _recorder(url) as (proxy, asked):
        os.environ["LEADLINE_UI_API"] = proxy
        before: list[str] = []
        # On a busy machine a page gives up on what takes long; asked again, it gets the answer that was made for it.
        for _ in range(TRIES):
            asked.clear()
            # Each time as in a fresh tab: what the page keeps for its visit is asked for anew.
            app = AppTest.from_file(str(SCRIPT), default_timeout=SECONDS)
            app.switch_page(f"pages/{visit.page}.py")
            for name, value in visit.told(known).items():
                app.query_params[name] = value
            app.run()
            assert not app.exception, app.exception
            if before == asked:
                break
            before = list(asked)
    return before


@contextmanager
def _recorder(url: str) -> Iterator[tuple[str, list[str]]]:
    """A service that asks the one at `url`, remembers its answers, and writes down what it was asked."""
    asked: list[str] = []
    answers: dict[str, tuple[int, bytes]] = {}

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path not in answers:
                answers[self.path] = _answer(url + self.path)
            status, content = answers[self.path]
            with suppress(BrokenPipeError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Passing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def _answer(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(url, timeout=SECONDS) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()
