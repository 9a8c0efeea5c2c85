"""Who writes gen_ai spans, told by the scope's name: one row each, and what its spans have that others do not."""

from __future__ import annotations

from dataclasses import replace

from evaluator.intake.conventions import basics, genai, genai_events, litellm_otel, names, values
from evaluator.intake.conventions.convention import Convention, LogConvention
from evaluator.intake.otlp.records import Log, Span
from evaluator.intake.parts import Facts, Kind, Part

SOURCE = "genai"
MARKS = ("gen_ai.operation.name", "gen_ai.request.model", "gen_ai.provider.name", "gen_ai.system", genai.INPUT)
LOGFIRE = frozenset(values.words("async request_data response_data duration agent_name model_name final_result events"))
PYDANTIC_AI = LOGFIRE | {"model_request_parameters", "pydantic_ai", "all_messages_events", "tool_arguments"}


def is_gen_ai(span: Span) -> bool:
    """Whether it has one of the names that every span of these conventions has."""
    return any(key in span.attributes for key in MARKS)


def _of(source: str, scope: str, own: frozenset[str] = frozenset()) -> Convention:
    return Convention(
        source=source,
        recognises=lambda span: span.resource.scope.startswith(scope) and is_gen_ai(span),
        read=lambda span: genai.read(source, span),
        own=own,
    )


def _litellm(span: Span) -> Facts | None:
    found = genai.read("litellm-otel", span)
    return None if found is None else litellm_otel.completed(found, span.attributes)


def _plain(span: Span) -> Facts | None:
    """Who has only the old name of the provider, and no text, sends its text as events."""
    old = "gen_ai.system" in span.attributes and "gen_ai.provider.name" not in span.attributes
    return genai.read(genai_events.SOURCE if old and genai.INPUT not in span.attributes else SOURCE, span)


CONVENTIONS = (
    _of("claude-platform", "com.anthropic.claude-platform"),
    _of("anthropic-sdk", "com.anthropic."),
    _of("logfire", "logfire.", LOGFIRE),
    _of("pydantic-ai", "pydantic-ai", PYDANTIC_AI),
    replace(_of("litellm-otel", "litellm", litellm_otel.OWN), read=_litellm),
)
PLAIN = Convention(source=SOURCE, recognises=is_gen_ai, read=_plain)


def _details(log: Log) -> Part | None:
    """A call whose attributes came as a log record, structured."""
    if not genai.is_leaf(log.attributes):
        return None
    facts = replace(genai.facts(SOURCE, log.attributes), error=values.text(log.attributes.get("error.type")))
    part = basics.log_part(log, Kind.CALL, facts)
    response_id = values.first(log.attributes, names.RESPONSE_ID)
    return replace(part, links=(f"response:{response_id}",) if response_id else ())


LOGS = LogConvention(source=SOURCE, recognises=lambda log: log.event_name == genai.DETAILS, read=_details)
