"""OpenInference: `llm.input_messages.N.message.*`, native bodies beside them, counts that include the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.blocks import Block
from evaluator.intake.conventions import chat, native, pieces, values
from evaluator.intake.conventions.convention import Convention
from evaluator.intake.conventions.indexed import Family, indexed
from evaluator.intake.otlp.records import Attributes, Span
from evaluator.intake.parts import Facts

SOURCE = "openinference"
KIND = "openinference.span.kind"
HIDDEN = "__REDACTED__"
_SIMPLE = frozenset(("message.role", "message.content"))


def recognises(span: Span) -> bool:
    """Whether the span is of this convention, whatever its kind."""
    return KIND in span.attributes


def read(span: Span) -> Facts | None:
    """The facts of a span of kind LLM."""
    attributes = span.attributes
    if str(attributes[KIND]).upper() != "LLM":
        return None
    asked, answered = indexed(attributes, "llm.input_messages."), indexed(attributes, "llm.output_messages.")
    request, incomplete = _request(attributes, asked)
    answer = _answer(attributes, answered)
    return Facts(
        source=SOURCE,
        model=values.first(attributes, ("llm.response.model_name", "llm.model_name", "llm.request.model_name")),
        provider=values.first(attributes, ("llm.provider", "llm.system")),
        request=request,
        response={"content": answer.content} if answer.content else {},
        stop_reason=values.name(attributes.get("llm.finish_reason")) or answer.stopped,
        incomplete=incomplete or ("cut_json" if answer.cut else None),
        **_tokens(attributes, answer.usage),
    )


def links(span: Span) -> tuple[str, ...]:
    """The response's id, which only the native body tells."""
    return native.link(span.attributes.get("output.value"))


def _request(attributes: Attributes, asked: Family) -> tuple[dict[str, Any], str | None]:
    """The request and why it is not whole; the native body stands in for messages that are missing."""
    request = chat.conversation([_message(one) for one in asked.members])
    incomplete = None if asked.whole else "dropped_attributes"
    if (given := _shown(attributes.get("input.value"))) is not None and (incomplete or not asked.members):
        body = values.told(given)
        if not (body.cut and asked.members):
            request, incomplete = request | native.request(body.value), "cut_json" if body.cut else None
    if offered := _tools(attributes):
        request["tools"] = offered
    settings = values.told(attributes.get("llm.invocation_parameters")).value
    return request | native.parameters(settings), incomplete


def _answer(attributes: Attributes, answered: Family) -> native.Answer:
    """The answer; the native body is read when it may tell what the attributes do not."""
    content = _said(answered)
    if content and "llm.token_count.prompt" in attributes and "llm.finish_reason" in attributes:
        return native.Answer(content)
    body = native.answer(_shown(attributes.get("output.value")))
    return body._replace(content=content, cut=False) if content else body


def _said(answered: Family) -> list[Block]:
    """The items of one answer: thinking, text, calls. A second one with text is an alternative, as what follows it."""
    content: list[Block] = []
    texts = 0
    for one in answered.members:
        said = chat.said(_message(one))
        texts += any(block.get("type") == "text" for block in said)
        if texts > 1:
            break
        content += said
    return content


def _tokens(attributes: Attributes, usage: Any) -> values.Counts:
    if "llm.token_count.prompt" not in attributes and usage is not None:
        return native.usage(usage)
    return values.tokens(
        attributes.get("llm.token_count.prompt"),
        attributes.get("llm.token_count.completion"),
        attributes.get("llm.token_count.prompt_details.cache_read"),
        attributes.get("llm.token_count.prompt_details.cache_write"),
    )


def _shown(value: Any) -> Any:
    return None if value == HIDDEN else value


def _message(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A message's attributes as one object."""
    told: dict[str, Any] = {
        "role": flat.get("message.role") or "user",
        "content": _shown(flat.get("message.content")),
    }
    if flat.keys() <= _SIMPLE:
        return told
    said = [_piece(one) for one in indexed(flat, "message.contents.").members]
    told["content"] = [*pieces.content(told["content"]), *filter(None, said)]
    told["tool_calls"] = [_call(one) for one in indexed(flat, "message.tool_calls.").members]
    if name := flat.get("message.function_call_name"):
        arguments = flat.get("message.function_call_arguments_json")
        told["tool_calls"].append({"name": name, "arguments": arguments})
    return told | {"tool_call_id": flat.get("message.tool_call_id"), "name": flat.get("message.name")}


def _piece(flat: Mapping[str, Any]) -> dict[str, Any] | None:
    """A content's attributes as one object; None when its text is hidden."""
    if "tool_call.function.name" in flat or "tool_call.id" in flat:
        return {"type": "tool_call", **_call(flat)}
    told = {key.rpartition(".")[2]: value for key, value in flat.items()}
    if "image" in str(told.get("type")):
        return {"type": "image", "url": told.get("url")}
    return None if HIDDEN in (told.get("text"), told.get("content")) else told


def _call(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": flat.get("tool_call.id"),
        "name": flat.get("tool_call.function.name"),
        "arguments": flat.get("tool_call.function.arguments"),
    }


def _tools(attributes: Attributes) -> list[dict[str, Any]]:
    """Tools by their JSON schema, which is a whole definition, or by name and parameters."""
    read = []
    for flat in indexed(attributes, "llm.tools.").members:
        schema = flat.get("tool.json_schema")
        about = {"description": flat.get("tool.description"), "parameters": flat.get("tool.parameters")}
        read.extend(pieces.tools(schema if schema is not None else {"name": flat.get("tool.name"), **about}))
    return read


CONVENTION = Convention(source=SOURCE, recognises=recognises, read=read, links=links, own=frozenset({"openinference"}))
