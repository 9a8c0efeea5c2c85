"""Messages of parts, the form of gen_ai.input.messages and gen_ai.output.messages, as a stored request and response.

What most parts are is read here, as every call passes through; the rest reads `chat`, which knows all dialects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evaluator.intake import blocks
from evaluator.intake.blocks import Block
from evaluator.intake.conventions import chat, pieces, values
from evaluator.intake.conventions.values import Told

PREFIX = "anthropic_"
"""The Anthropic SDK marks what has no part of its own: a part of type anthropic_image is an image without its bytes."""
PLAIN_ROLES = ("user", "assistant")


class Output(NamedTuple):
    """An answer: its blocks, why it stopped in the client's word, and whether it had been cut off."""

    content: list[Block]
    stopped: str | None = None
    cut: bool = False


def request(given: Any, instructions: Any = None) -> Told:
    """System text and messages, from messages with parts and separate instructions, as JSON or structured."""
    said, told = values.told(given), values.told(instructions)
    system = [pieces.text_of(_instructed(told.value))]
    messages: list[dict[str, Any]] = []
    for one in _listed(said.value):
        if isinstance(one, dict) and one.get("role") in PLAIN_ROLES:
            messages.append({"role": one["role"], "content": _said(one)})
        else:
            other = chat.conversation(one)
            system.append(other.get("system", ""))
            messages += other.get("messages", ())
    text = "\n".join(filter(None, system))
    read: dict[str, Any] = {"system": text} if text else {}
    return Told(read | {"messages": messages} if messages else read, said.cut or told.cut)


def response(given: Any) -> Output:
    """The answer: its first message with a reason to stop, after what came before it; further ones are alternatives."""
    told = values.told(given)
    content: list[Block] = []
    for one in _listed(told.value):
        content += _said(one) if isinstance(one, dict) else pieces.content(one)
        stopped = values.name(one.get("finish_reason")) if isinstance(one, dict) else None
        if stopped:
            return Output(content, stopped, told.cut)
    return Output(content, None, told.cut)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _said(message: dict[str, Any]) -> list[Block]:
    parts = message.get("parts")
    if not isinstance(parts, list) or "content" in message or "tool_calls" in message:
        return chat.said(message, str(message.get("role")))
    return [block for part in parts for block in _part(part)]


def _part(part: Any) -> list[Block]:
    if isinstance(part, dict):
        kind, told = part.get("type"), part.get("content")
        if kind == "text" and type(told) is str:
            return [blocks.text(told)]
        if kind == "tool_call" and type(part.get("arguments")) is dict:
            return [blocks.tool_use(values.name(part.get("id")), values.name(part.get("name")), part["arguments"])]
        if type(kind) is str and kind.startswith(PREFIX):
            return pieces.content({**part, "type": kind.removeprefix(PREFIX)})
    return pieces.content(part)


def _instructed(value: Any) -> list[Block]:
    """Instructions are parts, texts, or a message that holds them."""
    if isinstance(value, list):
        return [block for one in value for block in _instructed(one)]
    if isinstance(value, Mapping) and "type" not in value and ("parts" in value or "content" in value):
        return chat.said(value)
    return _part(value)
