"""A sample's request and response as the turns of a conversation, in plain text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from judges.text import blocks


class Turn(NamedTuple):
    """Who said what. Both are foreign text."""

    role: str
    text: str


def request_turns(request: Mapping[str, Any] | None) -> list[Turn]:
    """The system prompt and the messages of a request, oldest first.

    >>> request_turns({"system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]})
    [Turn(role='system', text='Be brief.'), Turn(role='user', text='Hi')]
    """
    if not request:
        return []
    system = content_text(request.get("system"))
    messages = request.get("messages")
    turns = [
        Turn(str(message.get("role", "user")), content_text(message.get("content")))
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, Mapping)
    ]
    return ([Turn("system", system)] if system else []) + turns


def response_text(response: Mapping[str, Any] | None) -> str:
    """What the model answered, its tool calls as JSON."""
    return content_text(response.get("content")) if response else ""


class Piece(NamedTuple):
    """A part of a message. `kind` is text, tool_use, tool_result or other; `name` is the tool's. All is foreign."""

    kind: str
    text: str
    name: str = ""


def pieces(content: object, tools: Mapping[str, str] | None = None) -> list[Piece]:
    """The parts of a message in order; `tools` are the names of called tools by the ids of their calls.

    >>> pieces([{"type": "text", "text": "One moment."}, {"type": "tool_use", "name": "add", "input": {"a": 1}}])
    [Piece(kind='text', text='One moment.', name=''), Piece(kind='tool_use', text='{\\n  "a": 1\\n}', name='add')]
    """
    return [_piece(block, tools or {}) for block in blocks(content)]


def called(content: object) -> dict[str, str]:
    """The names of the tools that a message calls, by the ids of the calls."""
    uses = [block for block in blocks(content) if block.get("type") == "tool_use"]
    return {str(block.get("id")): str(block.get("name") or "") for block in uses}


def _piece(block: Mapping[str, Any], tools: Mapping[str, str]) -> Piece:
    kind = block.get("type")
    if kind == "text":
        return Piece("text", str(block.get("text") or ""))
    if kind == "tool_use":
        return Piece("tool_use", _indented(block.get("input")), str(block.get("name") or ""))
    if kind == "tool_result":
        told = block.get("content")
        text = content_text(told) if isinstance(told, str | list) else _indented(told)
        return Piece("tool_result", text, tools.get(str(block.get("tool_use_id")), ""))
    return Piece("other", _indented(block), str(kind or ""))


def _indented(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, indent=2)


def content_text(content: object) -> str:
    """Every block of a message: texts as they are, anything else as JSON.

    >>> content_text([{"type": "text", "text": "a"}, {"type": "tool_use", "name": "t"}])
    'a\\n{"type": "tool_use", "name": "t"}'
    """
    shown = (block.get("text") if block.get("type") == "text" else _json(block) for block in blocks(content))
    return "\n".join(str(text) for text in shown)


def _json(block: Mapping[str, Any]) -> str:
    return json.dumps(block, ensure_ascii=False, default=str)
