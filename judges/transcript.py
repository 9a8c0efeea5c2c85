"""A sample as the pieces that a judge reads: our titles, their texts. Metadata and ids are not among them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from judges.text import blocks, shorten, text_of, tool_uses
from store.records import Sample

MAX_PARTS = 80
KEPT_FIRST = 10
BRIEF_ARGUMENTS = 120
BRIEF_DESCRIPTION = 240
ROLES = ("user", "assistant", "system", "tool")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a sample: our title, their text."""

    title: str
    text: str


def context(sample: Sample, *, describe_tools: bool = False) -> Iterator[Part]:
    """What the response answers: system prompt, tools, the conversation, and the reference when one is known."""
    if system := text_of(sample.request.get("system")):
        yield Part("request: system prompt", system)
    yield from _described(sample) if describe_tools else _named(sample)
    for message in _mappings(sample.request.get("messages")):
        role = message.get("role")
        who = role if role in ROLES else "unknown role"
        yield from (_part(f"request: {who}", block) for block in blocks(message.get("content")))
    if sample.reference:
        yield Part("reference: the right answer, as the operator knows it", sample.reference)


def response(sample: Sample) -> Iterator[Part]:
    """What is judged; at least one part, an empty one when the response is."""
    found = [_part("response", block) for block in blocks(sample.response.get("content"))]
    yield from found or [Part("response", "")]
    if sample.stop_reason:
        yield Part("response: why it stopped", sample.stop_reason)
    if sample.error:
        yield Part("response: error", sample.error)


def _part(who: str, block: Mapping[str, Any]) -> Part:
    match block.get("type"):
        case "text":
            return Part(who, str(block.get("text") or ""))
        case "tool_use":
            call = json.dumps(block.get("input"), ensure_ascii=False, default=str)
            return Part(f"{who}, calling a tool", f"{block.get('name')} {call}")
        case "tool_result":
            return Part(f"{who}, result of a tool", text_of(block.get("content")))
        case _:
            return Part(f"{who}, something that is not text", str(block.get("type")))


def _named(sample: Sample) -> Iterator[Part]:
    if tools := "\n".join(str(tool.get("name")) for tool in _mappings(sample.request.get("tools"))):
        yield Part("request: names of the tools on offer", tools)


def _described(sample: Sample) -> Iterator[Part]:
    """What the tools say of themselves: those that the response calls in full, a line for each of the others."""
    called = {str(block.get("name")) for block in tool_uses(sample)}
    offered = list(_mappings(sample.request.get("tools")))
    others = [tool for tool in offered if str(tool.get("name")) not in called]
    for tool in offered:
        if str(tool.get("name")) in called:
            yield Part("request: a tool on offer, one that the response calls", _in_full(tool))
    if others:
        title = "tools on offer that the response does not call, in brief, a ? behind what is optional"
        yield Part(f"request: {title}", "\n".join(map(_in_brief, others)))
    if not offered:
        yield Part("request: tools on offer, which were not recorded", "")


def _in_full(tool: Mapping[str, Any]) -> str:
    schema = json.dumps(tool.get("input_schema"), ensure_ascii=False, default=str)
    return f"{tool.get('name')}\n{tool.get('description') or '(no description)'}\narguments: {schema}"


def _in_brief(tool: Mapping[str, Any]) -> str:
    arguments = shorten(", ".join(_arguments(tool.get("input_schema"))), BRIEF_ARGUMENTS)
    told = shorten(" ".join(str(tool.get("description") or "").split()), BRIEF_DESCRIPTION)
    return f"{tool.get('name')}({arguments}): {told}"


def _arguments(schema: object) -> Iterator[str]:
    found: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    properties, required = found.get("properties"), found.get("required")
    for name in properties if isinstance(properties, Mapping) else ():
        yield str(name) if isinstance(required, list) and name in required else f"{name}?"


def _mappings(items: object) -> Iterator[Mapping[str, Any]]:
    return (item for item in (items if isinstance(items, list | tuple) else ()) if isinstance(item, Mapping))


def thinned(parts: list[Part]) -> tuple[list[Part], int]:
    """The first and the last parts of a very long conversation, and how many characters are gone with the others."""
    extra = len(parts) - MAX_PARTS
    if extra <= 0:
        return parts, 0
    gone = sum(len(part.text) for part in parts[KEPT_FIRST : KEPT_FIRST + extra])
    note = Part(f"{extra} parts left out here", f"({gone} characters)")
    return [*parts[:KEPT_FIRST], note, *parts[KEPT_FIRST + extra :]], gone
