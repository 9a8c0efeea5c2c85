"""What Langfuse's SDKs call: their requests as captured, and the answers they wait for."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from evaluator.api import langfuse
from evaluator.api.auth import Keys, Role, new_key
from evaluator.api.door import Door
from evaluator.feedback import Feedbacks
from evaluator.intake.parts import Part
from evaluator.redact.redactor import Redactor
from evaluator.settings import Settings
from store.errors import StoreUnavailable
from store.store import Store
from tests.builders import NOON

PAYLOADS = Path(__file__).resolve().parents[5] / "shared" / "data" / "payloads"
needs_data = pytest.mark.skipif(not PAYLOADS.exists(), reason="real data in ../shared/data is absent")
GENERATION = {"id": "e1", "type": "generation-create", "timestamp": "2026-11-20T12:00:00Z", "body": {"id": "o"}}
SCORE = {"id": "sc1", "traceId": "t", "name": "helpful", "value": "yes"}


class Parts:
    """Takes parts, or cannot."""

    def __init__(self) -> None:
        self.taken: list[Part] = []
        self.error: Exception | None = None

    async def add(self, parts: Sequence[Part], size: int) -> None:
        if self.error:
            raise self.error
        self.taken += parts


@pytest.fixture
def parts() -> Parts:
    """Where parts go."""
    return Parts()


@pytest.fixture
def key() -> tuple[str, str]:
    """A key for ingest, plain and as it is configured."""
    return new_key(Role.INGEST)


@pytest.fixture
def app(store: Store, parts: Parts, key: tuple[str, str]) -> FastAPI:
    """The routes, with a key."""
    tree, keys = Settings(), Keys.parse([key[1]])
    made = FastAPI(redirect_slashes=False)
    feedbacks = Feedbacks(store, tree, lambda: NOON, Redactor.build(tree.redaction, b"k" * 32))
    made.include_router(langfuse.router(parts, feedbacks, Door(keys, tree), keys, tree))
    return made


async def ask(app: FastAPI, key: str, method: str, path: str, body: Any = None) -> httpx2.Response:
    """As an SDK asks: the key is the secret one of the pair."""
    basic = b64encode(f"pk-lf-1:{key}".encode()).decode()
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
        return await client.request(method, path, content=content, headers={"Authorization": f"Basic {basic}"})


def judges(store: Store) -> list[tuple[str, bool | None]]:
    """The feedback that was stored."""
    with store.read() as c:
        return c.execute("SELECT judge, passed FROM feedback ORDER BY ALL").fetchall()


@needs_data
async def test_a_captured_batch_is_taken(app: FastAPI, parts: Parts, store: Store, key: tuple[str, str]) -> None:
    """207 with a success per event; the calls are parts, the score is feedback."""
    for name, events in (("001", 15), ("002", 9)):
        body = (PAYLOADS / "langfuse-v2-ingestion" / f"{name}.bin").read_bytes()
        answer = await ask(app, key[0], "POST", "/api/public/ingestion", body)
        told = answer.json()
        assert (answer.status_code, len(told["successes"]), told["errors"]) == (207, events, [])
        assert {one["status"] for one in told["successes"]} == {201}
    assert (len(parts.taken), judges(store)) == (23, [("user-feedback", True)])


async def test_a_bad_event_is_an_error_beside_the_others(app: FastAPI, parts: Parts, key: tuple[str, str]) -> None:
    """Its id, status 400 and a message; the rest is taken."""
    bad = {**GENERATION, "id": "e2", "type": "nothing"}
    told = (await ask(app, key[0], "POST", "/api/public/ingestion/", {"batch": [bad, GENERATION]})).json()
    assert told["successes"] == [{"id": "e1", "status": 201}]
    assert [(one["id"], one["status"], "not known" in one["message"]) for one in told["errors"]] == [("e2", 400, True)]
    assert [part.part_id for part in parts.taken] == ["e:e1"]


async def test_a_batch_that_is_none_is_400(app: FastAPI, key: tuple[str, str]) -> None:
    """In Langfuse's form: message and error."""
    answer = await ask(app, key[0], "POST", "/api/public/ingestion", [])
    assert (answer.status_code, set(answer.json())) == (400, {"message", "error"})


