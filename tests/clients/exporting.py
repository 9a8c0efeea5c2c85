"""An OTLP exporter of the OpenTelemetry SDK that says which spans were acknowledged."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult


class TellingExporter(OTLPSpanExporter):
    """The real exporter; after each success it prints the spans that it sent."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        if result is SpanExportResult.SUCCESS:
            told = [f"{s.context.trace_id:032x}:{s.context.span_id:016x}" for s in spans if s.name != "POST /chat"]
            print(json.dumps({"acknowledged": told}), flush=True)
        return result


def provider() -> TracerProvider:
    """The global tracer provider, exporting small batches to LEADLINE_URL."""
    made = TracerProvider(resource=Resource.create({"service.name": "support-chat"}))
    exporter = TellingExporter(endpoint=f"{os.environ['LEADLINE_URL']}/v1/traces")
    made.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=20, max_export_batch_size=5))
    trace.set_tracer_provider(made)
    return made


def asked_for() -> int:
    """How many calls to make, from standard input."""
    return int(sys.stdin.readline())
