"""Which part of the one port answers a request."""

from __future__ import annotations

from typing import Any

import pytest

from ui.server import OnePort


def recorder(name: str, calls: list[str]) -> Any:
    """An ASGI app that notes that it was called."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        calls.append(name)

    return app


@pytest.mark.parametrize(
    ("scope", "answers"),
    [
        ({"type": "http", "path": "/v1/samples"}, "api"),
        ({"type": "http", "path": "/v1/samples/"}, "api"),
        ({"type": "http", "path": "/v1"}, "api"),
        ({"type": "http", "path": "//v1/samples"}, "api"),
        ({"type": "http", "path": "/api/public/ingestion"}, "api"),
        ({"type": "http", "path": "/v2/traces/1/spans/2/images"}, "api"),
        ({"type": "http", "path": "/healthz"}, "api"),
        ({"type": "http", "path": "/docs"}, "api"),
        ({"type": "http", "path": "/"}, "pages"),
        ({"type": "http", "path": "/regression"}, "pages"),
        ({"type": "http", "path": "/v1x"}, "pages"),
        ({"type": "websocket", "path": "/_stcore/stream"}, "pages"),
        ({"type": "lifespan"}, "starter"),
    ],
)
async def test_each_path_has_one_owner(scope: dict[str, Any], answers: str) -> None:
    """API paths go to the API whatever follows, so that nothing of theirs is redirected; the rest are pages."""
    calls: list[str] = []
    port = OnePort(recorder("api", calls), recorder("pages", calls), recorder("starter", calls))
    await port(scope, None, None)  # type: ignore[arg-type]
    assert calls == [answers]
