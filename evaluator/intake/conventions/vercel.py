"""Vercel's AI SDK: `ai.*` up to version 6 and in its legacy form; version 7 writes OpenTelemetry's gen_ai names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.blocks import Block, thinking
from evaluator.intake.conventions import chat, genai, genai_dialects, native, pieces, values
from evaluator.intake.conventions.convention import Convention
from evaluator.intake.conventions.pieces import first
from evaluator.intake.otlp.records import Attributes, Span
from evaluator.intake.parts import Facts

SOURCE = "vercel"
OPERATION = "ai.operationId"
LEAF = (".doGenerate", ".doStream")
SCOPES = ("ai", "gen_ai", "@ai-sdk/otel")
SETTINGS = "ai.settings."
UNCACHED = ("anthropic", "bedrock", "amazon-bedrock")
"""Providers whose input count left the cache out before the SDK told it apart."""


def recognises(span: Span) -> bool:
    """Whether the SDK wrote the span."""
    return OPERATION in span.attributes or (span.resource.scope in SCOPES and genai_dialects.is_gen_ai(span))


def read(span: Span) -> Facts | None:
    """The facts of one request to a model; None for the calls around it, which sum over their steps, and for tools."""
    attributes = span.attributes
    if OPERATION not in attributes:
        return genai.read(SOURCE, span)
    if not str(attributes[OPERATION]).endswith(LEAF):
        return None
    request, request_cut = _request(attributes)
    content, answer_cut = _content(attributes)
    provider = values.name(attributes.get("ai.model.provider"))
    return Facts(
        source=SOURCE,
        model=values.first(attributes, ("ai.response.model", "ai.model.id", "gen_ai.request.model")),
        provider=provider and provider.partition(".")[0],
        request=request,
        response={"content": content} if content else {},
        stop_reason=_stopped(attributes),
        incomplete="cut_json" if request_cut or answer_cut else None,
        **_tokens(attributes, provider or ""),
    )


def _request(attributes: Attributes) -> tuple[dict[str, Any], bool]:
    prompt = values.told(first(attributes, "ai.prompt.messages", "ai.prompt"))
    request = native.request(prompt.value)
    if offered := pieces.tools(attributes.get("ai.prompt.tools")):
        request["tools"] = offered
    settings = {key[len(SETTINGS) :]: one for key, one in attributes.items() if key.startswith(SETTINGS)}
    general = {key.rpartition(".")[2]: one for key, one in attributes.items() if key.startswith("gen_ai.request.")}
    return request | native.parameters(settings) | native.parameters(general), prompt.cut


def _content(attributes: Attributes) -> tuple[list[Block], bool]:
    """Reasoning, text or object, tool calls; `ai.result.*` are the names of version 3."""
    calls = values.told(first(attributes, "ai.response.toolCalls", "ai.result.toolCalls"))
    thought = attributes.get("ai.response.reasoning")
    said = first(attributes, "ai.response.text", "ai.response.object", "ai.result.text", "ai.result.object")
    before = [thinking(pieces.as_text(thought))] if thought else []
    return chat.with_calls(before + pieces.content(said), calls.value), calls.cut


def _stopped(attributes: Attributes) -> str | None:
    return values.first(attributes, ("ai.response.finishReason", "ai.finishReason", "gen_ai.response.finish_reason"))


def _tokens(attributes: Attributes, provider: str) -> values.Counts:
    """Counts by the newest names that are there, else by what the provider's own usage tells."""
    output = first(attributes, "ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens")
    given = first(attributes, "ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens")
    read = first(attributes, "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens")
    written = attributes.get("ai.usage.inputTokenDetails.cacheWriteTokens")
    uncached = attributes.get("ai.usage.inputTokenDetails.noCacheTokens")
    if uncached is not None:
        return values.tokens(uncached, output, read, written, includes=False)
    usage = _anthropic_usage(attributes)
    if usage is not None:
        return native.usage({"input_tokens": given, "output_tokens": output} | dict(usage))
    return values.tokens(given, output, read, written, includes=not provider.startswith(UNCACHED))


def _anthropic_usage(attributes: Attributes) -> Mapping[str, Any] | None:
    """The usage in Anthropic's words, which the provider hands on; version 4 only what the cache gave and took."""
    told = values.told(attributes.get("ai.response.providerMetadata")).value
    provider = told.get("anthropic") if isinstance(told, Mapping) else None
    if not isinstance(provider, Mapping):
        return None
    if isinstance(usage := provider.get("usage"), Mapping):
        return usage
    named = {
        "cache_read_input_tokens": "cacheReadInputTokens",
        "cache_creation_input_tokens": "cacheCreationInputTokens",
    }
    return {key: provider.get(name) for key, name in named.items()}


CONVENTION = Convention(source=SOURCE, recognises=recognises, read=read, own=frozenset({"resource"}))
