"""POST /v1/samples beyond its input: signatures, documentation, and our own trouble."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from evaluator.api import ingest
from evaluator.api.auth import Keys
from evaluator.api.door import Door
from evaluator.intake.accept import Intake
from evaluator.settings import Settings
from store.errors import StoreError, StoreUnavailable
from store.records import Outcome, Sample
from store.store import Store
from tests.builders import NOON

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


class BrokenStore:
    """A store whose every write fails with the same error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def append_samples(self, samples: Sequence[Sample], traffic: Sequence[object]) -> Future[list[Outcome]]:
        future: Future[list[Outcome]] = Future()
        future.set_exception(self._error)
        return future


def app_of(store: Any, **settings: Any) -> FastAPI:
    tree = Settings(**settings)
    app = FastAPI(redirect_slashes=False)
    app.include_router(ingest.router(Intake(store, tree, lambda: NOON, lambda _: None), Door(Keys(), tree)))
    return app


async def post(app: FastAPI, body: bytes, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.post("/v1/samples", content=body, headers=named)


def signed(text: str) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", now, text)
    return {"webhook_id": "msg_1", "webhook_timestamp": str(int(now.timestamp())), "webhook_signature": signature}


@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_the_signature_is_over_the_unpacked_body(store: Store, encoding: str) -> None:
    """A sender signs its JSON; whether the way there was compressed does not matter."""
    text = '{"response": "é"}'
    body = gzip.compress(text.encode()) if encoding else text.encode()
    app = app_of(store, webhook_secret=SecretStr(SECRET))
    assert (await post(app, body, content_encoding=encoding or "identity", **signed(text))).status_code == 202


async def test_an_unsigned_body_is_refused_when_a_secret_is_set(store: Store) -> None:
    """With a webhook secret every ingest body must carry its signature."""
    response = await post(app_of(store, webhook_secret=SecretStr(SECRET)), b'{"response": "x"}')
    assert (response.status_code, "signature" in response.json()["detail"]) == (401, True)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (StoreUnavailable("full", retry_after_seconds=60), "5"),
        (StoreUnavailable("busy", retry_after_seconds=0), "1"),
        (StoreError("odd"), "5"),
    ],
)
async def test_our_own_trouble_is_503_with_a_short_wait(error: StoreError, wait: str) -> None:
    """Exporters drop on 500 and give up on long waits: every failure of the store is 503 and at most five seconds."""
    response = await post(app_of(BrokenStore(error)), b'{"response": "x"}')
    assert (response.status_code, response.headers["retry-after"]) == (503, wait)
    assert response.json()["detail"] == str(error)


def test_the_route_is_documented(store: Store) -> None:
    """The OpenAPI document names the body's types, the report, and every answer, and the path only once."""
    paths = app_of(store).openapi()["paths"]
    operation = paths["/v1/samples"]["post"]
    assert list(paths) == ["/v1/samples"]
    assert set(operation["responses"]) == {"202", "400", "401", "403", "413", "503"}
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("IngestReport")
