"""Hostile bodies on every ingest route: an answer in time, never a 5xx, never more memory than the limits allow."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evaluator.api.app import create_app
from evaluator.service import Service
from evaluator.settings import Settings
from store import parts as part_store
from store.parts import Patience
from tests.acceptance.bombs import BOMBS
from tests.otlp_bodies import CAPTURES, JSON, PROTOBUF, as_json, full_span, logs, traces

pytestmark = pytest.mark.slow
FUZZ = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PATHS = (
    *("/v1/traces", "/v1/logs", "/v1/metrics", "/v1/samples", "/v1/feedback"),
    *("/v1/webhooks/litellm", "/v1/webhooks/helicone"),
    *("/api/public/ingestion", "/api/public/scores", "/api/public/otel/v1/traces"),
)
TAKEN_OR_REFUSED = (200, 202, 207, 400, 413)
TYPES = (PROTOBUF, JSON, "", "text/plain", "application/x-ndjson", "\xff")
ENCODINGS = ("", "gzip", "deflate", "br", "gzip, gzip")
SECONDS = 5.0
PEAK_MB = 500
BOMB_SECONDS = 20


class Running:
    """A whole service on a file, its app, and one event loop for both."""

    def __init__(self, service: Service, runner: asyncio.Runner) -> None:
        self.service = service
        self._app = create_app(service)
        self._runner = runner

    def post(self, path: str, body: bytes, headers: dict[str, bytes]) -> httpx2.Response:
        return self._runner.run(self._post(path, body, headers))

    def settle(self) -> int:
        """Makes samples of all that is due by now."""
        return self._runner.run(self.service.settler.settle(datetime.now(UTC) + timedelta(hours=1)))

    async def _post(self, path: str, body: bytes, headers: dict[str, bytes]) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self._app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(path, content=body, headers=headers)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service without judges; what was sent to it in the end becomes samples."""
    database = tmp_path_factory.mktemp("fuzz") / "leadline.duckdb"
    with asyncio.Runner() as runner:
        service = Service(Settings(database=database, judge={"builtin": ()}), environ={}, scheduled=False)
        runner.run(service.start())
        yield Running(service, runner)
        runner.run(service.stop())


def originals() -> list[bytes]:
    """Well-formed bodies: ours, and as captured from clients."""
    request = traces(full_span(), full_span())
    ours = [request.SerializeToString(), as_json(request), logs().SerializeToString(), as_json(logs())]
    captured = [file.read_bytes() for file in sorted(CAPTURES.glob("*/*.bin"))]
    return ours + [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in captured]


ORIGINALS = originals()
EDITS = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["set", "cut", "repeat", "insert"]), st.binary(max_size=9)))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A well-formed body with some of its bytes set, cut, repeated or inserted."""
    body = draw(st.sampled_from(ORIGINALS))
    for place, kind, content in draw(EDITS):
        at = int(place * len(body))
        size = len(content)
        middle = {"set": content, "cut": b"", "repeat": body[at : at + size] * 2, "insert": content}[kind]
        body = body[:at] + middle + body[at + (0 if kind == "insert" else size) :]
    return body


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = st.sampled_from(
    [
        *("resourceSpans", "scopeSpans", "spans", "resource_logs", "scopeLogs", "logRecords", "traceId", "spanId"),
        *("attributes", "key", "value", "stringValue", "intValue", "arrayValue", "kvlistValue", "values", "events"),
        *("body", "status", "startTimeUnixNano", "response", "request", "messages", "content"),
    ]
)
JUNK = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=30)


def check(running: Running, path: str, body: bytes, content_type: str = PROTOBUF, encoding: str = "") -> None:
    """Posts one body; the answer must come in time and be no fault of ours."""
    headers = {"content-type": content_type.encode("latin-1"), "content-encoding": encoding.encode()}
    start = time.monotonic()
    answer = running.post(path, body, headers)
    assert answer.status_code in TAKEN_OR_REFUSED, answer.text
    assert time.monotonic() - start < SECONDS


@FUZZ
@given(st.sampled_from(PATHS), st.binary(max_size=300), st.sampled_from(TYPES), st.sampled_from(ENCODINGS))
@example("/v1/traces", b"\x0a" + b"\x80" * 20, PROTOBUF, "")
def test_random_bytes(running: Running, path: str, body: bytes, content_type: str, encoding: str) -> None:
    """Noise of any declared type and encoding is refused or taken as empty."""
    check(running, path, body, content_type, encoding)


@FUZZ
@given(st.sampled_from(PATHS), mutated(), st.sampled_from(TYPES))
def test_mutated_bodies(running: Running, path: str, body: bytes, content_type: str) -> None:
    """What clients really send, damaged anywhere and sent anywhere, is taken as far as it can be read."""
    check(running, path, body, content_type)


@FUZZ
@given(st.sampled_from(PATHS), JUNK)
def test_json_junk(running: Running, path: str, value: Any) -> None:
    """JSON of any structure, with the names of OTLP in odd places, is refused or taken."""
    check(running, path, json.dumps(value).encode(), JSON)


@FUZZ
@given(st.sampled_from(PATHS), mutated(), st.floats(0, 1), st.sampled_from(["gzip", "deflate", ""]))
def test_damaged_compression(running: Running, path: str, body: bytes, place: float, encoding: str) -> None:
    """A gzip stream that is cut off or declared as something else is refused, whole ones are read."""
    packed = gzip.compress(body, 1)
    check(running, path, packed[: int(place * (len(packed) + 1))], PROTOBUF, encoding)


def test_what_was_taken_can_be_settled(running: Running) -> None:
    """Odd parts that were acknowledged become samples or are given up; none stops the others, none stays."""
    running.post("/v1/traces", traces(full_span()).SerializeToString(), {"content-type": PROTOBUF.encode()})
    running.settle()
    with running.service.store.read() as c:
        calls = part_store.due(c, far_ahead(), 10)
    assert not calls


def far_ahead() -> Patience:
    """Everything that waits is due."""
    then = datetime.now(UTC) + timedelta(days=1)
    return Patience(now=then, settled_before=then, open_before=then, longest_before=then)


@pytest.mark.parametrize("kind", list(BOMBS))
def test_bombs_stay_within_memory(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bodies made to explode are answered with little memory: each in a process of its own, at the largest size."""
    path, media_type, made = BOMBS[kind]
    (tmp_path / "body").write_bytes(made())
    command = [sys.executable, "-m", "tests.acceptance.bombs", str(tmp_path / "body"), path, media_type]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    verdict = "ok" if told["grown_mb"] <= PEAK_MB else "MISSED"
    with capsys.disabled():
        print(
            f"\nbomb {kind:<11}{told['body_kb']:>7,} kB  {told['status']}  {told['seconds']:.2f} s"
            f"  +{told['grown_mb']:.0f} MB (target <= {PEAK_MB}) {verdict}",
            end="",
        )
    assert told["status"] in (200, 400, 413)
    assert told["grown_mb"] <= PEAK_MB
    assert told["seconds"] <= BOMB_SECONDS
