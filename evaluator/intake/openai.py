"""Bodies of OpenAI chat completions, told in Anthropic's words: blocks, tool_use, tool_result, stop reasons."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from evaluator.errors import InputError
from evaluator.intake import anthropic, blocks, clean
from evaluator.intake.answer import Answer, Block, objects, short_name
from judges.text import text_of

SYSTEM_ROLES = ("system", "developer")
PARAMETERS = {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"}
MEDIA = {"image_url": ("image", "url"), "input_audio": ("audio", "data"), "file": ("document", "file_data")}
"""Part type -> the kind of block, and where its bytes or address stand."""


def is_request(body: dict[str, Any]) -> bool:
    """Whether a request body has a mark that only chat completions have."""
    messages = body.get("messages")
    tools = body.get("tools")
    return (isinstance(messages, list) and any(map(_foreign, messages))) or (
        isinstance(tools, list) and any(isinstance(tool, dict) and "function" in tool for tool in tools)
    )


def _foreign(message: object) -> bool:
    if not isinstance(message, dict):
        return False
    if message.get("role") in (*SYSTEM_ROLES, "tool", "function") or message.get("tool_calls"):
        return True
    content = message.get("content")
    return isinstance(content, list) and any(isinstance(p, dict) and str(p.get("type")) in MEDIA for p in content)


def request(body: dict[str, Any]) -> dict[str, Any]:
    """The stored request: system messages joined to one text, tool results as user messages, functions as tools."""
    system, messages = [], []
    for index, message in enumerate(objects(body.get("messages", []), "request.messages")):
        if message.get("role") in SYSTEM_ROLES:
            system.append(text_of(_content(message.get("content"), f"request.messages[{index}].content")))
        else:
            messages.append(_message(message, f"request.messages[{index}]"))
    renamed = {PARAMETERS.get(key, key): value for key, value in body.items() if key not in ("messages", "tools")}
    read = anthropic.request({**renamed, "messages": messages})
    if system:
        read["system"] = "\n".join(system)
    if body.get("tools"):
        read["tools"] = [_tool(tool) for tool in objects(body["tools"], "request.tools")]
    return read


def response(body: dict[str, Any]) -> Answer:
    """The answer in the first choice; a body with several keeps only that one."""
    choices = objects(body["choices"], "response.choices")
    first = choices[0] if choices else {}
    message = first.get("message") if choices else {}
    if not isinstance(message, dict):
        raise InputError(f"response.choices[0].message: must be an object, got {clean.shown(message)}")
    return Answer(
        content=assistant(message, "response.choices[0].message"),
        stopped=short_name(first.get("finish_reason"), "response.choices[0].finish_reason"),
        refused=bool(message.get("refusal")),
        model=short_name(body.get("model"), "response.model"),
        response_id=short_name(body.get("id"), "response.id"),
    )


def _message(message: dict[str, Any], where: str) -> dict[str, Any]:
    role, content = message.get("role"), message.get("content")
    if role in ("tool", "function"):
        known = message.get("tool_call_id") or message.get("name")
        return {"role": "user", "content": [blocks.tool_result(known, _content(content, f"{where}.content"))]}
    if role == "assistant":
        return {"role": role, "content": assistant(message, where)}
    return {"role": role, "content": content if isinstance(content, str) else _content(content, f"{where}.content")}


def assistant(message: dict[str, Any], where: str) -> list[Block]:
    """What the model thought, its text (or refusal), and its tool calls, as blocks."""
    said = _content(message.get("content") or None, f"{where}.content")
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        said = [*said, blocks.text(refusal)]
    calls = objects(message.get("tool_calls") or [], f"{where}.tool_calls")
    return _thoughts(message) + said + [_call(call) for call in calls]


def _thoughts(message: dict[str, Any]) -> list[Block]:
    """Reasoning, as servers that speak chat completions tell it beside the content."""
    told = message.get("thinking_blocks")
    thoughts: list[Block] = [block for block in told if isinstance(block, dict)] if isinstance(told, list) else []
    reasoning = message.get("reasoning_content")
    return thoughts or ([blocks.thinking(reasoning)] if isinstance(reasoning, str) and reasoning else [])


def _content(content: object, where: str) -> list[Block]:
    return [_part(part) for part in anthropic.blocks(content, where)]


def _part(part: Block) -> Block:
    """A part with media as a block without its bytes; text parts have Anthropic's form already."""
    kind = str(part.get("type"))
    if kind == "refusal":
        return blocks.text(str(part.get("refusal") or ""))
    if kind not in MEDIA:
        return part
    name, key = MEDIA[kind]
    inner = part.get(kind)
    return attachment(name, inner.get(key) if isinstance(inner, dict) else inner)


def attachment(kind: str, given: object) -> Block:
    """An image, a sound or a file told by its address or a data: URL; bytes are left out."""
    url = given if isinstance(given, str) else ""
    media_type = url[5:100].partition(";")[0] if url.startswith("data:") else None
    return blocks.media(kind, media_type, url if "://" in url[:20] else None)


def _call(call: dict[str, Any]) -> Block:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    return blocks.tool_use(call.get("id"), function.get("name"), arguments(function.get("arguments")))


def arguments(given: object) -> object:
    """The arguments as an object; a text that is no JSON stays the text, so that a schema judge sees what was wrong."""
    if not isinstance(given, str):
        return given
    try:
        return clean.value(from_json(given))
    except (ValueError, InputError):
        return given


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    read = {"name": function.get("name"), "description": function.get("description")}
    return {**read, "input_schema": function.get("parameters")}
