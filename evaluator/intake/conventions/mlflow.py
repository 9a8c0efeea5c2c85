"""MLflow: every value JSON text, the bodies of request and answer as the provider's client has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.conventions import native, pieces, values
from evaluator.intake.conventions.convention import Convention
from evaluator.intake.otlp.records import Attributes, Span
from evaluator.intake.parts import Facts

SOURCE = "mlflow"
TYPE = "mlflow.spanType"
OUTPUTS = "mlflow.spanOutputs"
LEAF = ("CHAT_MODEL", "LLM")
UNCACHED = ("anthropic", "bedrock")
"""Providers whose input count leaves the cache out."""


def recognises(span: Span) -> bool:
    """Whether MLflow wrote the span."""
    return TYPE in span.attributes


def read(span: Span) -> Facts | None:
    """The facts of a span of a chat model or a language model."""
    attributes = span.attributes
    if values.name(attributes[TYPE]) not in LEAF:
        return None
    asked, answer = values.told(attributes.get("mlflow.spanInputs")), native.answer(attributes.get(OUTPUTS))
    request = native.request(asked.value)
    if "tools" not in request and (offered := pieces.tools(attributes.get("mlflow.chat.tools"))):
        request["tools"] = offered
    provider = values.first(attributes, ("mlflow.llm.provider", "mlflow.message.format"))
    return Facts(
        source=SOURCE,
        model=answer.model or values.first(attributes, ("mlflow.llm.model",)) or _model(asked.value),
        provider=provider,
        request=request,
        response={"content": answer.content} if answer.content else {},
        stop_reason=answer.stopped,
        incomplete="cut_json" if asked.cut or answer.cut else "no_response" if answer.unread else None,
        **_tokens(attributes, answer.usage, provider or ""),
    )


def links(span: Span) -> tuple[str, ...]:
    """The response's id, in the answer's body."""
    return native.link(span.attributes.get(OUTPUTS))


def _model(body: Any) -> str | None:
    return values.name(body.get("model")) if isinstance(body, Mapping) else None


def _tokens(attributes: Attributes, usage: Any, provider: str) -> values.Counts:
    """Counts of the answer's own usage, which says itself how it counts; else MLflow's."""
    if isinstance(usage, Mapping):
        return native.usage(usage)
    told = values.told(attributes.get("mlflow.chat.tokenUsage")).value
    counts = told if isinstance(told, Mapping) else {}
    return values.tokens(
        counts.get("input_tokens"),
        counts.get("output_tokens"),
        counts.get("cache_read_input_tokens"),
        counts.get("cache_creation_input_tokens"),
        includes=provider not in UNCACHED,
    )


CONVENTION = Convention(source=SOURCE, recognises=recognises, read=read, links=links)
