"""What each role may change, held against every route that the service has."""

from __future__ import annotations

import re

import httpx2
import pytest

from evaluator.api.auth import Role, new_key
from tests.acceptance.conftest import OpenApi

pytestmark = pytest.mark.slow

FOR_READERS = {
    "POST /v1/checks": "the look that the scheduler takes each quarter of an hour; `leadline check` asks for it in CI",
    "POST /v1/gate": "compares two sets of verdicts that are there, and keeps nothing",
    "POST /v1/rubrics/cost": "counts stored samples, and keeps nothing",
    "POST /v1/rubrics/estimate": "says a price; nobody is asked",
}
"""What takes a body because its question is too long for an address, and why a reader may ask it."""
NOT_FOR_READERS = {"GET /v1/labels/next": "holds the sample for who asked"}
"""What changes something although it is read."""
FROM_SENDERS = {
    f"POST {path}{end}"
    for path in (
        "/v1/samples", "/v1/traces", "/v1/logs", "/v1/metrics", "/v1/webhooks/litellm", "/v1/webhooks/helicone",
        "/v1/feedback", "/api/public/ingestion", "/api/public/scores",
    )
    for end in ("", "/")
} | {"POST /v1/markers", "POST /api/public/media"}  # fmt: skip
"""What the programs that are watched send, with a key that can do nothing else."""
UNDOCUMENTED = {"POST /api/public/media"}


async def passed(client: httpx2.AsyncClient, route: str) -> bool:
    """Whether this route is there and lets the client's key in."""
    method, path = route.split()
    answer = await client.request(method, re.sub(r"{\w+}", "x", path))
    return answer.status_code not in (401, 403, *((404, 405) if path.endswith("/") else ()))


async def test_no_key_changes_more_than_its_role_may(api: OpenApi) -> None:
    """Readers change nothing, senders only send, and without a key no route does anything, whatever is added."""
    keys = {role: new_key(role) for role in (Role.READ, Role.INGEST)}
    async with api(keys=tuple(entry for _, entry in keys.values())) as client:
        paths = (await client.get("/openapi.json", headers={"x-api-key": keys[Role.READ][0]})).json()["paths"]
        told = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if method != "get"}
        routes = told | {f"{route}/" for route in told} | UNDOCUMENTED | set(NOT_FOR_READERS)
        open_to: dict[str, set[str]] = {}
        for who, key in (("nobody", ""), *((role, plain) for role, (plain, _) in keys.items())):
            client.headers["x-api-key"] = key
            open_to[who] = {route for route in routes if await passed(client, route)}
    assert open_to == {"nobody": set(), Role.READ: set(FOR_READERS), Role.INGEST: FROM_SENDERS}
