"""A sample as the pieces that a judge reads: our titles, their texts. Metadata and ids are not among them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from judges.text import blocks, text_of
from store.records import Sample

MAX_PARTS = 80
KEPT_FIRST = 10
ROLES = ("user", "assistant", "system", "tool")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a sample: our title, their text."""

    title: str
    text: str


def context(sample: Sample) -> Iterator[Part]:
    """What the response answers: system prompt, tools, the conversation, and the reference when one is known."""
    if system := text_of(sample.request.get("system")):
        yield Part("request: system prompt", system)
    if tools := _names(sample.request.get("tools")):
        yield Part("request: names of the tools on offer", tools)
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


def _names(tools: object) -> str:
    return "\n".join(str(tool.get("name")) for tool in _mappings(tools))


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
