"""The webhooks of gateways: whole calls in, a result per event out."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from evaluator.api import webhooks
from evaluator.api.auth import Keys, Role, new_key
from evaluator.api.door import Door
from evaluator.intake.accept import Intake
from evaluator.settings import Settings
from store import samples as sample_store
from store.records import Sample, TextState
from store.store import Store
from tests.builders import NOON

CALL = {
    "id": "c1",
    "call_type": "acompletion",
    "status": "success",
    "endTime": NOON.timestamp(),
    "metadata": {"requester_metadata": {"app.feature": "chat"}},
    "messages": [{"role": "user", "content": "A guitar?"}],
    "response": {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Yes."}}]},
}
HELICONE = {"request_id": "h1", "request_body": '{"messages": []}', "response_body": {"content": "Yes."}}


def app_of(store: Store, keys: Keys | None = None, **settings: Any) -> FastAPI:
    tree = Settings(**settings)
    app = FastAPI(redirect_slashes=False)
    intake = Intake(store, tree, lambda: NOON, lambda _: None)
    app.include_router(webhooks.router(intake, Door(keys or Keys(), tree), tree.intake.feature_attributes))
    return app


async def post(app: FastAPI, path: str, body: bytes, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
        return await client.post(path, content=body, headers=headers)


def stored(store: Store, sample_id: str) -> Sample:
    with store.read() as c:
        (found,) = sample_store.load(c, [(sample_id, NOON)])
    return found


@pytest.mark.parametrize("path", ["/v1/webhooks/litellm", "/v1/webhooks/litellm/"])
@pytest.mark.parametrize("body", [json.dumps([CALL]), json.dumps(CALL), json.dumps(CALL) + "\n" + json.dumps(CALL)])
async def test_litellm_may_post_in_each_of_its_ways(store: Store, path: str, body: str) -> None:
    """An array, one object or NDJSON, with and without a slash: the call is stored, and stored once."""
    answer = await post(app_of(store), path, body.encode())
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    made = stored(store, "c1")
    assert (made.source, made.feature, made.stop_reason) == ("litellm", "chat", "end_turn")


async def test_each_event_has_its_own_result(store: Store) -> None:
    """A broken event and an embedding do not cost the call beside them, and say what they are."""
    events = [5, {**CALL, "call_type": "aembedding"}, CALL, {**CALL, "response": {"choices": 5}}]
    report = (await post(app_of(store), "/v1/webhooks/litellm", json.dumps(events).encode())).json()
    assert [item["outcome"] for item in report["items"]] == ["rejected", "no_content", "accepted", "rejected"]
    assert (report["accepted"], report["not_kept"], report["rejected"]) == (1, 1, 2)
    assert "aembedding" in report["items"][1]["error"]


async def test_without_message_logging_a_call_is_stored_without_text(store: Store) -> None:
    """Counts stay, and no judge will see it."""
    bare = {**CALL, "messages": None, "response": {}, "prompt_tokens": 7}
    await post(app_of(store), "/v1/webhooks/litellm", json.dumps(bare).encode())
    made = stored(store, "c1")
    assert (made.text, made.input_tokens) == (TextState.MISSING, 7)


async def test_the_attributes_that_name_the_feature_are_a_setting(store: Store) -> None:
    """intake.feature_attributes holds for gateways too."""
    named = {**CALL, "metadata": {"requester_metadata": {"app.feature": "no", "component": "search"}}}
    app = app_of(store, intake={"feature_attributes": ("component",)})
    await post(app, "/v1/webhooks/litellm", json.dumps(named).encode())
    assert stored(store, "c1").feature == "search"


async def test_a_body_that_is_no_json_is_refused(store: Store) -> None:
    """400 with the reason, as everywhere."""
    answer = await post(app_of(store), "/v1/webhooks/litellm", b"hello")
    assert (answer.status_code, "cannot be read" in answer.json()["detail"]) == (400, True)


async def test_litellm_shows_a_key(store: Store) -> None:
    """With keys set, an event without one is refused; LiteLLM sends it in a header of its settings."""
    plain, entry = new_key(Role.INGEST)
    app = app_of(store, Keys.parse([entry]))
    refused = await post(app, "/v1/webhooks/litellm", json.dumps(CALL).encode())
    taken = await post(app, "/v1/webhooks/litellm", json.dumps(CALL).encode(), Authorization=f"Bearer {plain}")
    assert (refused.status_code, taken.status_code) == (401, 202)


@pytest.mark.parametrize(("signed_with", "status"), [("secret", 202), ("guess", 401), (None, 401)])
async def test_helicone_shows_its_signature(store: Store, signed_with: str | None, status: int) -> None:
    """With a Helicone key set, the body must carry its hex HMAC-SHA256; then no API key is needed."""
    body = json.dumps(HELICONE).encode()
    headers = {}
    if signed_with:
        headers["helicone-signature"] = hmac.new(signed_with.encode(), body, hashlib.sha256).hexdigest()
    _, entry = new_key(Role.INGEST)
    app = app_of(store, Keys.parse([entry]), helicone_key=SecretStr("secret"))
    assert (await post(app, "/v1/webhooks/helicone", body, **headers)).status_code == status


async def test_helicone_without_its_key_needs_an_api_key(store: Store) -> None:
    """Nobody may send just because no Helicone key is configured."""
    _, entry = new_key(Role.INGEST)
    answer = await post(app_of(store, Keys.parse([entry])), "/v1/webhooks/helicone", json.dumps(HELICONE).encode())
    assert answer.status_code == 401


async def test_an_address_in_an_event_is_never_followed(store: Store) -> None:
    """Bodies that stayed behind an address are missing; what is stored says so."""
    event = {"request_id": "h1", "request_created_at": NOON.isoformat(), "request_response_url": "http://127.0.0.1:9/x"}
    answer = await post(app_of(store), "/v1/webhooks/helicone", json.dumps(event).encode())
    assert (answer.json()["accepted"], stored(store, "h1").incomplete) == (1, "not_sent")
