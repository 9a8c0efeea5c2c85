"""Bodies of the Anthropic Messages API: they are the stored shape, so reading is checking."""

from __future__ import annotations

from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean
from evaluator.intake.answer import Answer, Block, objects, short_name
from evaluator.intake.blocks import text as text_block
from judges.text import text_of

PARAMETERS = ("max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "tool_choice", "thinking")


def request(body: dict[str, Any]) -> dict[str, Any]:
    """The stored request: system as text, messages, tools, and the parameters that were set."""
    read: dict[str, Any] = {"messages": messages(body.get("messages", []))}
    if body.get("system"):
        read["system"] = system(body["system"])
    if body.get("tools"):
        read["tools"] = objects(body["tools"], "request.tools")
    return read | {key: body[key] for key in PARAMETERS if body.get(key) is not None}


def response(body: dict[str, Any]) -> Answer:
    """The answer in a message."""
    response_id = short_name(body.get("id"), "response.id")
    # Clouds that host Claude mark their ids: msg_bdrk_01…, msg_vrtx_01….
    first_party = body.get("type") == "message" and (response_id or "").startswith("msg_0")
    return Answer(
        content=blocks(body["content"], "response.content"),
        stopped=short_name(body.get("stop_reason"), "response.stop_reason"),
        model=short_name(body.get("model"), "response.model"),
        response_id=response_id,
        provider="anthropic" if first_party else None,
    )


def blocks(content: object, where: str) -> list[Block]:
    """Content as blocks: a text is one text block, also inside a list."""
    if isinstance(content, str):
        return [text_block(content)]
    if content is None:
        return []
    if not isinstance(content, list):
        raise InputError(f"{where}: must be text or a list of blocks, got {clean.shown(content)}", reason="wrong_type")
    return list(objects([text_block(part) if isinstance(part, str) else part for part in content], where))


def system(value: object) -> str:
    """The system prompt as text; blocks are joined by newlines."""
    return value if isinstance(value, str) else text_of(blocks(value, "request.system"))


def messages(value: object) -> list[dict[str, Any]]:
    """The messages with role and content, a text content left a text."""
    read = []
    for index, message in enumerate(objects(value, "request.messages")):
        where = f"request.messages[{index}]"
        role = message.get("role")
        if not isinstance(role, str):
            raise InputError(f"{where}.role: must be text such as user or assistant, got {clean.shown(role)}")
        content = message.get("content")
        read.append(
            {"role": role, "content": content if isinstance(content, str) else blocks(content, f"{where}.content")}
        )
    return read
