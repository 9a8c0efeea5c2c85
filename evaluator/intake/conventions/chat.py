"""Messages of any dialect as system text and messages with Anthropic's blocks. Nothing raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake import blocks
from evaluator.intake.blocks import Block
from evaluator.intake.conventions import values
from evaluator.intake.conventions.pieces import BLOCKS, Piece, content, text_of, tool_call

Message = dict[str, Any]
SYSTEM_ROLES = ("system", "developer")
TOOL_ROLES = ("tool", "function")
ROLES = {
    **dict.fromkeys(("human", "tool", "function"), "user"),
    **dict.fromkeys(("ai", "model", "bot"), "assistant"),
}
MODELS_OWN = frozenset(("function_call", "tool_call", "tool-call", "tool_use", "reasoning", "thinking"))
"""Pieces that only a model says, when they stand among messages without a role."""


def conversation(value: Any) -> dict[str, Any]:
    """`system` and `messages` of a list of messages, of a single one, or of a plain text, which a user wrote.

    >>> conversation([{"role": "system", "content": "Be brief."}, "Hi"])["messages"]
    [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hi'}]}]
    """
    system: list[str] = []
    messages: list[Message] = []
    for role, said in map(message, _flat(value)):
        if role in SYSTEM_ROLES:
            system.append(text_of(said))
        elif said:
            messages.append({"role": role, "content": said})
    joined = "\n".join(filter(None, system))
    return ({"system": joined} if joined else {}) | ({"messages": messages} if messages else {})


def _flat(value: Any) -> list[Any]:
    """Messages in a list, or in lists of a list, as some frameworks batch them."""
    if not isinstance(value, list):
        return [] if value in (None, "") else [value]
    return [one for inner in value for one in (inner if isinstance(inner, list) else [inner])]


def message(value: Any) -> tuple[str, list[Block]]:
    """Role and blocks of one message; a text without a role is the user's."""
    if not isinstance(value, Mapping):
        return "user", content(value)
    kind = value.get("type")
    if "role" not in value and isinstance(kind, str) and kind in BLOCKS:
        return "assistant" if kind in MODELS_OWN else "user", content(value)
    role = (values.name(value.get("role") or kind) or "user").lower()
    return ROLES.get(role, role), said(value, role)


def said(value: Piece, role: str = "assistant") -> list[Block]:
    """The blocks of a message: thinking, content, tool calls, wherever its dialect puts them."""
    found = content(value.get("content", value.get("parts", value.get("text"))))
    if role in TOOL_ROLES and not any(block.get("type") == "tool_result" for block in found):
        answered = value.get("content")
        call_id = values.name(value.get("tool_call_id") or value.get("name"))
        found = [blocks.tool_result(call_id, answered if isinstance(answered, str) else found)]
    thought = value.get("reasoning_content") or value.get("reasoning")
    if isinstance(thought, str):
        found = [blocks.thinking(thought), *found]
    if refusal := value.get("refusal"):
        found += content(refusal)
    calls = value.get("tool_calls") or value.get("function_call")
    return with_calls(found, calls if isinstance(calls, list) else [calls]) if calls else found


def with_calls(content: list[Block], calls: Any) -> list[Block]:
    """The blocks with the tool calls that are not among them yet: one that is told twice has one id, or none."""
    if not isinstance(calls, list):
        return content
    known = {block.get("id") for block in content if block.get("type") == "tool_use"}
    told = [tool_call(call) for call in calls if isinstance(call, Mapping)]
    return content + [call for call in told if call["id"] not in known]
