"""The door of every route that takes a body in: memory, keys and signatures, and what a refusal looks like."""

from __future__ import annotations

import gzip
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import SecretStr

from evaluator.api import door as door_module
from evaluator.api.auth import Keys, Role, new_key
from evaluator.api.door import Door, Proof, RawRoute
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store.errors import StoreUnavailable

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
PLAIN, ENTRY = new_key(Role.INGEST)
HELICONE = "hl-secret"


class Room:
    """A small app of one route per proof; it remembers how much was held while a body was in hand."""

    def __init__(self, *, keys: bool = False, **settings: Any) -> None:
        self.metrics = Metrics()
        self.door = Door(Keys.parse([ENTRY] if keys else []), Settings(**settings), self.metrics)
        self.held: list[int] = []
        self.trouble: Exception | None = None
        self.app = FastAPI(redirect_slashes=False)
        self.app.include_router(self._routes())

    def _routes(self) -> APIRouter:
        api = APIRouter(route_class=RawRoute)
        for proof in Proof:
            api.post(f"/{proof.name.lower()}")(self._route(proof))
        return api

    def _route(self, proof: Proof) -> Any:
        async def take(request: Request) -> Response:
            async with self.door.body(request, proof) as body:
                self.held.append(self.door.budget.used)
                if self.trouble:
                    raise self.trouble
                return Response(body)

        return take

    async def post(self, path: str, content: Any = b"x", **headers: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post(path, content=content, headers=named)

    def refused(self, status: int) -> float:
        return self.metrics.registry.get_sample_value("leadline_refused_bodies_total", {"status": str(status)}) or 0.0


async def chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_a_body_is_held_while_it_is_in_hand() -> None:
    """Its size after decompression counts from the first byte until the answer, then nothing does."""
    room = Room()
    answers = [await room.post("/key", b"x" * 1000), await room.post("/key", chunks(3, 500))]
    answers.append(await room.post("/key", gzip.compress(b"x" * 50_000), content_encoding="gzip"))
    assert [len(answer.content) for answer in answers] == room.held == [1000, 1500, 50_000]
    assert room.door.budget.used == 0


@pytest.mark.parametrize("kind", ["announced", "chunked", "packed"])
async def test_without_room_a_body_is_put_off(kind: str) -> None:
    """What does not fit beside the bodies under way is 503 with a wait of a second; then it is taken."""
    room = Room(intake={"max_memory_mb": 1})
    body: Any = {"announced": b"x" * 900_000, "packed": gzip.compress(b"x" * 900_000)}.get(kind)
    headers = {"content_encoding": "gzip"} if kind == "packed" else {}
    with room.door.budget.hold() as other:
        other.reach(200_000)
        answer = await room.post("/key", body or chunks(9, 100_000), **headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert room.door.budget.used == 200_000
    assert (await room.post("/key", body or chunks(9, 100_000), **headers)).status_code == 200
    assert room.refused(503) == 1


async def test_a_body_that_could_never_fit_is_too_large() -> None:
    """A body beyond the whole budget is 413: sending it again would not help."""
    room = Room(intake={"max_memory_mb": 1})
    for body in (b"x" * 1_000_001, chunks(11, 100_000)):
        assert (await room.post("/key", body)).status_code == 413


@pytest.mark.parametrize(
    ("trouble", "status"), [(StoreUnavailable("full", retry_after_seconds=9), 503), (TimeoutError(), 503)]
)
async def test_trouble_behind_the_door_is_told_and_counted(trouble: Exception, status: int) -> None:
    """What goes wrong with a body in hand frees its memory, has its status, and is counted by it."""
    room = Room()
    room.trouble = trouble
    assert (await room.post("/key")).status_code == status
    assert (room.door.budget.used, room.refused(status)) == (0, 1)


async def test_keys_are_asked_for_before_anything_is_read() -> None:
    """Without a key nothing of the body is taken."""
    room = Room(keys=True)
    assert (await room.post("/key", chunks(3, 10))).status_code == 401
    assert (await room.post("/key", x_api_key=PLAIN)).status_code == 200
    assert len(room.held) == 1


async def test_clients_that_cannot_sign_need_a_key_where_bodies_are_signed() -> None:
    """A webhook secret does not leave exporters a way around it: they need a key, and then no signature."""
    assert (await Room(webhook_secret=SecretStr(SECRET)).post("/key")).status_code == 401
    room = Room(keys=True, webhook_secret=SecretStr(SECRET))
    assert (await room.post("/key", x_api_key=PLAIN)).status_code == 200
    assert (await room.post("/signed", x_api_key=PLAIN)).status_code == 401


async def test_a_helicone_signature_stands_for_a_key() -> None:
    """With Helicone's key set its webhook needs no API key, but must be signed over the body as unpacked."""
    room = Room(keys=True, helicone_key=SecretStr(HELICONE))
    due = hmac.new(HELICONE.encode(), b"{}", hashlib.sha256).hexdigest()
    assert (await room.post("/helicone", b"{}", helicone_signature=due)).status_code == 200
    packed = gzip.compress(b"{}")
    assert (await room.post("/helicone", packed, helicone_signature=due, content_encoding="gzip")).status_code == 200
    for wrong in (due[:-1], "0" * 64, "no hex"):
        assert (await room.post("/helicone", b"{}", helicone_signature=wrong)).status_code == 401
    assert (await room.post("/helicone", b"{}", x_api_key=PLAIN)).status_code == 401


async def test_strangers_keep_nobody_out() -> None:
    """Who is known only by the body's signature gets an eighth of the memory; the rest stays for senders with keys."""
    room = Room(keys=True, helicone_key=SecretStr(HELICONE), intake={"max_memory_mb": 8})
    assert (await room.post("/helicone", chunks(11, 100_000), helicone_signature="0" * 64)).status_code == 413
    assert (await room.post("/helicone", chunks(9, 100_000), helicone_signature="0" * 64)).status_code == 401
    with room.door._strangers.hold() as stranger:
        stranger.reach(1_000_000)
        assert (await room.post("/helicone", b"{}", helicone_signature="0" * 64)).status_code == 503
        assert (await room.post("/key", b"x" * 6_000_000, x_api_key=PLAIN)).status_code == 200


async def test_without_helicones_key_its_route_wants_an_api_key() -> None:
    """No way in opens by leaving a setting out."""
    room = Room(keys=True)
    assert (await room.post("/helicone", helicone_signature="0" * 64)).status_code == 401
    assert (await room.post("/helicone", x_api_key=PLAIN)).status_code == 200


def test_waits_are_short() -> None:
    """Exporters give up on long waits: at most five seconds, at least one."""
    waits = [door_module.answer_to(StoreUnavailable("x", retry_after_seconds=n))[2]["Retry-After"] for n in (0, 3, 60)]
    assert waits == ["1", "3", "5"]
