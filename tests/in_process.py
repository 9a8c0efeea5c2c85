"""A client of the API of a service in this process."""

from __future__ import annotations

from typing import Any

import httpx2

from evaluator.api.app import create_app
from evaluator.service import Service


def client_of(service: Service, **options: Any) -> httpx2.AsyncClient:
    """What asks this service over HTTP without a socket; options are those of httpx2."""
    transport = httpx2.ASGITransport(create_app(service))
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost", **options)


async def sent(client: httpx2.AsyncClient, *items: dict[str, Any]) -> None:
    """All of these samples are taken."""
    answer = await client.post("/v1/samples", json=list(items))
    assert answer.json()["accepted"] == len(items), answer.text
