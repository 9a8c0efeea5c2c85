"""What an exporter is answered, in the encoding it wrote in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from pydantic_core import to_json

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """How a signal says that records were rejected: its message, and the name of the count in both encodings."""

    message: Any
    field: str
    name: str


TRACES = Answer(ExportTraceServiceResponse, "rejected_spans", "rejectedSpans")
LOGS = Answer(ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords")
METRICS = Answer(ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints")


def taken(answer: Answer, errors: Sequence[str], media_type: str) -> bytes:
    """The answer to a body that was taken; it is empty unless records were rejected, an error for each."""
    if not errors:
        return b"{}" if media_type == JSON else b""
    told = "; ".join(errors[:SHOWN]) + (f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else "")
    if media_type == JSON:
        return to_json({"partialSuccess": {answer.name: str(len(errors)), "errorMessage": told}})
    partial = {answer.field: len(errors), "error_message": told}
    return bytes(answer.message(partial_success=partial).SerializeToString())


def refused(text: str, media_type: str) -> bytes:
    """A google.rpc.Status with a message, for a body that was not taken."""
    if media_type == JSON:
        return to_json({"message": text})
    # The trace's Status has its message in the same field (2) as google.rpc.Status, which needs a package of its own.
    return bytes(Status(message=text).SerializeToString())


def image_url(url: str) -> bytes:
    """Where a client that asked may put an image."""
    return to_json({"url": url})
