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


def content_text(content: object) -> str:
    """Every block of a message: texts as they are, anything else as JSON.

    >>> content_text([{"type": "text", "text": "a"}, {"type": "tool_use", "name": "t"}])
    'a\\n{"type": "tool_use", "name": "t"}'
    """
    shown = (block.get("text") if block.get("type") == "text" else _json(block) for block in blocks(content))
    return "\n".join(str(text) for text in shown)


def _json(block: Mapping[str, Any]) -> str:
    return json.dumps(block, ensure_ascii=False, default=str)
