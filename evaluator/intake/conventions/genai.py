"""The gen_ai attributes of OpenTelemetry, new style: messages as attributes of the call's span, or of one log record.

Anthropic's SDK and platform, logfire, pydantic-ai and LiteLLM write the same names with few additions; as no two of
them give a name another meaning, one reader knows all of them. Whose span it is says genai_dialects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.conventions import genai_events, messages, pieces, values
from evaluator.intake.otlp.records import Attributes, Span
from evaluator.intake.parts import Facts

DETAILS = "gen_ai.client.inference.operation.details"
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
LEAF = frozenset(
    values.words("""
    chat text_completion generate_content completion acompletion atext_completion agenerate_content
    anthropic_messages aanthropic_messages responses aresponses create_message
    """)
)
"""Operations that are one call of a model; agents, tools, embeddings and workflows are not."""
NOT_LEAF = ("gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.embeddings.dimension.count")
MODEL = ("gen_ai.response.model", "gen_ai.request.model")
PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
STOPPED = ("anthropic.message.stop_reason", "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason")
PARAMETERS = {
    f"gen_ai.request.{key}": key
    for key in values.words("max_tokens temperature top_p top_k stop_sequences seed frequency_penalty presence_penalty")
}


def _usage(names: str) -> tuple[str, ...]:
    return tuple(f"gen_ai.usage.{name}" for name in values.words(names))


INPUT_TOKENS, OUTPUT_TOKENS = _usage("input_tokens prompt_tokens"), _usage("output_tokens completion_tokens")
CACHE_READ = _usage(
    "cache_read.input_tokens cache_read_input_tokens details.cache_read_tokens details.cache_read_input_tokens"
)
CACHE_WRITE = _usage(
    "cache_creation.input_tokens cache_write.input_tokens cache_creation_input_tokens"
    " details.cache_write_tokens details.cache_creation_input_tokens"
)


def is_leaf(attributes: Attributes) -> bool:
    """Whether the attributes are of one call of a model, and not of a step around it or beside it.

    Without an operation's name they are when a model was asked for and no tool is named.
    """
    operation = attributes.get("gen_ai.operation.name")
    if operation:
        return str(operation).lower() in LEAF and attributes.get("logfire.span_type") != "pending_span"
    return "gen_ai.request.model" in attributes and not any(key in attributes for key in NOT_LEAF)


def read(source: str, span: Span) -> Facts | None:
    """The facts of a span, with what its events add; None when it is no leaf call."""
    if not is_leaf(span.attributes):
        return None
    details = next((event.attributes for event in span.events if event.name == DETAILS), None)
    found = facts(source, {**span.attributes, **details} if details else span.attributes)
    return found if found.has_text else genai_events.completed(found, span)


def facts(source: str, attributes: Attributes) -> Facts:
    """What the attributes of one call tell."""
    asked = messages.request(attributes.get(INPUT), attributes.get("gen_ai.system_instructions"))
    answer = messages.response(attributes.get(OUTPUT))
    offered = _tools(attributes)
    request = {**asked.value, **({"tools": offered.value} if offered.value else {}), **_parameters(attributes)}
    return Facts(
        source=source,
        model=values.first(attributes, MODEL),
        provider=values.first(attributes, PROVIDER),
        request=request,
        response={"content": answer.content} if answer.content else {},
        stop_reason=_stop_reason(attributes) or answer.stopped,
        incomplete=_incomplete(attributes, asked.cut or answer.cut or offered.cut),
        **_tokens(attributes),
    )


def _tools(attributes: Attributes) -> values.Told:
    told = values.told(attributes.get("gen_ai.tool.definitions"))
    if told.value is None and "model_request_parameters" in attributes:  # pydantic-ai's name
        told = values.told(attributes["model_request_parameters"])
        told = values.Told(told.value.get("function_tools") if isinstance(told.value, Mapping) else None, told.cut)
    return values.Told([] if told.value is None else pieces.tools(told.value), told.cut)


def _parameters(attributes: Attributes) -> dict[str, Any]:
    read = {key: given for name, key in PARAMETERS.items() if (given := attributes.get(name)) not in (None, "", "None")}
    if kind := values.name(attributes.get("anthropic.thinking.type")):
        budget = values.count(attributes.get("anthropic.thinking.budget_tokens"))
        read["thinking"] = {"type": kind} if budget is None else {"type": kind, "budget_tokens": budget}
    return read


def _stop_reason(attributes: Attributes) -> str | None:
    """The first reason told: a text, a list, or a list written as JSON."""
    for key in STOPPED:
        given = values.told(attributes.get(key)).value
        for one in given if isinstance(given, list) else [given]:
            if (known := values.name(one)) is not None:
                return known
    return None


def _tokens(attributes: Attributes) -> values.Counts:
    read, written = _first(attributes, CACHE_READ), _first(attributes, CACHE_WRITE)
    if read is None and "gen_ai.usage.raw" in attributes:  # logfire: the API's own usage
        raw = values.told(attributes["gen_ai.usage.raw"]).value
        if isinstance(raw, Mapping):
            read, written = raw.get("cache_read_input_tokens"), raw.get("cache_creation_input_tokens")
    return values.tokens(_first(attributes, INPUT_TOKENS), _first(attributes, OUTPUT_TOKENS), read, written)


def _first(attributes: Attributes, names: tuple[str, ...]) -> Any:
    for key in names:
        if key in attributes:
            return attributes[key]
    return None


def _incomplete(attributes: Attributes, cut: bool) -> str | None:
    if cut:
        return "cut_json"
    return "truncated" if attributes.get("anthropic.content.truncated") in (True, "true") else None
