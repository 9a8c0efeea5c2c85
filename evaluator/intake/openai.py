"""Bodies of OpenAI chat completions, told in Anthropic's words: blocks, tool_use, tool_result, stop reasons."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from evaluator.errors import InputError
from evaluator.intake import anthropic, clean
from evaluator.intake.answer import Answer, Block, objects, short_name, text_block
from judges.text import text_of

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
SYSTEM_ROLES = ("system", "developer")
PARAMETERS = {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"}


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
    return isinstance(content, list) and any(isinstance(p, dict) and p.get("type") == "image_url" for p in content)


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
    if not choices:
        return Answer(content=[], model=short_name(body.get("model"), "response.model"))
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise InputError(f"response.choices[0].message: must be an object, got {clean.shown(message)}")
    finish = short_name(choices[0].get("finish_reason"), "response.choices[0].finish_reason")
    return Answer(
        content=_assistant(message, "response.choices[0].message"),
        stop_reason="refusal" if message.get("refusal") else STOP_REASONS.get(finish or "", finish),
        model=short_name(body.get("model"), "response.model"),
    )


def _message(message: dict[str, Any], where: str) -> dict[str, Any]:
    role, content = message.get("role"), message.get("content")
    if role in ("tool", "function"):
        known = message.get("tool_call_id") or message.get("name")
        block = {"type": "tool_result", "tool_use_id": known, "content": _content(content, f"{where}.content")}
        return {"role": "user", "content": [block]}
    if role == "assistant":
        return {"role": role, "content": _assistant(message, where)}
    return {"role": role, "content": content if isinstance(content, str) else _content(content, f"{where}.content")}


def _assistant(message: dict[str, Any], where: str) -> list[Block]:
    """Text (or refusal), then tool calls, as blocks."""
    said = _content(message.get("content") or None, f"{where}.content")
    refusal = message.get("refusal")
    calls = objects(message.get("tool_calls") or [], f"{where}.tool_calls")
    return (
        said + ([text_block(refusal)] if isinstance(refusal, str) and refusal else []) + [_call(call) for call in calls]
    )


def _content(content: object, where: str) -> list[Block]:
    return [_part(part) for part in anthropic.blocks(content, where)]


def _part(part: Block) -> Block:
    """An image part as an image block; text parts have Anthropic's form already."""
    if part.get("type") == "refusal":
        return text_block(str(part.get("refusal") or ""))
    if part.get("type") != "image_url":
        return part
    image = part.get("image_url")
    return {"type": "image", "source": {"type": "url", "url": image.get("url") if isinstance(image, dict) else image}}


def _call(call: dict[str, Any]) -> Block:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = _arguments(function.get("arguments"))
    return {"type": "tool_use", "id": call.get("id"), "name": function.get("name"), "input": arguments}


def _arguments(arguments: object) -> object:
    """The arguments as an object; a text that is no JSON stays the text, so that a schema judge sees what was wrong."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return clean.value(from_json(arguments))
    except (ValueError, InputError):
        return arguments


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    read = {"name": function.get("name"), "description": function.get("description")}
    return {**read, "input_schema": function.get("parameters")}