async def test_what_cannot_be_stored_is_503(app: FastAPI, parts: Parts, key: tuple[str, str]) -> None:
    """The SDK sends it again."""
    parts.error = StoreUnavailable("full")
    answer = await ask(app, key[0], "POST", "/api/public/ingestion", {"batch": [GENERATION]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@needs_data
async def test_captured_scores_are_feedback(app: FastAPI, store: Store, key: tuple[str, str]) -> None:
    """The list that newer SDKs send is accepted as a whole; sent again, it changes nothing."""
    body = (PAYLOADS / "langfuse-sdk-mini" / "003.bin").read_bytes()
    for _ in range(2):
        answer = await ask(app, key[0], "POST", "/api/public/scores", body)
        assert (answer.status_code, answer.json()) == (202, {"message": "Accepted"})
    assert judges(store) == [("helpful", True), ("user-feedback", True)]


async def test_a_score_is_answered_by_its_id(app: FastAPI, key: tuple[str, str]) -> None:
    """One score in, its id out; one that is about no call is refused with the reason."""
    taken = await ask(app, key[0], "POST", "/api/public/scores", SCORE)
    refused = await ask(app, key[0], "POST", "/api/public/scores", {"sessionId": "s", "value": 1, "name": "q"})
    assert (taken.status_code, taken.json()) == (200, {"id": "sc1"})
    assert (refused.status_code, "about no call" in refused.json()["message"]) == (400, True)


async def test_a_list_tells_what_was_refused(app: FastAPI, store: Store, key: tuple[str, str]) -> None:
    """207 with counts and messages; the good ones are taken."""
    answer = await ask(app, key[0], "POST", "/api/public/scores", [SCORE, {"name": "q", "value": 1}, 7])
    told = answer.json()
    assert (answer.status_code, told["accepted"], told["rejected"], len(told["errors"])) == (207, 1, 2, 2)
    assert judges(store) == [("helpful", True)]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/public/projects", 200),
        ("GET", "/api/public/v2/prompts/folder/support", 404),
        ("GET", "/api/public/prompts?name=support", 404),
        ("GET", "/api/public/media/m", 404),
        ("PATCH", "/api/public/media/m", 204),
        ("GET", "/api/public/health", 200),
    ],
)
async def test_what_sdks_ask_is_answered(
    app: FastAPI, key: tuple[str, str], method: str, path: str, status: int
) -> None:
    """The key check passes, prompts are not there so that fallbacks are used; all but health needs the key."""
    answer = await ask(app, key[0], method, path)
    stranger = await ask(app, "wrong", method, path)
    assert (answer.status_code, stranger.status_code) == (status, 200 if path.endswith("health") else 401)
    assert answer.status_code == 204 or isinstance(answer.json(), dict)


async def test_media_count_as_there_already(app: FastAPI, key: tuple[str, str]) -> None:
    """Without an address to upload to, the SDK sends no bytes; anything else is no crash."""
    answer = await ask(app, key[0], "POST", "/api/public/media", {"sha256Hash": "A" * 44, "contentLength": 3})
    odd = await ask(app, key[0], "POST", "/api/public/media", [[1]])
    assert answer.json() == {"mediaId": "A" * 22, "uploadUrl": None}
    assert (odd.status_code, odd.json()["uploadUrl"]) == (200, None)


@pytest.mark.parametrize("path", ["/api/public/scores", "/api/public/media"])
@pytest.mark.parametrize("body", [b"[]", b"\xef\xbb\xbf[]"])
async def test_an_empty_list_is_no_crash(app: FastAPI, key: tuple[str, str], path: str, body: bytes) -> None:
    """Nothing in, nothing wrong, whatever stands before the list."""
    assert (await ask(app, key[0], "POST", path, body)).status_code in (200, 202)


@pytest.mark.parametrize("path", ["/api/public/ingestion", "/api/public/scores"])
async def test_too_many_events_are_413(app: FastAPI, parts: Parts, key: tuple[str, str], path: str) -> None:
    """Two bytes for an event would be answered with a hundred."""
    events = b"[" + b",".join([b"1"] * 20_001) + b"]"
    body = b'{"batch":' + events + b"}" if path.endswith("ingestion") else events
    answer = await ask(app, key[0], "POST", path, body)
    assert (answer.status_code, len(answer.content) < 200, parts.taken) == (413, True, [])
