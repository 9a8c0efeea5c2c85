"""POST /v1/feedback beyond its items: bodies, keys, and what the document says."""

from __future__ import annotations

import gzip
import json

import httpx2
import pytest
from fastapi import FastAPI

from evaluator.api import feedback
from evaluator.api.auth import Keys, Role, new_key
from evaluator.api.door import RESPONSES, Door
from evaluator.feedback import Feedbacks
from evaluator.redact.redactor import Redactor
from evaluator.settings import Settings
from store.store import Store
from tests.builders import NOON

UP = {"sample_id": "s1", "value": "up"}


def app_of(store: Store, keys: Keys | None = None) -> FastAPI:
    tree = Settings()
    app = FastAPI(redirect_slashes=False)
    feedbacks = Feedbacks(store, tree, lambda: NOON, Redactor.build(tree.redaction, b"k" * 32))
    app.include_router(feedback.router(feedbacks, Door(keys or Keys(), tree)))
    return app


async def post(app: FastAPI, body: bytes, path: str = "/v1/feedback", **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.post(path, content=body, headers=named)


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/feedback/"])
@pytest.mark.parametrize(
    "body", [json.dumps(UP), json.dumps([UP]), json.dumps(UP) + "\n" + json.dumps({"sample_id": "s2"})]
)
async def test_bodies_are_those_of_samples(store: Store, path: str, body: str) -> None:
    """One object, an array or NDJSON, with and without a slash: 202 with a result per item."""
    answer = await post(app_of(store), gzip.compress(body.encode()), path, content_encoding="gzip")
    told = answer.json()
    assert (answer.status_code, told["accepted"], told["items"][0]["outcome"]) == (202, 1, "accepted")


async def test_a_body_that_is_none_is_400(store: Store) -> None:
    """Nothing in it can be read: the answer says what to send."""
    answer = await post(app_of(store), b"up")
    assert (answer.status_code, "send one JSON object" in answer.json()["detail"]) == (400, True)


async def test_a_key_for_ingest_is_needed(store: Store) -> None:
    """Role ingest may say something of samples; role read may not."""
    (ingest, entry), (read, other) = new_key(Role.INGEST), new_key(Role.READ)
    app = app_of(store, Keys.parse([entry, other]))
    sent = [await post(app, json.dumps(UP).encode(), authorization=f"Bearer {key}") for key in (ingest, read, "x")]
    assert [answer.status_code for answer in sent] == [202, 403, 401]


async def test_a_store_that_is_gone_is_503(store: Store) -> None:
    """What was sent is fine, and is to be sent again."""
    app = app_of(store)
    store.close()
    answer = await post(app, json.dumps(UP).encode())
    assert (answer.status_code, 1 <= int(answer.headers["retry-after"]) <= 5) == (503, True)


def test_the_route_is_documented(store: Store) -> None:
    """The OpenAPI document has the fields, the report and every answer."""
    operation = app_of(store).openapi()["paths"]["/v1/feedback"]["post"]
    one = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0]
    assert {"sample_id", "trace_id", "value", "score", "scale", "comment"} <= one["properties"].keys()
    assert set(operation["responses"]) == {"202", *map(str, RESPONSES)}
