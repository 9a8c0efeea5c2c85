"""Bedrock, Vertex and Foundry before the fake Claude server: their paths and bodies, over loopback.

What a cloud would not take is refused; what it takes goes on to the fake as a request of the Messages API.
"""

from __future__ import annotations

import json
import re
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import ClientSession, web

from tests.fakes import Asked, FakeClaude

Json = dict[str, Any]
MODEL = re.compile(
    r"/model/(?P<bedrock>[^/]+)/invoke"
    r"|/v1/projects/my-project/locations/[a-z0-9-]+/publishers/anthropic/models/(?P<vertex>[^/]+):rawPredict"
    r"|/anthropic/v1/messages"
)


class FakePlatforms:
    """Three clouds at one address. `asked` holds what reached them, as it was sent; `refuses` answers instead."""

    def __init__(self, claude: FakeClaude) -> None:
        self.asked: list[Asked] = []
        self.refuses: tuple[int, Json] | None = None
        self.url = ""
        self._claude = claude

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._session = ClientSession()
        self._runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(unquote(request.raw_path), headers, await request.json())
        self.asked.append(asked)
        if self.refuses is not None:
            return web.json_response(self.refuses[1], status=self.refuses[0])
        found = MODEL.fullmatch(asked.path)
        model = found and (found["bedrock"] or found["vertex"])
        if found is None or (model and ("model" in asked.body or "anthropic_version" not in asked.body)):
            return web.json_response({"message": "no such operation, or a body that is not its own"}, status=400)
        return await self._pass_on(asked, model)

    async def _pass_on(self, asked: Asked, model: str | None) -> web.Response:
        body = {**asked.body, "model": model} if model else dict(asked.body)
        body.pop("anthropic_version", None)
        headers = {"anthropic-version": "2026-10-21"}
        headers |= {name: asked.headers[name] for name in ("authorization", "x-api-key") if name in asked.headers}
        async with self._session.post(f"{self._claude.url}/v1/messages", json=body, headers=headers) as answer:
            return web.json_response(json.loads(await answer.text()), status=answer.status)
