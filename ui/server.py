"""The API and the pages on one port: one ASGI app, both lifespans."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from evaluator.api.auth import Guard, Keys

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

NO_KEYS = Keys()
SCRIPT = Path(__file__).parent / "app.py"
# A page opened by its own address would look for its server below that address first, and log two failed requests.
BASE = "<script>window.__streamlit = {BACKEND_BASE_URL: new URL('.', location.href).href}</script>"
API_PATHS = frozenset({"v1", "v2", "api", "healthz", "readyz", "metrics", "docs", "redoc", "openapi.json"})


def create_app(api: FastAPI, *, api_url: str, keys: Keys = NO_KEYS) -> ASGIApp:
    """The whole service: `api` under its own paths, the pages everywhere else. One per process, as Streamlit allows.

    The pages call the API over `api_url`; without LEADLINE_UI_KEY they ask the reader for a key when the API wants one.
    """
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.starlette import App

    # The pages' script runs in threads of this process and reads its address here.
    os.environ["LEADLINE_UI_API"] = api_url
    # The folder is called pages, as Streamlit's old way to name pages was; ours are those of st.navigation.
    PagesManager.uses_pages_directory = False
    pages = App(SCRIPT, routes=[Route(f"/{page.stem}", deep_link) for page in (SCRIPT.parent / "pages").glob("*.py")])
    pages_lifespan = pages.lifespan()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with api.router.lifespan_context(api) as state, pages_lifespan(api):
            yield state or {}

    return Guard(OnePort(api, pages, Starlette(lifespan=lifespan)), keys)


def deep_link(_: Request) -> HTMLResponse:
    """The pages' HTML for a page opened by its own address."""
    from streamlit.file_util import get_static_dir

    html = (Path(get_static_dir()) / "index.html").read_text("utf-8")
    return HTMLResponse(html.replace("<head>", f"<head>{BASE}", 1), headers={"cache-control": "no-cache"})


class OnePort:
    """Sends each request to the API or to the pages by the first segment of its path, with no redirect of its own."""

    def __init__(self, api: ASGIApp, pages: ASGIApp, starter: ASGIApp) -> None:
        self._api, self._pages, self._starter = api, pages, starter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._starter(scope, receive, send)
        elif scope["path"].lstrip("/").partition("/")[0] in API_PATHS:
            await self._api(scope, receive, send)
        else:
            await self._pages(scope, receive, send)
