"""OTLP bodies: protobuf and JSON give the same records, captures theirs, and what is damaged costs only itself."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from evaluator.intake.decode import BodyTooLargeError, Limits, UndecodableError
from evaluator.intake.otlp import loose, wire
from tests.otlp_bodies import (
    CAPTURES,
    JSON,
    NS,
    PROTOBUF,
    READ,
    SPAN,
    TRACE,
    as_json,
    field,
    full_span,
    logs,
    span_message,
    traces,
)


def test_a_span_is_read_whole() -> None:
    """Every field arrives as a plain value: ids in hex, times in UTC, what was cut off counted."""
    spans, errors = wire.spans(traces(full_span()).SerializeToString(), PROTOBUF)
    span = spans[0]
    assert not errors
    assert (span.trace_id, span.span_id, span.parent_id, span.parent_is_remote) == (
        TRACE.hex(),
        SPAN.hex(),
        SPAN.hex(),
        True,
    )
    assert span.attributes == span.events[0].attributes == READ
    assert (span.started_at, span.ended_at) == (None, datetime(2026, 11, 20, 12, 13, 57, 818339, UTC))
    assert (span.status_code, span.status_message, span.dropped) == (2, "overloaded", 6)
    assert (span.resource.attributes, span.resource.scope, span.resource.scope_version) == (
        {"service.name": "bot"},
        "lib",
        "1",
    )


@pytest.mark.parametrize("snake", [False, True])
def test_both_encodings_give_the_same_spans(snake: bool) -> None:
    """JSON, in camelCase or snake_case, says what protobuf says."""
    request = traces(full_span(), span_message())
    assert wire.spans(as_json(request, snake=snake), JSON) == wire.spans(request.SerializeToString(), PROTOBUF)


@pytest.mark.parametrize("snake", [False, True])
def test_both_encodings_give_the_same_logs(snake: bool) -> None:
    """Log records agree too, with their ids."""
    assert wire.logs(as_json(logs(), snake=snake), JSON) == wire.logs(logs().SerializeToString(), PROTOBUF)


def test_a_log_is_read_whole() -> None:
    """Time or when it was seen, event name from field or attribute, body as a value, ids optional."""
    first, second = wire.logs(logs().SerializeToString(), PROTOBUF)[0]
    assert (first.event_name, first.order, first.attributes, first.body) == ("e", NS, READ, {"a": []})
    assert (first.trace_id, first.span_id) == (TRACE.hex(), "")
    assert (second.event_name, second.order, second.trace_id, second.body) == ("für 你", NS, "", None)


@pytest.mark.parametrize(
    "body", [b"", ExportTraceServiceRequest().SerializeToString(), b"\x0a\x00", b"\x0a\x02\x12\x00"]
)
def test_an_empty_protobuf_is_a_request(body: bytes) -> None:
    """Nothing in it is no error."""
    assert wire.spans(body, PROTOBUF) == ([], [])


@pytest.mark.parametrize(
    "body", [b"{}", b'{"resourceSpans": null}', b'{"resourceSpans": [{}, {"scopeSpans": [{}]}], "x": 1}']
)
def test_an_empty_document_is_a_request(body: bytes) -> None:
    """Neither are missing lists and unknown names."""
    assert wire.spans(body, JSON) == ([], [])


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
def test_an_unknown_content_type_is_guessed(content_type: str) -> None:
    """JSON begins with a bracket; everything else is protobuf."""
    request = traces(span_message())
    bodies = [as_json(request), request.SerializeToString()]
    assert [len(wire.spans(body, content_type)[0]) for body in bodies] == [1, 1]


def test_spans_without_ids_are_rejected_one_by_one() -> None:
    """A span that nothing can be joined to is told, and its neighbours stay."""
    bad = [{"trace_id": b""}, {"trace_id": bytes(16)}, {"span_id": b"short"}]
    request = traces(*(span_message(**ids) for ids in bad), span_message())
    spans, errors = wire.spans(request.SerializeToString(), PROTOBUF)
    assert len(spans) == 1
    assert [error.partition(" (")[0] for error in errors] == [
        "span 0: no valid trace id",
        "span 1: no valid trace id",
        "span 2: no valid span id",
    ]
    assert wire.spans(as_json(request), JSON) == (spans, errors)


def test_a_damaged_span_costs_only_itself() -> None:
    """One span whose bytes are no message leaves the others, and is told."""
    good = span_message().SerializeToString()
    scope = b"".join(b"\x12" + bytes([len(span)]) + span for span in (good, b"\xff" * 9, good))
    outer = b"\x12" + bytes([len(scope)]) + scope
    spans, errors = wire.spans(b"\x0a" + bytes([len(outer)]) + outer, PROTOBUF)
    assert (len(spans), errors) == (2, ["span 1: no OTLP protobuf, or nested too deeply"])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"hello", PROTOBUF),
        (b"\x0a\xff", PROTOBUF),
        (b"\x0a\x05abc", PROTOBUF),
        (b"\x08" + b"\xff" * 11, PROTOBUF),
        (b"\x0a\x06\x12\x04\x12\x02\xff\xff", PROTOBUF),
        (b"", JSON),
        (b"[1]", JSON),
        (b'{"resourceSpans": {}}', JSON),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}', JSON),
    ],
)
def test_a_body_of_which_nothing_can_be_read_is_refused(body: bytes, content_type: str) -> None:
    """What is no OTLP at all, or has nothing but damaged records, is undecodable."""
    with pytest.raises(UndecodableError):
        wire.spans(body, content_type)


def test_the_order_of_fields_does_not_matter() -> None:
    """A resource that is written after its spans is theirs all the same."""
    whole = traces(span_message()).SerializeToString()
    inner = traces(span_message()).resource_spans[0]
    scopes = inner.scope_spans[0].SerializeToString()
    head = inner.resource.SerializeToString()
    layer = b"\x12" + bytes([len(scopes)]) + scopes + b"\x0a" + bytes([len(head)]) + head
    assert wire.spans(b"\x0a" + bytes([len(layer)]) + layer, PROTOBUF) == wire.spans(whole, PROTOBUF)


@pytest.mark.parametrize("levels", [60, 90, 400])
def test_a_depth_bomb_is_undecodable(levels: int) -> None:
    """Values nested beyond sense end in an error about the body, in both encodings."""
    request = traces(span_message())
    told = '{"arrayValue":{"values":[' * levels + '{"intValue":1}' + "]}}" * levels
    bomb = as_json(request).replace(b'"name": "chat"', f'"attributes": [{{"key": "a", "value": {told}}}]'.encode())
    with pytest.raises(UndecodableError):
        wire.spans(bomb, JSON)
    deepest = b""
    for _ in range(levels):
        deepest = field(5, field(1, deepest))
    span = span_message().SerializeToString() + field(9, field(2, deepest))
    with pytest.raises(UndecodableError):
        wire.spans(field(1, field(2, field(2, span))), PROTOBUF)


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("startTimeUnixNano", "0", None),
        ("startTimeUnixNano", "-5", None),
        ("startTimeUnixNano", "9" * 400, None),
        ("startTimeUnixNano", 1e300, None),
        ("startTimeUnixNano", "soon", None),
        ("startTimeUnixNano", 1_795_176_837_000_000_000, datetime(2026, 11, 20, 12, 13, 57, tzinfo=UTC)),
        ("startTimeUnixNano", "1795176837000000000", datetime(2026, 11, 20, 12, 13, 57, tzinfo=UTC)),
    ],
)
def test_absurd_times_are_none(name: str, given: Any, read: datetime | None) -> None:
    """A clock that was never set says nothing; integers may be texts."""
    told = json.loads(as_json(traces(span_message())))
    told["resourceSpans"][0]["scopeSpans"][0]["spans"][0][name] = given
    assert wire.spans(json.dumps(told).encode(), JSON)[0][0].started_at == read


@pytest.mark.parametrize(
    ("code", "read"), [("STATUS_CODE_ERROR", 2), (2, 2), ("2", 2), ("STATUS_CODE_OK", 1), ("x", 0)]
)
def test_enums_are_names_or_numbers(code: Any, read: int) -> None:
    """Both forms of protobuf's JSON are understood."""
    told = json.loads(as_json(traces(span_message())))
    told["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["status"] = {"code": code}
    assert wire.spans(json.dumps(told).encode(), JSON)[0][0].status_code == read


def test_ids_may_be_base64() -> None:
    """Senders that write plain protobuf JSON have their ids in base64."""
    request = traces(span_message())
    plain = json.dumps(MessageToDict(request)).encode()
    assert wire.spans(plain, JSON) == wire.spans(request.SerializeToString(), PROTOBUF)


@pytest.mark.parametrize("written", ["//7//v/+//4=", "__7__v_-__4=", "__7__v_-__4"])
def test_base64_of_ids_in_either_alphabet(written: str) -> None:
    """The JSON of protobuf allows both alphabets, with padding and without."""
    assert loose.identifier(written, 16) == "fffefffefffefffe"


def test_log_ids_are_stable_and_tell_repeats_apart() -> None:
    """Sent again a log has the same id; two equal records of one body, and those of two resources, differ."""
    request = ExportLogsServiceRequest()
    for name in ("a", "b"):
        outer = request.resource_logs.add()
        outer.resource.attributes.add(key="service.instance.id", value=AnyValue(string_value=name))
        records = outer.scope_logs.add().log_records
        records.add(time_unix_nano=NS)
        records.add(time_unix_nano=NS)
    once, again = (wire.logs(request.SerializeToString(), PROTOBUF)[0] for _ in range(2))
    assert [log.log_id for log in once] == [log.log_id for log in again]
    assert len({log.log_id for log in once}) == 4


def test_metrics_are_counted() -> None:
    """Metrics are not read, but told how many there were."""
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    body = request.SerializeToString()
    assert (wire.metrics(body, PROTOBUF), wire.metrics(as_json(request), JSON)) == (1, 1)


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_more_records_than_a_body_may_have_are_refused(content_type: str) -> None:
    """A body of countless tiny spans is refused before they are read."""
    request = traces(*(SpanMessage() for _ in range(11)))
    body = request.SerializeToString() if content_type == PROTOBUF else as_json(request)
    with pytest.raises(BodyTooLargeError, match="more than 10 records"):
        wire.spans(body, content_type, Limits(items=10))


def test_a_span_beyond_the_limit_of_one_is_rejected_by_itself() -> None:
    """One huge span is told; the others of its body stay."""
    huge = span_message(name="x" * 3000)
    spans, errors = wire.spans(traces(huge, span_message()).SerializeToString(), PROTOBUF, Limits(item_bytes=2000))
    assert (len(spans), errors) == (1, ["span 0: 3 kB; at most 2 kB (server.max_item_kb)"])


def captures() -> list[Path]:
    """Captured OTLP bodies of traces and logs."""
    names = {"traces": "spans", "logs": "logs"}
    found = sorted(CAPTURES.glob("*/*.headers.json"))
    return [file for file in found if json.loads(file.read_text())["path"].rpartition("/")[2] in names]


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="no captures beside the repository")
def test_captures_are_read_as_they_were_decoded() -> None:
    """Every captured body gives the records that its decoded view has."""
    for file in captures():
        name = file.name.partition(".")[0]
        assert read_capture(file.parent / f"{name}.bin", json.loads(file.read_text())) == decoded(
            file.parent / f"{name}.decoded.json"
        ), file


def read_capture(file: Path, sent: dict[str, Any]) -> list[tuple[Any, ...]]:
    body, headers = file.read_bytes(), {name.lower(): value for name, value in sent["headers"]}
    body = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    if sent["path"].endswith("traces"):
        spans = wire.spans(body, headers["content-type"])[0]
        return [(s.trace_id, s.span_id, s.parent_id, s.name, s.attributes, s.resource.attributes) for s in spans]
    logs = wire.logs(body, headers["content-type"])[0]
    return [(log.trace_id, log.span_id, log.attributes, log.body, log.resource.attributes) for log in logs]


def decoded(file: Path) -> list[tuple[Any, ...]]:
    told = json.loads(file.read_text(), object_hook=lambda value: "(bytes)" if "__bytes__" in value else value)
    spans = [
        tuple(s[key] for key in ("trace_id", "span_id", "parent_span_id", "name", "attributes", "resource"))
        for s in told.get("spans", ())
    ]
    return spans or [
        tuple(log[key] for key in ("trace_id", "span_id", "attributes", "body", "resource")) for log in told["logs"]
    ]
