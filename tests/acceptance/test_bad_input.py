"""Bad input over real HTTP: a clear error for what is bad, and nothing else lost."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.api import ingest
from evaluator.api.auth import Guard, Keys, Role, new_key
from evaluator.api.door import Door
from evaluator.intake.accept import Intake
from evaluator.settings import ServerSettings, Settings
from store import samples as sample_store
from store.store import Limits, Store

SETTINGS = Settings(server=ServerSettings(max_body_mb=1, max_item_kb=100))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEEP = "[" * 300 + "]" * 300


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx2.Client]:
    """The app on a free loopback port. The socket listens before the server runs, so nobody has to wait for it."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def app_of(store: Store, keys: Keys) -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    app.include_router(ingest.router(Intake(store, SETTINGS, lambda: NOW, lambda _: None), Door(keys, SETTINGS)))
    app.add_middleware(Guard, keys=keys)
    return app


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store in a file."""
    path: Path = tmp_path_factory.mktemp("intake") / "leadline.duckdb"
    with Store.open(path, clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(database: Store) -> Iterator[httpx2.Client]:
    """A client of a service without keys."""
    with serving(app_of(database, Keys())) as connected:
        yield connected


def stored(database: Store, sample_id: str) -> bool:
    with database.read() as c:
        return sample_store.get(c, sample_id) is not None


def post(client: httpx2.Client, body: bytes | str, encoding: str = "") -> httpx2.Response:
    return client.post("/v1/samples", content=body, headers={"content-encoding": encoding} if encoding else {})


BAD_ITEMS = {
    "not JSON": ("{response: x}", "not JSON"),
    "not an object": ("[1, 2]", "an item must be a JSON object, got a list"),
    "no content": ("{}", "response: missing"),
    "wrong type": ('{"response": "x", "latency_ms": "fast"}', "latency_ms: must be a number ≥ 0, got 'fast'"),
    "wrong type inside": ('{"response": {"content": [7]}}', "response.content[0]: must be an object, got 7"),
    "deep nesting": (f'{{"response": "x", "metadata": {{"a": {DEEP}}}}}', "nested too deeply"),
    "less deep nesting": (f'{{"response": "x", "metadata": {{"a": {DEEP[200:400]}}}}}', "nested more than 100 levels"),
    "NaN": ('{"response": "x", "latency_ms": NaN}', "latency_ms: NaN and Infinity are not numbers"),
    "infinity": ('{"response": "x", "metadata": {"a": 1e999}}', "metadata: NaN and Infinity are not numbers"),
    "huge string": ('{"response": "' + "x" * 150_000 + '"}', "the item is 150 kB; at most 100 kB"),
    "invalid UTF-8": ('{"response": "\udcff"}', "not UTF-8"),
    "future": ('{"response": "x", "timestamp": "2026-11-20T12:05:01Z"}', "more than 5 minutes in the future"),
    "no zone": ('{"response": "x", "timestamp": "2026-11-20T12:00:00"}', "timestamp: has no time zone"),
    "before 2000": ('{"response": "x", "timestamp": "1970-01-01T00:00:01Z"}', "is before 2000"),
    "unknown field": ('{"response": "x", "lateny_ms": 5}', "lateny_ms: unknown field; did you mean latency_ms?"),
    "huge number": ('{"response": "x", "latency_ms": 1' + "0" * 5000 + "}", "number out of range"),
}


@pytest.mark.parametrize("form", ["array", "lines", "gzip"])
@pytest.mark.parametrize("kind", list(BAD_ITEMS))
def test_a_bad_item_is_rejected_in_words_and_its_batch_is_stored(
    client: httpx2.Client, database: Store, kind: str, form: str
) -> None:
    """Between two good items a bad one is answered with index and reason; the good ones are stored."""
    bad, why = BAD_ITEMS[kind]
    ids = [f"{kind}-{form}-{side}" for side in ("before", "after")]
    before, after = (json.dumps({"id": name, "response": "x"}) for name in ids)
    text = f"[{before}, {bad}, {after}]" if form == "array" else f"{before}\n{bad}\n{after}\n"
    body = text.encode("utf-8", "surrogateescape")
    response = post(client, gzip.compress(body), "gzip") if form == "gzip" else post(client, body)
    report = response.json()
    assert (response.status_code, report["accepted"], report["rejected"]) == (202, 2, 1)
    assert why in report["items"][1]["error"]
    assert all(stored(database, name) for name in ids)


@pytest.mark.parametrize(
    ("body", "headers", "status", "why"),
    [
        (b"", {}, 400, "the body is empty"),
        (b"hello", {}, 400, "not JSON"),
        (b'{"response": "x"', {}, 400, "not JSON: EOF"),
        (b'{"response": "\xff"}', {}, 400, "not UTF-8"),
        (DEEP.encode(), {}, 400, "nested too deeply"),
        (b"5", {}, 400, "neither an object nor an array"),
        (b"hello", {"content-encoding": "gzip"}, 400, "the compressed body is damaged"),
        (gzip.compress(b"{}")[:-5], {"content-encoding": "gzip"}, 400, "cut off"),
        (b"{}", {"content-encoding": "br"}, 400, "send gzip, deflate or none"),
        (b'{"response": "' + b"x" * 1_000_000 + b'"}', {}, 413, "larger than 1 MB"),
        (gzip.compress(b" " * 1_000_001), {"content-encoding": "gzip"}, 413, "larger than 1 MB"),
        (b"{}", {"host": "evil.example"}, 403, "LEADLINE_KEYS"),
        (b"{}", {"origin": "http://evil.example"}, 403, "another origin"),
    ],
)
def test_a_bad_body_is_refused_in_words(
    client: httpx2.Client, body: bytes, headers: dict[str, str], status: int, why: str
) -> None:
    """A body of which nothing can be read is 400, one over the limit 413, each with what to do."""
    response = client.post("/v1/samples", content=body, headers=headers)
    assert response.status_code == status
    assert why in response.json()["detail"]


def test_a_body_without_length_is_measured_while_it_comes(client: httpx2.Client) -> None:
    """A chunked body over the limit is refused although nobody announced its length."""
    chunks = (b" " * 100_000 for _ in range(50))
    assert client.post("/v1/samples", content=chunks).status_code == 413


def test_a_chunked_body_is_stored(client: httpx2.Client, database: Store) -> None:
    """A body that comes in pieces, cut anywhere, is read whole."""
    body = json.dumps({"id": "chunked", "response": "x" * 50_000}).encode()
    response = client.post("/v1/samples", content=(body[start : start + 777] for start in range(0, len(body), 777)))
    assert (response.status_code, stored(database, "chunked")) == (202, True)


def test_texts_of_hostile_kinds_are_stored_safely(client: httpx2.Client, database: Store) -> None:
    """NUL and halves of an emoji are replaced, markup and SQL are just text."""
    hostile = r"'; DROP TABLE sample; -- <script>\u0000\ud83d"
    response = post(client, f'{{"id": "hostile", "response": "{hostile}"}}')
    assert response.json()["accepted"] == 1
    with database.read() as c:
        kept = sample_store.get(c, "hostile")
    assert kept is not None
    assert kept.response["content"][0]["text"] == "'; DROP TABLE sample; -- <script>\ufffd\ufffd"


@pytest.mark.parametrize("path", ["/v1/samples", "/v1/samples/"])
def test_nothing_is_ever_redirected(client: httpx2.Client, path: str) -> None:
    """Exporters take a redirect for success and lose the data: both spellings of the path answer themselves."""
    assert client.post(path, json={"response": path}, follow_redirects=False).status_code == 202


def test_a_full_store_asks_to_come_again(tmp_path: Path) -> None:
    """When nothing can be written the answer is 503 with a short Retry-After, and never 500."""
    opened = Store.open(tmp_path / "full.duckdb", clock=lambda: NOW, limits=Limits(reserve_bytes=1 << 60))
    with opened as full, serving(app_of(full, Keys())) as client:
        response = client.post("/v1/samples", json={"response": "x"})
    assert response.status_code == 503
    assert 1 <= int(response.headers["retry-after"]) <= 5


def test_keys_are_asked_for(database: Store) -> None:
    """With keys configured: none is 401, a read key 403, an ingest key stores."""
    (writer, write_entry), (reader, read_entry) = new_key(Role.INGEST), new_key(Role.READ)
    with serving(app_of(database, Keys.parse([write_entry, read_entry]))) as client:
        answers = [
            client.post("/v1/samples", json={"response": "x"}, headers=headers).status_code
            for headers in ({}, {"x-api-key": reader}, {"authorization": f"Bearer {writer}"})
        ]
    assert answers == [401, 403, 202]


FIELDS = ("id", "timestamp", "feature", "session_id", "request", "response", "usage", "latency_ms", "error", "metadata")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["content", "choices", "messages", "role", "type", "message"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
items = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), anything, max_size=6)
relaxed = settings(max_examples=150, deadline=timedelta(seconds=5), suppress_health_check=list(HealthCheck))


@relaxed
@given(st.lists(items | anything, max_size=5))
def test_no_json_is_our_error(client: httpx2.Client, batch: list[Any]) -> None:
    """Arbitrary JSON items are stored or rejected, each with its result; the answer is never an error of ours."""
    response = post(client, json.dumps(batch))
    assert response.status_code == 202
    assert [item["index"] for item in response.json()["items"]] == list(range(len(batch)))


@relaxed
@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "br"]))
def test_no_bytes_are_our_error(client: httpx2.Client, body: bytes, encoding: str) -> None:
    """Arbitrary bytes are refused or taken, never an error of ours."""
    assert post(client, body, encoding).status_code in (202, 400)


def test_a_date_in_the_future_depends_on_the_clock_only(client: httpx2.Client) -> None:
    """A timestamp up to five minutes ahead is a clock that runs fast, and is taken."""
    ahead = (NOW + timedelta(minutes=4)).isoformat()
    assert client.post("/v1/samples", json={"response": "ahead", "timestamp": ahead}).json()["accepted"] == 1
