"""OTLP over HTTP: what services are answered, in which encoding, and what reaches the store."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from evaluator.api.auth import Keys, Role, new_key
from store.errors import StoreUnavailable
from tests.otlp_app import OtlpApp
from tests.otlp_bodies import JSON, NS, PROTOBUF, SPAN, TRACE, as_json, span_message, traces

PLAIN, ENTRY = new_key(Role.INGEST)
NO_KEYS = Keys()


def call() -> bytes:
    span = span_message()
    span.attributes.add(key="gen_ai.operation.name", value=AnyValue(string_value="chat"))
    span.attributes.add(key="gen_ai.request.model", value=AnyValue(string_value="claude-haiku-5-5"))
    return traces(span).SerializeToString()


def broken() -> Any:
    return traces(span_message(span_id=b""), span_message())


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", ["/v1", "/api/public/otel/v1"])
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
async def test_every_path_takes_its_signal(prefix: str, signal: str, slash: str) -> None:
    """All three signals are served under both prefixes, with and without a slash; empty in, empty out."""
    answer = await OtlpApp().post(f"{prefix}/{signal}{slash}", b"", content_type=PROTOBUF)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", PROTOBUF)


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
async def test_a_span_becomes_a_part(encoding: str) -> None:
    """However it is compressed, a call reaches the sink before the answer, and is counted."""
    packed = {"identity": call(), "gzip": gzip.compress(call()), "deflate": zlib.compress(call())}[encoding]
    service = OtlpApp()
    answer = await service.post("/v1/traces", packed, content_type=PROTOBUF, content_encoding=encoding)
    assert (answer.status_code, [part.part_id for part in service.parts]) == (200, [f"s:{SPAN.hex()}"])
    assert service.counted("traces", "taken") == 1


async def test_chunked_bodies_need_no_length() -> None:
    """JavaScript services send chunks and announce nothing."""

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(call()), 7):
            yield call()[at : at + 7]

    service = OtlpApp()
    assert (await service.post("/v1/traces", pieces(), content_type=PROTOBUF)).status_code == 200
    assert len(service.parts) == 1


async def test_json_is_answered_in_json() -> None:
    """The answer has the encoding of the request, whatever the case of its content type."""
    answer = await OtlpApp().post(
        "/v1/traces", b'{"resourceSpans": []}', content_type="Application/JSON; charset=utf-8"
    )
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (200, {}, JSON)


async def test_rejected_spans_are_told_in_protobuf() -> None:
    """What cannot be used is counted in partial_success; the rest is taken."""
    service = OtlpApp()
    answer = await service.post("/v1/traces", broken().SerializeToString(), content_type=PROTOBUF)
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, told.rejected_spans, told.error_message) == (
        200,
        1,
        "span 0: no valid span id (8 bytes, not all zero)",
    )
    assert service.counted("traces", "rejected") == 1


async def test_rejected_spans_are_told_in_json() -> None:
    """The same in JSON, with the count as a text, as 64-bit integers are written there."""
    told = (await OtlpApp().post("/v1/traces", as_json(broken()), content_type=JSON)).json()["partialSuccess"]
    assert (told["rejectedSpans"], "span 0" in told["errorMessage"]) == ("1", True)


async def test_many_errors_are_told_shortly() -> None:
    """Three of the errors stand for all."""
    request = traces(*(span_message(span_id=b"") for _ in range(50)))
    told = (await OtlpApp().post("/v1/traces", as_json(request), content_type=JSON)).json()["partialSuccess"]
    assert (told["rejectedSpans"], told["errorMessage"].count("span "), told["errorMessage"][-11:]) == (
        "50",
        6,
        "and 47 more",
    )


async def test_metrics_are_taken_and_dropped() -> None:
    """Metrics are counted; nothing of them reaches the sink."""
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    service = OtlpApp()
    assert (await service.post("/v1/metrics", request.SerializeToString(), content_type=PROTOBUF)).status_code == 200
    assert (service.counted("metrics", "ignored"), service.parts) == (1, [])


async def test_an_evaluation_is_feedback() -> None:
    """A log record that tells an evaluation's result goes to feedback, not to the calls."""
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add()
        .scope_logs.add()
        .log_records.add(time_unix_nano=NS, event_name="gen_ai.evaluation.result", trace_id=TRACE, span_id=SPAN)
    )
    record.attributes.add(key="gen_ai.evaluation.name", value=AnyValue(string_value="helpful"))
    record.attributes.add(key="gen_ai.evaluation.score.value", value=AnyValue(double_value=1.0))
    service = OtlpApp()
    assert (await service.post("/v1/logs", request.SerializeToString(), content_type=PROTOBUF)).status_code == 200
    assert [(item.name, item.trace_id) for item in service.feedback] == [("helpful", TRACE.hex())]


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
async def test_what_cannot_be_read_is_400_in_its_encoding(content_type: str) -> None:
    """The error is a Status: its message is field 2 in protobuf, `message` in JSON."""
    answer = await OtlpApp().post("/v1/traces", b"\xff\xff", content_type=content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (400, content_type)
    message = answer.content[2:].decode() if content_type == PROTOBUF else answer.json()["message"]
    assert message.startswith("the body")


async def test_our_own_trouble_is_503() -> None:
    """Exporters drop on 500: what the store cannot take now is to be sent again soon, and was not counted."""
    service = OtlpApp(trouble=StoreUnavailable("the disk is nearly full", retry_after_seconds=60))
    answer = await service.post("/v1/traces", call(), content_type=PROTOBUF)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert service.counted("traces", "taken") is None


async def test_keys_are_asked_for() -> None:
    """Exporters send their key in a header of their choice; without one they are told how."""
    service = OtlpApp(Keys.parse([ENTRY]))
    assert (await service.post("/v1/traces", call(), content_type=PROTOBUF)).status_code == 401
    answers = [
        await service.post("/v1/traces", call(), content_type=PROTOBUF, authorization=f"Bearer {PLAIN}"),
        await service.post("/v1/traces", call(), content_type=PROTOBUF, api_key=PLAIN),
    ]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("slash", ["", "/"])
async def test_images_are_answered_and_dropped(slash: str) -> None:
    """A Traceloop client asks where to put an image, and puts it where it was told."""
    service = OtlpApp()
    first = await service.post(f"/v2/traces/1/spans/2/images{slash}", b'{"image_name": "a.png"}')
    second = await service.post(first.json()["url"], b'{"image_data": "AAAA"}')
    assert (first.status_code, second.status_code) == (200, 200)


def test_the_routes_are_documented() -> None:
    """The OpenAPI document has each signal once, with its media types and answers."""
    paths = OtlpApp().app.openapi()["paths"]
    assert list(paths) == ["/v1/traces", "/v1/logs", "/v1/metrics"]
    assert set(paths["/v1/traces"]["post"]["responses"]) == {"200", "400", "401", "403", "413", "503"}
    assert set(paths["/v1/logs"]["post"]["requestBody"]["content"]) == {PROTOBUF, JSON}
