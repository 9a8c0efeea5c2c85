"""Verdicts → an OTLP logs request of `gen_ai.evaluation.result` events, as the OpenTelemetry GenAI conventions have it.

https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-events.md. What that has no word for is
named `leadline.*`; `leadline.judge` is also the mark by which an intake of Leadline knows its own events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from evaluator.feedback.sources import EVENT
from evaluator.intake.own_calls import SCOPE, SELF_MARKER
from store.export import Numbered
from store.records import Status

MAX_EXPLANATION = 4_000
PASSED = {True: "pass", False: "fail", None: None}
UNNAMED_ERROR = "_OTHER"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Value = str | float | bool | None


def request(verdicts: Sequence[Numbered], *, version: str, explanations: bool) -> bytes:
    """One request of these verdicts, in their order; explanations go along only when wanted: they may quote texts."""
    message = ExportLogsServiceRequest()
    resource = message.resource_logs.add()
    resource.resource.attributes.extend(_pairs({"service.name": SCOPE, "service.version": version}))
    scope = resource.scope_logs.add()
    scope.scope.name, scope.scope.version = SCOPE, version
    scope.log_records.extend(_event(verdict, explanations) for verdict in verdicts)
    return bytes(message.SerializeToString())


def _event(verdict: Numbered, explanations: bool) -> LogRecord:
    when = (verdict.judged_at - _EPOCH) // timedelta(microseconds=1) * 1000
    trace_id, span_id = _id(verdict.trace_id, 16), _id(verdict.span_id, 8)
    return LogRecord(
        event_name=EVENT,
        time_unix_nano=when,
        observed_time_unix_nano=when,
        severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
        trace_id=trace_id,
        # A span's id means nothing without its trace's.
        span_id=span_id if trace_id else b"",
        attributes=_pairs(_attributes(verdict, explanations)),
    )


def _attributes(verdict: Numbered, explanations: bool) -> Mapping[str, Value]:
    failed = verdict.status is Status.ERROR
    return {
        "gen_ai.evaluation.name": verdict.judge,
        "gen_ai.evaluation.score.value": verdict.score,
        "gen_ai.evaluation.score.label": verdict.label or PASSED[verdict.passed],
        "gen_ai.evaluation.explanation": (verdict.explanation or "")[:MAX_EXPLANATION] if explanations else None,
        "gen_ai.response.id": verdict.response_id,
        "gen_ai.conversation.id": verdict.session_id,
        "error.type": (verdict.reason or UNNAMED_ERROR) if failed else None,
        "log.record.uid": _uid(verdict),
        SELF_MARKER: verdict.judge,
        "leadline.judge_version": verdict.judge_version,
        "leadline.judge_kind": verdict.kind,
        "leadline.judge_model": verdict.model,
        "leadline.feature": verdict.feature,
        "leadline.sample_id": verdict.sample_id,
        "leadline.passed": verdict.passed,
        "leadline.cost_usd": verdict.cost_usd,
    }


def _pairs(told: Mapping[str, Value]) -> Iterator[KeyValue]:
    """What is known; a value that is not is left out."""
    return (KeyValue(key=key, value=_value(value)) for key, value in told.items() if value is not None and value != "")


def _value(value: str | float) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    return AnyValue(string_value=value) if isinstance(value, str) else AnyValue(double_value=value)


def _id(given: str | None, size: int) -> bytes:
    """An id of a trace or a span; empty for what is none: other clients call their calls as they like."""
    found = bytes.fromhex(given) if given and re.fullmatch(f"[0-9a-fA-F]{{{2 * size}}}", given) else b""
    return found if any(found) else b""


def _uid(verdict: Numbered) -> str:
    """The same whenever the verdict is sent again, so that a backend can tell."""
    times = (verdict.ts.isoformat(), verdict.judged_at.isoformat())
    named = "\n".join((verdict.sample_id, verdict.judge, verdict.judge_version, *times))
    return blake2b(named.encode(), digest_size=16).hexdigest()
