"""Langfuse's SDKs since version 3, over OTLP: a generation with input and output of any form that the app gave it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.conventions import basics, native, values
from evaluator.intake.conventions.convention import Convention
from evaluator.intake.otlp.records import Attributes, Span
from evaluator.intake.parts import Facts

SOURCE = "langfuse-otel"
OBSERVATION = "langfuse.observation."
TYPE = OBSERVATION + "type"
INPUT, OUTPUT, MODEL = OBSERVATION + "input", OBSERVATION + "output", OBSERVATION + "model.name"
LEVEL = OBSERVATION + "level"
STOPPED = tuple(f"{OBSERVATION}metadata.{name}" for name in ("stop_reason", "finish_reason", "finishReason"))
CACHE_READ = ("cache_read_input_tokens", "input_cache_read", "input_cached_tokens", "cache_read", "cached_tokens")
CACHE_WRITE = ("cache_creation_input_tokens", "input_cache_creation", "cache_write_input_tokens", "cache_write")


def recognises(span: Span) -> bool:
    """Whether it is an observation of Langfuse's; what its SDK copies on spans of others makes them none."""
    return TYPE in span.attributes or MODEL in span.attributes or INPUT in span.attributes


def read(span: Span) -> Facts | None:
    """The facts of a generation; without a type, what names a model is one."""
    attributes = span.attributes
    kind = values.name(attributes.get(TYPE))
    if kind != "generation" and not (kind is None and MODEL in attributes):
        return None
    asked, answer = values.told(attributes.get(INPUT)), native.answer(attributes.get(OUTPUT))
    parameters = values.told(attributes.get(OBSERVATION + "model.parameters")).value
    return Facts(
        source=SOURCE,
        model=values.first(attributes, (MODEL,)) or answer.model,
        request=native.request(asked.value) | native.parameters(parameters),
        response={"content": answer.content} if answer.content else {},
        stop_reason=values.first(attributes, STOPPED) or answer.stopped,
        error=_error(attributes),
        metadata=_version(attributes),
        incomplete="cut_json" if asked.cut or answer.cut else None,
        **_tokens(attributes, answer.usage),
    )


def context(span: Span) -> Facts:
    """What an observation above calls hands down."""
    return Facts(source=SOURCE, metadata=_version(span.attributes))


def links(span: Span) -> tuple[str, ...]:
    """The response's id, when the output is the answer's whole body."""
    return basics.links(span) or native.link(span.attributes.get(OUTPUT))


def _error(attributes: Attributes) -> str | None:
    if str(attributes.get(LEVEL)).upper() != "ERROR":
        return None
    return values.text(attributes.get(OBSERVATION + "status_message")) or "error"


def _version(attributes: Attributes) -> dict[str, str]:
    version = values.first(attributes, ("langfuse.version",))
    return {"version": version} if version else {}


def _tokens(attributes: Attributes, usage: Any) -> values.Counts:
    """Counts that the app gave: `input` leaves the cache out, as Langfuse sums them; OpenAI's names count it in."""
    told = values.told(attributes.get(OBSERVATION + "usage_details")).value
    told = told if isinstance(told, Mapping) else usage
    if not isinstance(told, Mapping) or "input" not in told:
        return native.usage(told)
    read, written = (next((told[key] for key in names if key in told), None) for names in (CACHE_READ, CACHE_WRITE))
    return values.tokens(told["input"], told.get("output"), read, written, includes=False)


CONVENTION = Convention(source=SOURCE, recognises=recognises, read=read, context=context, links=links)
