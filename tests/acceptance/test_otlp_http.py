"""OTLP over real sockets: a real exporter, its retries, and clients that stop in the middle."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from evaluator.api.auth import Keys, Role, new_key
from store.errors import StoreUnavailable
from tests.fake_api import serving
from tests.otlp_app import OtlpApp
from tests.otlp_bodies import PROTOBUF, span_message, traces

pytestmark = pytest.mark.slow
PLAIN, ENTRY = new_key(Role.INGEST)
SECONDS = 10


@pytest.fixture
def service() -> OtlpApp:
    """The routes, with a key and room for one MB."""
    return OtlpApp(Keys.parse([ENTRY]), intake={"max_memory_mb": 1})


@pytest.fixture
def url(service: OtlpApp) -> Iterator[str]:
    """The service's address on loopback."""
    with serving(service.app) as address:
        yield address


def exporting(url: str, compression: Compression, count: int) -> None:
    """A Python application with the OpenTelemetry SDK that makes so many model calls and ends."""
    exporter = OTLPSpanExporter(
        f"{url}/v1/traces", headers={"api_key": PLAIN}, compression=compression, timeout=SECONDS
    )
    provider = TracerProvider(resource=Resource({"service.name": "app"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    for _ in range(count):
        with tracer.start_as_current_span("chat") as span:
            span.set_attribute("gen_ai.operation.name", "chat")
    provider.shutdown()


def until(holds: Callable[[], bool]) -> None:
    """Waits for what another thread does; AssertionError after SECONDS."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def send(url: str, head: str, body: bytes) -> socket.socket:
    """Begins a request by hand; the caller may go on, read or hang up."""
    place = urlsplit(url)
    connection = socket.create_connection((place.hostname, place.port), timeout=SECONDS)
    lines = (
        f"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\napi-key: {PLAIN}\r\ncontent-type: {PROTOBUF}\r\n{head}\r\n\r\n"
    )
    connection.sendall(lines.encode() + body)
    return connection


def status(connection: socket.socket) -> int:
    return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("compression", list(Compression))
def test_a_real_exporter_delivers_its_spans(service: OtlpApp, url: str, compression: Compression) -> None:
    """The OpenTelemetry SDK, however it compresses, delivers every span once."""
    exporting(url, compression, 700)
    assert len({part.part_id for part in service.parts}) == len(service.parts) == 700


def test_a_real_exporter_comes_again_after_503(service: OtlpApp, url: str) -> None:
    """Put off once, the exporter waits as told and loses nothing."""
    service.trouble_once = StoreUnavailable("the disk is nearly full", retry_after_seconds=1)
    exporting(url, Compression.Gzip, 3)
    assert (len(service.parts), service.refused(503)) == (3, 1)


def test_a_body_that_finds_no_room_is_put_off_unread(service: OtlpApp, url: str) -> None:
    """While another client's body is on its way the next is answered 503 before it is sent; then there is room."""
    slow = send(url, "content-length: 900000", b"\x0a")
    until(lambda: service.door.budget.used == 900_000)
    assert status(send(url, "content-length: 200000", b"")) == 503
    slow.close()
    until(lambda: service.door.budget.used == 0)
    body = traces(span_message()).SerializeToString()
    assert status(send(url, f"content-length: {len(body)}", body)) == 200


def test_hanging_up_frees_the_memory(service: OtlpApp, url: str) -> None:
    """Clients that disappear in the middle of a chunked body leave nothing behind."""
    clients = [send(url, "transfer-encoding: chunked", b"1000\r\n" + b"x" * 4096 + b"\r\n") for _ in range(20)]
    until(lambda: service.door.budget.used == 20 * 4096)
    for client in clients:
        client.close()
    until(lambda: service.door.budget.used == 0)
    assert not service.parts


def test_a_body_too_large_is_told_before_it_is_sent(url: str) -> None:
    """Announcing more than will ever fit is answered at once."""
    assert status(send(url, "content-length: 99999999999", b"")) == 413
