"""OTLP bodies for tests: spans and logs with every kind of value, in protobuf and in JSON."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

PROTOBUF, JSON = "application/x-protobuf", "application/json"
CAPTURES = Path(__file__).parents[2] / "shared" / "data" / "payloads"
TRACE, SPAN, NS = bytes(range(16)), bytes(range(1, 9)), 1_795_176_837_818_339_941
VALUES: dict[str, AnyValue] = {
    "text": AnyValue(string_value="für 你"),
    "count": AnyValue(int_value=-7),
    "big": AnyValue(int_value=2**62),
    "share": AnyValue(double_value=0.25),
    "nan": AnyValue(double_value=float("nan")),
    "yes": AnyValue(bool_value=False),
    "raw": AnyValue(bytes_value=b"\x00\xff"),
    "none": AnyValue(),
    "list": AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue(string_value="")])),
    "tree": AnyValue(
        kvlist_value=KeyValueList(values=[KeyValue(key="a", value=AnyValue(array_value=ArrayValue(values=[])))])
    ),
}
READ = {
    "text": "für 你",
    "count": -7,
    "big": 2**62,
    "share": 0.25,
    "nan": None,
    "yes": False,
    "raw": "(bytes)",
    "none": None,
    "list": [1, ""],
    "tree": {"a": []},
}


def pairs() -> list[KeyValue]:
    return [KeyValue(key=key, value=value) for key, value in VALUES.items()]


def span_message(**given: Any) -> SpanMessage:
    told: dict[str, Any] = {"trace_id": TRACE, "span_id": SPAN, "name": "chat", "end_time_unix_nano": NS, **given}
    return SpanMessage(**told)


def traces(*spans: SpanMessage) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name", value=AnyValue(string_value="bot"))
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "lib", "1"
    scope.spans.extend(spans)
    return request


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    scope.log_records.add(time_unix_nano=NS, event_name="e", trace_id=TRACE, attributes=pairs(), body=VALUES["tree"])
    scope.log_records.add(observed_time_unix_nano=NS, attributes=[KeyValue(key="event.name", value=VALUES["text"])])
    return request


def as_json(request: Any, *, snake: bool = False) -> bytes:
    """The message as OTLP writes JSON: ids in hex, enums as numbers."""
    told = MessageToDict(request, preserving_proto_field_name=snake, use_integers_for_enums=True)
    text = json.dumps(told)
    for identifier in (TRACE, SPAN):
        text = text.replace(b64encode(identifier).decode(), identifier.hex())
    return text.encode()


def full_span() -> SpanMessage:
    events = [SpanMessage.Event(name="e", time_unix_nano=NS, attributes=pairs(), dropped_attributes_count=3)]
    status = {"code": 2, "message": "overloaded"}
    counts = {"dropped_attributes_count": 1, "dropped_events_count": 2}
    return span_message(parent_span_id=SPAN, flags=0x301, attributes=pairs(), events=events, status=status, **counts)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes in protobuf's wire format, written by hand."""
    size, length = len(content), b""
    while size > 0x7F:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content
