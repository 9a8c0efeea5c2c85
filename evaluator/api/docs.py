"""The HTTP API described on one page without scripts: nothing is fetched from anywhere."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

STYLE = (
    "body{font:16px system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}code{font-weight:600}dd{margin:0 0 1rem}"
)


def router(app: FastAPI) -> APIRouter:
    """GET /docs: every route with what it does; /openapi.json has the same for programs."""
    api = APIRouter()

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    return api


def page(document: dict[str, Any]) -> str:
    """An OpenAPI document as HTML."""
    routes = [
        _route(method.upper(), path, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}: HTTP API"
    head = f'<!doctype html><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>'
    return f'{head}<p>For programs: <a href="/openapi.json">/openapi.json</a>.</p><dl>{"".join(routes)}</dl>'


def _route(method: str, path: str, told: dict[str, Any]) -> str:
    asked = [f"<i>{escape(one['name'])}</i>" for one in told.get("parameters", ())]
    parameters = f"<br>Parameters: {', '.join(asked)}" if asked else ""
    answers = "; ".join(f"{code} {escape(one['description']).rstrip('.')}" for code, one in told["responses"].items())
    what = escape(told.get("description") or told.get("summary", ""))
    return f"<dt><code>{method} {escape(path)}</code></dt><dd>{what}{parameters}<br>Answers: {answers}</dd>"
