"""The conventions in the order in which they are asked, and the part that a record becomes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from evaluator.intake import own_calls
from evaluator.intake.conventions import (
    basics,
    claude_code,
    genai_dialects,
    genai_events,
    langfuse_otel,
    metadata,
    mlflow,
    openinference,
    openllmetry,
    openllmetry_events,
    values,
    vercel,
)
from evaluator.intake.conventions.convention import EVERYTHING, Convention, LogConvention
from evaluator.intake.otlp.records import Log, Span
from evaluator.intake.parts import Facts, Kind, Part
from evaluator.intake.public import MAX_METADATA_KEYS

CONVENTIONS: tuple[Convention, ...] = (
    claude_code.CONVENTION,
    openinference.CONVENTION,
    langfuse_otel.CONVENTION,
    vercel.CONVENTION,
    mlflow.CONVENTION,
    *genai_dialects.CONVENTIONS,
    openllmetry.CONVENTION,
    genai_dialects.PLAIN,
)
"""The most specific first: many clients write the general names beside their own."""
LOG_CONVENTIONS: tuple[LogConvention, ...] = (
    claude_code.LOGS,
    genai_dialects.LOGS,
    openllmetry_events.LOGS,
    genai_events.LOGS,
)
APPLICATION = Convention(source="genai", recognises=lambda _: True, read=lambda _: None)
"""Spans of no convention: they only hand down what the application wrote on them."""


def read_span(span: Span, naming: Sequence[str]) -> Part | None:
    """The call that a span is, or the context it gives to calls below it; `naming`: attributes that name the feature.

    None when it has no identity.
    """
    if not span.trace_id or not span.span_id:
        return None
    convention = next((one for one in CONVENTIONS if one.recognises(span)), APPLICATION)
    facts = convention.read(span)
    kind = Kind.CONTEXT if facts is None else Kind.CALL
    measured = {} if facts is None else _measured(facts, span)
    if facts is None:
        facts = convention.context(span) if convention.context else Facts(source=convention.source)
    return Part(
        group_id=f"t:{span.trace_id}",
        part_id=f"s:{span.span_id}",
        kind=kind,
        facts=_whole(facts, span, naming, convention.own, measured),
        span_id=span.span_id,
        parent_id=span.parent_id or None,
        parent_is_remote=span.parent_is_remote,
        started_at=span.started_at,
        ended_at=span.ended_at,
        links=() if kind is Kind.CONTEXT else convention.links(span),
        instance=basics.instance(span.resource),
        order=basics.nanoseconds(span.ended_at),
    )


def read_log(log: Log, naming: Sequence[str]) -> Part | None:
    """The call that a log record tells of, or text of one; None for every other log."""
    convention = next((one for one in LOG_CONVENTIONS if one.recognises(log)), None)
    part = convention.read(log) if convention else None
    if part is None or convention is None:
        return None
    return replace(part, facts=_whole(part.facts, log, naming, convention.own, {}))


def _measured(facts: Facts, span: Span) -> dict[str, Any]:
    """Error, latency and what was cut off, where the call's convention did not say."""
    latency_ms = facts.latency_ms
    return {
        "error": facts.error or basics.error(span),
        "latency_ms": basics.latency_ms(span.started_at, span.ended_at) if latency_ms is None else latency_ms,
        "incomplete": facts.incomplete or ("dropped_attributes" if span.dropped else None),
    }


def _whole(
    facts: Facts, record: Span | Log, naming: Sequence[str], own: Container[str], measured: Mapping[str, Any]
) -> Facts:
    """The facts with what every convention tells alike, storable."""
    attributes, resource = metadata.unfolded(record.attributes), record.resource
    about = (resource.attributes, ()) if own is EVERYTHING else (attributes, own)
    told = metadata.metadata(*about, naming)
    request = values.storable(facts.request)
    shared: dict[str, Any] = {
        key: getattr(facts, key) or one for key, one in basics.shared(attributes, resource, naming).items()
    }
    return replace(
        facts,
        request=request,
        response=values.storable(facts.response),
        metadata=dict(islice((told | dict(facts.metadata)).items(), MAX_METADATA_KEYS)),
        self_traffic=facts.self_traffic or own_calls.is_own(request, told) or own_calls.is_marked(attributes, resource),
        **shared,
        **measured,
    )
