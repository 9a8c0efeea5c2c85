"""Conversations as in fine-tuning files: {"messages": […]}, the last one being the answer."""

from __future__ import annotations

from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean
from evaluator.intake.formats.told import Item, compact, whole
from evaluator.intake.shape import PublicSample

BODIES = ("request", "response", "messages")
PARAMETERS = ("system", "tools")


def recognises(row: Item) -> bool:
    """Whether a row is a conversation without an answer of its own."""
    return isinstance(row.get("messages"), list) and "response" not in row and "request" not in row


def item(payload: Any) -> Item:
    """The public item of one conversation; public fields that stand beside the messages are taken."""
    row = whole(payload, "a conversation")
    messages = row.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "assistant":
        told = clean.shown(last.get("role")) if isinstance(last, dict) else "none"
        raise InputError(f"messages: the last one must be the assistant's, which is judged; it is {told}")
    request = compact({name: row.get(name) for name in PARAMETERS})
    speaks_chat = last.keys() & {"tool_calls", "refusal", "reasoning_content"}
    beside = {name: row[name] for name in PublicSample.model_fields if name in row and name not in BODIES}
    return compact(
        beside,
        request={**request, "messages": list(messages or [])[:-1]},
        response={"choices": [{"message": last}]} if speaks_chat else {"content": last.get("content") or ""},
    )
