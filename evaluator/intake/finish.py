"""A call → a sample: within the limits of the public shape, but cut to fit rather than rejected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from evaluator.intake import clean
from evaluator.intake.assemble import Call
from evaluator.intake.public import (
    CLOCK_SKEW,
    DEFAULT_FEATURE,
    EARLIEST,
    MAX_ID,
    MAX_METADATA_KEY,
    MAX_METADATA_KEYS,
    MAX_METADATA_VALUE,
)
from evaluator.intake.stop_reasons import normalised
from evaluator.intake.usage import MAX_TOKENS
from store.records import Sample, TextState

MAX_LABEL = 100
MAX_LATENCY_MS = 1e12


def sample(call: Call, *, arrived_at: datetime, received_at: datetime) -> Sample:
    """The sample of a call whose first part arrived at `arrived_at`, which stands in for a time that cannot be."""
    facts = call.facts
    stopped = name(facts.stop_reason)
    trace_id = call.group_id.partition(":")[2]
    return Sample(
        sample_id=sample_id(call),
        ts=_time(call, arrived_at),
        received_at=received_at,
        feature=label(facts.feature) or label(facts.service) or DEFAULT_FEATURE,
        environment=label(facts.environment) or "production",
        session_id=name(facts.session_id),
        user_id=name(facts.user_id),
        model=name(facts.model),
        provider=name(facts.provider),
        prompt_version=name(facts.prompt_version),
        release=name(facts.release),
        request=facts.request,
        response=_response(facts.response, normalised(stopped)),
        stop_reason=normalised(stopped),
        stop_reason_raw=stopped,
        error=None if facts.error is None else clean.text(facts.error),
        input_tokens=_count(facts.input_tokens),
        output_tokens=_count(facts.output_tokens),
        cache_read_tokens=_count(facts.cache_read_tokens),
        cache_write_tokens=_count(facts.cache_write_tokens),
        latency_ms=_latency(facts.latency_ms),
        metadata=metadata(facts.metadata),
        source=facts.source,
        incomplete=label(facts.incomplete),
        text=TextState.KEPT if facts.has_text else TextState.MISSING,
        trace_id=name(trace_id),
        span_id=name(call.span_id),
        response_id=name(call.response_id),
    )


def sample_id(call: Call) -> str:
    """The trace and the outermost span of the call."""
    return str(name(f"{call.group_id.partition(':')[2]}:{call.key}"))


def name(text: str | None, limit: int = MAX_ID) -> str | None:
    """A name that can be stored; of one that is too long the beginning, and a hash that keeps it apart from others."""
    if not text:
        return None
    if len(text) <= limit and text.isprintable():
        return text
    shown = _printable(text)
    if len(text) <= limit:
        return shown
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{shown[: limit - len(digest) - 1]}~{digest}"


def label(text: str | None) -> str | None:
    """A feature or environment that can be stored, cut where it is too long."""
    return _printable(text[:MAX_LABEL]).strip() or None if text else None


def metadata(given: Mapping[str, str]) -> dict[str, str]:
    """As many dimensions as a sample has room for, the first by name, each cut to its limit."""
    kept = given if len(given) <= MAX_METADATA_KEYS else {key: given[key] for key in sorted(given)[:MAX_METADATA_KEYS]}
    return {
        _printable(key)[:MAX_METADATA_KEY]: clean.text(value)[:MAX_METADATA_VALUE] for key, value in kept.items() if key
    }


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _time(call: Call, arrived_at: datetime) -> datetime:
    """When the call ended, unless a clock is wrong."""
    told = call.ended_at or call.started_at
    if told is None or told < EARLIEST or told > arrived_at + CLOCK_SKEW:
        return arrived_at
    return told.astimezone(UTC)


def _response(told: Mapping[str, Any], stop_reason: str | None) -> dict[str, Any]:
    content = {"content": told["content"]} if told.get("content") else {}
    return content | ({"stop_reason": stop_reason} if stop_reason else {})


def _count(told: int | None) -> int | None:
    return told if told is not None and 0 <= told <= MAX_TOKENS else None


def _latency(told: float | None) -> float | None:
    return told if told is not None and 0 <= told <= MAX_LATENCY_MS else None
