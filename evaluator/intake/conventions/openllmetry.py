"""OpenLLMetry (Traceloop): `gen_ai.prompt.N.*` and `gen_ai.completion.N.*`; newer ones OpenTelemetry's gen_ai names.

With use_attributes=False its texts are log events without a trace, which openllmetry_events reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evaluator.intake import blocks
from evaluator.intake.blocks import Block
from evaluator.intake.conventions import chat, genai, pieces, values
from evaluator.intake.conventions.convention import Convention
from evaluator.intake.conventions.indexed import Family, indexed
from evaluator.intake.otlp.records import Attributes, Span
from evaluator.intake.parts import Facts

SOURCE = "openllmetry"
TYPE = "llm.request.type"
LEAF = ("chat", "completion")
PROMPT, COMPLETION = FAMILIES = ("gen_ai.prompt.", "gen_ai.completion.")
KIND = "traceloop.span.kind"
NAMING_KINDS = ("workflow", "agent")
"""Spans of these kinds say which feature the calls below are of; tasks and tools are steps of one."""
MARKS = (TYPE, KIND, "gen_ai.prompt.0.role", "gen_ai.prompt.0.content", "gen_ai.completion.0.role")
INSTRUMENTATION = "opentelemetry.instrumentation."
PACKAGES = values.words(
    """
    alephalpha anthropic bedrock cohere crewai google_generativeai groq haystack langchain llamaindex mistralai ollama
    openai openai_agents replicate sagemaker together transformers vertexai watsonx writer
    """
)
"""What follows in the scope's name; OpenTelemetry's own instrumentations have other names."""


def is_own(scope: str) -> bool:
    """Whether the scope is of one of these instrumentations."""
    return scope.startswith(INSTRUMENTATION) and scope[len(INSTRUMENTATION) :] in PACKAGES


def recognises(span: Span) -> bool:
    """Whether the span is of this convention, a call or a step around calls."""
    return is_own(span.resource.scope) or any(mark in span.attributes for mark in MARKS)


def read(span: Span) -> Facts | None:
    """The facts of a call; None for workflows, tasks, tools, embeddings."""
    attributes = span.attributes
    kind = str(attributes.get(TYPE) or "").lower()
    if kind and kind not in LEAF:
        return None
    if not kind and not any(name.startswith(FAMILIES) for name in attributes):
        return genai.read(SOURCE, span)
    return completed(genai.facts(SOURCE, attributes), attributes)


def completed(facts: Facts, attributes: Attributes) -> Facts:
    """The facts with what the indexed attributes tell and the others do not."""
    asked, answered = indexed(attributes, PROMPT), indexed(attributes, COMPLETION)
    messages, cut = _messages(asked)
    content, answer_cut = _answer(answered)
    request = messages | dict(facts.request)
    if functions := indexed(attributes, "llm.request.functions.").members:
        request.setdefault("tools", pieces.tools(functions))
    lost = None if asked.whole and answered.whole else "dropped_attributes"
    return replace(
        facts,
        provider=(facts.provider or "").lower() or None,
        request=request,
        response=facts.response or ({"content": content} if content else {}),
        stop_reason=facts.stop_reason or _stopped(answered),
        incomplete=facts.incomplete or ("cut_json" if cut or answer_cut else lost),
    )


def _messages(asked: Family) -> tuple[dict[str, Any], bool]:
    read = [_message(one) for one in asked.members]
    return chat.conversation([message for message, _ in read]), any(cut for _, cut in read)


def _answer(answered: Family) -> tuple[list[Block], bool]:
    """What the model thought, and the first of its answers: further ones are alternatives."""
    content: list[Block] = []
    for one in answered.members:
        message, cut = _message(one)
        said = chat.said(message)
        if message["role"] != "thinking":
            return content + said, cut
        content += [blocks.thinking(pieces.text_of(said))]
    return content, False


def _stopped(answered: Family) -> str | None:
    return next((known for one in answered.members if (known := values.name(one.get("finish_reason")))), None)


def _message(flat: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """A message's attributes as one object, and whether its content had been cut off."""
    content, cut = _content(flat.get("content"))
    message = {"role": flat.get("role") or "user", "content": content}
    if len(flat) > 2:
        calls = indexed(flat, "tool_calls.").members
        message |= {"tool_calls": calls, "tool_call_id": flat.get("tool_call_id"), "refusal": flat.get("refusal")}
    return message, cut


def _content(value: Any) -> tuple[Any, bool]:
    """Content as blocks when it is the JSON text of blocks; any other text is one that somebody wrote."""
    if isinstance(value, str) and value.startswith("[{"):
        told = values.told(value)
        if isinstance(told.value, list) and all(map(pieces.is_piece, told.value)):
            return told
    return value, False


def context(span: Span) -> Facts:
    """What a workflow or an agent hands down: its name as the feature."""
    if span.attributes.get(KIND) not in NAMING_KINDS:
        return Facts(source=SOURCE)
    name = values.first(span.attributes, ("traceloop.entity.name",)) or values.name(span.name.rpartition(".")[0])
    return Facts(source=SOURCE, feature=name and name[:100])


CONVENTION = Convention(source=SOURCE, recognises=recognises, read=read, context=context)
