"""The backend's answers, and the settings that lead to it."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from evaluator.errors import ConfigError
from evaluator.export import target
from evaluator.export.target import Answer, Fate
from evaluator.settings import ExportSettings
from tests.conftest import Clock
from tests.otlp_backend import PROTOBUF, TAKEN, Backend, Reply, partly

TOKEN = "sk-very-secret"


async def send(
    url: str, clock: Clock, body: bytes = b"", environ: Mapping[str, str] | None = None, **settings: Any
) -> Answer:
    """One request to this address."""
    made = target.build(ExportSettings(endpoint=url, **settings), environ or {}, clock)
    assert made is not None
    try:
        return await made.send(body)
    finally:
        await made.close()


async def test_the_request_is_otlp_over_http(clock: Clock) -> None:
    """A POST of gzipped protobuf to the endpoint, with the headers of the environment."""
    environ = {"OTLP_HEADERS": f"authorization=Bearer%20{TOKEN}, x-scope = a=b "}
    with Backend() as backend:
        await send(backend.url, clock, b"\x0a\x00", environ, headers_env="OTLP_HEADERS")
    (asked,) = backend.asked
    named = {name: asked.headers[name] for name in ("content-type", "content-encoding", "authorization", "x-scope")}
    assert named == {
        "content-type": PROTOBUF,
        "content-encoding": "gzip",
        "authorization": f"Bearer {TOKEN}",
        "x-scope": "a=b",
    }
    assert (asked.path, gzip.decompress(asked.body)) == ("/v1/logs", b"\x0a\x00")


@pytest.mark.parametrize(("path", "asked"), [("", "/v1/logs"), ("/", "/v1/logs"), ("/otlp?team=a", "/otlp?team=a")])
async def test_a_bare_address_gets_the_usual_path(clock: Clock, path: str, asked: str) -> None:
    """A host alone means its /v1/logs; any path is taken as it is."""
    with Backend() as backend:
        await send(backend.url.removesuffix("/v1/logs") + path, clock)
    assert backend.asked[0].path == asked


@pytest.mark.parametrize(
    ("reply", "fate"),
    [
        (TAKEN, Fate.TAKEN),
        (Reply(status=202, headers={}), Fate.TAKEN),
        (Reply(headers={"content-type": PROTOBUF}, body=b"\xff\xff"), Fate.TAKEN),
        (Reply(status=400), Fate.REFUSED),
        (Reply(status=413), Fate.REFUSED),
        (Reply(status=422), Fate.REFUSED),
        (Reply(status=200, headers={"content-type": "text/html; charset=utf-8"}), Fate.AWAY),
        (Reply(status=302, headers={"location": "/elsewhere"}), Fate.AWAY),
        (Reply(status=401), Fate.AWAY),
        (Reply(status=404), Fate.AWAY),
        (Reply(status=429), Fate.AWAY),
        (Reply(status=500), Fate.AWAY),
        (Reply(status=503), Fate.AWAY),
    ],
)
async def test_answers(clock: Clock, reply: Reply, fate: Fate) -> None:
    """2xx is taken, 400, 413 and 422 speak of what was sent; everything else may be mended, and nothing is followed."""
    with Backend(reply) as backend:
        assert (await send(backend.url, clock)).fate is fate
    assert len(backend.asked) == 1


async def test_a_taken_request_tells_what_it_left_out(clock: Clock) -> None:
    """Partial success is success, with a number."""
    with Backend(partly(3)) as backend:
        assert await send(backend.url, clock) == Answer(Fate.TAKEN, rejected=3)


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120.0), ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0), ("soon", 0.0), ("-5", 0.0)]
)
async def test_how_long_it_wants_to_be_left_alone(clock: Clock, header: str, seconds: float) -> None:
    """Retry-After in seconds or as a date."""
    with Backend(Reply(status=503, headers={"retry-after": header})) as backend:
        assert (await send(backend.url, clock)).retry_after_seconds == seconds


async def test_a_backend_that_hangs_is_away(clock: Clock) -> None:
    """No answer within the timeout is an answer of ours."""
    with Backend(Reply(hang=True)) as backend:
        answer = await send(backend.url, clock, timeout_seconds=0.2)
    assert (answer.fate, answer.why) == (Fate.AWAY, "it did not answer in time")


async def test_a_backend_that_is_not_there_is_away(clock: Clock) -> None:
    """A refused connection is one more answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = await send(f"http://127.0.0.1:{taken.getsockname()[1]}", clock)
    assert (answer.fate, answer.why) == (Fate.AWAY, "no answer from the target (ConnectError)")


async def test_an_endless_answer_is_read_in_part(clock: Clock) -> None:
    """Nobody's answer fills our memory."""
    with Backend(Reply(body=b"\x00" * 50_000_000)) as backend:
        assert (await send(backend.url, clock)).fate is Fate.TAKEN


def test_nothing_is_exported_by_default(clock: Clock) -> None:
    """Without an endpoint there is no target."""
    assert target.build(ExportSettings(), {}, clock) is None


@pytest.mark.parametrize(
    ("settings", "environ", "what"),
    [
        ({"endpoint": "collector:4318"}, {}, "export.endpoint is no http"),
        ({"endpoint": "grpc://collector:4317"}, {}, "export.endpoint is no http"),
        ({"endpoint": f"https://me:{TOKEN}@collector"}, {}, "export.endpoint holds a user or a password"),
        ({"headers_env": "H"}, {}, "export.headers_env: H must be set"),
        ({"headers_env": "H"}, {"H": TOKEN}, "export.headers_env: H must be set"),
        ({"headers_env": "H"}, {"H": f"x-key={TOKEN}%0d%0aX-Evil: 1"}, "export.headers_env: H must be set"),
        ({"headers_env": "H"}, {"H": f"a b={TOKEN}"}, "export.headers_env: H must be set"),
        ({"headers_env": "H"}, {"H": f"x-key=é{TOKEN}"}, "export.headers_env: H must be set"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(
    clock: Clock, settings: dict[str, Any], environ: dict[str, str], what: str
) -> None:
    """A wrong setting is named with its remedy, and never with its value."""
    with pytest.raises(ConfigError, match=what) as refused:
        target.build(ExportSettings(**{"endpoint": "http://collector", **settings}), environ, clock)
    assert TOKEN not in str(refused.value)
