"""Claude Code and the Claude Agent SDK: spans with counts, and log events with the texts.

A call is the span claude_code.llm_request, or the event api_request; both tell the request's id, as the answer's event
does. The prompt is told once per turn, which may be several calls: it belongs to the turn's span. All events of one
turn have its prompt.id; without traces that is what groups them. The counts are the API's own: input leaves the cache
out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from evaluator.intake import blocks
from evaluator.intake.conventions import basics, names, values
from evaluator.intake.conventions.convention import EVERYTHING, Convention, LogConvention
from evaluator.intake.otlp.records import Attributes, Log, Span
from evaluator.intake.parts import Facts, Kind, Part

SOURCE = "claude-code"
PREFIX = "claude_code."
SCOPE = "com.anthropic.claude_code."


def _call(attributes: Attributes) -> Facts:
    return Facts(
        source=SOURCE,
        model=values.first(attributes, ("gen_ai.response.model", "model", "gen_ai.request.model")),
        provider=values.first(attributes, ("gen_ai.provider.name", "gen_ai.system")) or "anthropic",
        stop_reason=values.name(attributes.get("stop_reason")),
        error=_error(attributes),
        latency_ms=_milliseconds(attributes.get("duration_ms")),
        **values.tokens(
            attributes.get("input_tokens"),
            attributes.get("output_tokens"),
            attributes.get("cache_read_tokens"),
            attributes.get("cache_creation_tokens"),
            includes=False,
        ),
    )


def _error(attributes: Attributes) -> str | None:
    status, told = values.text(attributes.get("status_code")), values.text(attributes.get("error"))
    if told is None and status is None and attributes.get("success") in (False, "false"):
        return "error"
    return ": ".join(filter(None, (f"HTTP {status}" if status else None, told))) or None


def _milliseconds(value: Any) -> float | None:
    known = values.text(value)
    try:
        return max(0.0, min(float(known), 1e12)) if known else None
    except ValueError:
        return None


def _read(span: Span) -> Facts | None:
    if span.name != f"{PREFIX}llm_request" and span.attributes.get("span.type") != "llm_request":
        return None
    return _call(span.attributes)


def _links(attributes: Attributes) -> tuple[str, ...]:
    request = values.first(attributes, ("request_id", "gen_ai.response.id"))
    return (f"request:{request}",) if request else ()


CONVENTION = Convention(
    source=SOURCE,
    recognises=lambda span: span.name.startswith(PREFIX) or span.resource.scope.startswith(SCOPE),
    read=_read,
    links=lambda span: _links(span.attributes),
    own=EVERYTHING,
)


def _prompt(log: Log) -> Part | None:
    """Text of the turn, and so of its first call."""
    told = log.attributes.get("prompt")
    if not isinstance(told, str) or not values.text(told):
        return None
    facts = Facts(source=SOURCE, request={"messages": [{"role": "user", "content": [blocks.text(told)]}]})
    part = _part(log, Kind.CONTENT, facts)
    return replace(part, span_id=part.parent_id, parent_id=None, parent_is_remote=False)


def _answered(log: Log) -> Part | None:
    told = log.attributes.get("response")
    if not isinstance(told, str) or not values.text(told):
        return None
    facts = Facts(source=SOURCE, response={"content": [blocks.text(told)]})
    return _part(log, Kind.CONTENT, facts, _links(log.attributes))


def _requested(log: Log) -> Part | None:
    """A call of its own, unless it happened in a trace and does not say which of its spans it was."""
    links = _links(log.attributes)
    if log.trace_id and not links:
        return None
    facts = _call(log.attributes)
    part = _part(log, Kind.CALL, facts, links)
    if log.at is None or facts.latency_ms is None:
        return part
    return replace(part, started_at=log.at - timedelta(milliseconds=min(facts.latency_ms, 86_400_000)))


def _failed(log: Log) -> Part | None:
    part = _requested(log)
    return part and replace(part, facts=replace(part.facts, error=part.facts.error or "error"))


def _part(log: Log, kind: Kind, facts: Facts, links: tuple[str, ...] = ()) -> Part:
    """An event stands on its turn's span, above the calls; without traces the prompt's id stands for that span."""
    turn = values.name(log.attributes.get("prompt.id"))
    part = basics.log_part(log, kind, facts)
    return replace(
        part,
        group_id=f"i:{turn}" if turn and not log.trace_id else part.group_id,
        span_id=None,
        parent_id=log.span_id or turn,
        parent_is_remote=not log.span_id,
        links=links,
        instance=values.first(log.attributes, names.SESSION) or part.instance,
    )


EVENTS: dict[str, Callable[[Log], Part | None]] = {
    "user_prompt": _prompt,
    "assistant_response": _answered,
    "api_request": _requested,
    "api_error": _failed,
}


def _event(log: Log) -> str:
    told = log.event_name or (log.body if isinstance(log.body, str) else "")
    return told.removeprefix(PREFIX)


def _log(log: Log) -> Part | None:
    read = EVENTS.get(_event(log))
    return read(log) if read else None


LOGS = LogConvention(
    source=SOURCE,
    recognises=lambda log: log.resource.scope.startswith(SCOPE) or log.event_name.startswith(PREFIX),
    read=_log,
    own=EVERYTHING,
)
