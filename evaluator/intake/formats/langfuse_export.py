"""Observations that Langfuse exports (JSON lines, or CSV with JSON in cells), under its export's or its API's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluator.intake.conventions import native, values
from evaluator.intake.formats.told import (
    NAMING,
    Item,
    LeftOut,
    body,
    compact,
    first,
    label,
    lifted,
    obj,
    times,
    whole,
    without,
)

GENERATION = "GENERATION"
STOP_KEYS = ("stop_reason", "finish_reason", "finishReason")
USAGE = {
    "input_tokens": ("input", "input_tokens", "prompt_tokens", "promptTokens"),
    "output_tokens": ("output", "output_tokens", "completion_tokens", "completionTokens"),
    "cache_read_input_tokens": ("cache_read_input_tokens", "input_cached_tokens", "input_cache_read"),
    "cache_creation_input_tokens": ("cache_creation_input_tokens", "input_cache_creation"),
}
"""Langfuse's `input` excludes what came from the cache."""


def recognises(row: Item) -> bool:
    """Whether a row is an observation."""
    return "type" in row and ("trace_id" in row or "traceId" in row) and "input" in row and "output" in row


def item(payload: Any, naming: Sequence[str] = NAMING) -> Item:
    """The public item of one observation; LeftOut for all that are no generations."""
    row = whole(payload, "an observation")
    kind = str(row.get("type")).upper()
    if kind != GENERATION:
        raise LeftOut(f"{kind.lower()[:60]} observations", reason="no_call")
    metadata = obj(row.get("metadata"))
    asked, answered = body(row.get("input")), native.answer(row.get("output"))
    request = _request(row, asked.value)
    response = _response(row, answered, values.first(metadata, STOP_KEYS))
    error = _error(row)
    trace = values.first(row, ("trace_id", "traceId"))
    rest = {key: value for key, value in metadata.items() if key not in STOP_KEYS}
    return compact(
        {"feature": label(first(row, "trace_name", "traceName"))},
        lifted(rest | _versions(row), row.get("tags"), naming),
        _times(row),
        id=values.name(row.get("id")),
        session_id=values.first(row, ("session_id", "sessionId")),
        user_id=values.first(row, ("user_id", "userId")),
        environment=label(row.get("environment")),
        release=values.name(row.get("release")),
        prompt_version=values.first(row, ("prompt_version", "promptVersion")),
        trace_id=trace,
        span_id=values.name(row.get("id")),
        model=values.first(row, ("provided_model_name", "providedModelName", "model")),
        request=request,
        response=response,
        usage=_usage(row),
        error=error,
        incomplete="cut_json" if asked.cut or answered.cut else without(request, response, error),
    )


def _versions(row: Item) -> Item:
    named = {"prompt_name": first(row, "prompt_name", "promptName"), "version": row.get("version")}
    return {key: value for key, value in named.items() if value}


def _times(row: Item) -> Item:
    """Start and end; the exported latency, in seconds, where the end is not told."""
    known = times(first(row, "start_time", "startTime"), first(row, "end_time", "endTime"))
    seconds = row.get("latency")
    if "latency_ms" not in known and isinstance(seconds, int | float) and seconds >= 0:
        known["latency_ms"] = seconds * 1000
    return known


def _request(row: Item, asked: Any) -> Item | None:
    read = native.request(asked)
    parameters = native.parameters(obj(first(row, "model_parameters", "modelParameters")))
    return compact(parameters, {"messages": []}, read) if read else None


def _response(row: Item, answer: native.Answer, stop_reason: str | None) -> Item | None:
    """The answer as a body; none for a call that failed without one."""
    given = row.get("output")
    if given is None or (given == "" and row.get("level") == "ERROR"):
        return None
    return {"content": answer.content, "stop_reason": stop_reason or answer.stopped}


def _usage(row: Item) -> Item:
    told = obj(first(row, "usage_details", "usageDetails", "usage")) or row
    counts = {name: values.count(first(told, *names)) for name, names in USAGE.items()}
    return compact(counts if told is not row else {})


def _error(row: Item) -> str | None:
    if row.get("level") != "ERROR":
        return None
    return values.text(first(row, "status_message", "statusMessage")) or "error"
