"""Somebody's OTLP backend: real HTTP on 127.0.0.1, reads what it gets with opentelemetry.proto, and keeps it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Reply:
    """One answer; `hang` is none at all until the backend closes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": PROTOBUF})
    body: bytes = b""
    hang: bool = False


@dataclass(frozen=True)
class Request:
    """What came: its path, its headers in lower case, and the message."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> ExportLogsServiceRequest:
        return ExportLogsServiceRequest.FromString(gzip.decompress(self.body))

    @property
    def records(self) -> list[LogRecord]:
        return list(self.message.resource_logs[0].scope_logs[0].log_records)

    @property
    def samples(self) -> list[str]:
        """Which samples the events are about, in their order."""
        return [told(record)["leadline.sample_id"] for record in self.records]


TAKEN = Reply()
Rule = Callable[[Request], Reply]


def told(record: LogRecord) -> dict[str, Any]:
    """A record's attributes."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in record.attributes}


def partly(rejected: int) -> Reply:
    """Takes a request, and leaves so many of its records out."""
    answer = ExportLogsServiceResponse(partial_success={"rejected_log_records": rejected, "error_message": "too old"})
    return Reply(body=answer.SerializeToString())


class Backend(ThreadingHTTPServer):
    """Answers from `script` while that lasts, then by `rule`. `taken` holds what it answered 2xx to, oldest first."""

    daemon_threads = True

    def __init__(self, *script: Reply, rule: Rule = lambda _: TAKEN) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.rule = list(script), rule
        self.asked: list[Request] = []
        self.taken: list[Request] = []
        self.on_taken: Callable[[], object] = lambda: None
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/logs"

    @property
    def samples(self) -> list[str]:
        """The samples of every event that was taken, in the order in which they came."""
        return [sample for request in self.taken for sample in request.samples]

    def answer(self, request: Request) -> Reply:
        """Decides, and remembers."""
        self.asked.append(request)
        reply = self.script.pop(0) if self.script else self.rule(request)
        if 200 <= reply.status < 300:
            self.taken.append(request)
            self.on_taken()
        return reply

    def handle_error(self, *_: object) -> None:
        """A client that was killed hangs up: that is what some tests are about."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Backend
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.answer(Request(self.path, headers, body))
        if reply.hang:
            self.server.closing.wait(30)
            return
        self.send_response(reply.status)
        for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Silence."""
