"""The API and the pages on one port: one ASGI app, both lifespans."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from evaluator.api.auth import Guard, Keys
from evaluator.settings import Settings
from ui.answers import PAGES, SCRIPT, Answers, page_html
from ui.sign_in import Desk, desk, open_desk, streamlit_secrets

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

NO_KEYS = Keys()
API_PATHS = frozenset({"v1", "v2", "api", "healthz", "readyz", "metrics", "docs", "redoc", "openapi.json"})


def create_app(api: FastAPI, *, api_url: str, keys: Keys = NO_KEYS, settings: Settings | None = None) -> ASGIApp:
    """The whole service: `api` under its own paths, the pages everywhere else. One per process, as Streamlit allows.

    The pages call the API over `api_url`: in the name of who signed in where `settings` have people sign in, else with
    LEADLINE_UI_KEY, else with a key that they ask the reader for when the API wants one.
    """
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.starlette import App

    # The pages' script runs in threads of this process and reads its address here.
    os.environ["LEADLINE_UI_API"] = api_url
    # The folder is called pages, as Streamlit's old way to name pages was; ours are those of st.navigation.
    PagesManager.uses_pages_directory = False
    address = (settings.alerts.public_url if settings else "") or api_url
    open_desk(Desk(settings.sign_in, keys.sessions, address) if settings and keys.sessions else None)
    routes = [Route(page, deep_link) for page in sorted(PAGES - {"/"})]
    pages = App(SCRIPT, routes=routes, secrets=streamlit_secrets(settings, address) if settings else None)
    answers = Answers(pages, address, signs_in=desk() is not None)
    pages_lifespan = pages.lifespan()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with api.router.lifespan_context(api) as state, pages_lifespan(api):
            yield state or {}

    return Guard(OnePort(api, answers, Starlette(lifespan=lifespan)), keys)


def deep_link(_: Request) -> HTMLResponse:
    """The pages' HTML for a page opened by its own address."""
    return HTMLResponse(page_html(), headers={"cache-control": "no-cache"})


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
