"""Bodies of the OpenAI Responses API, told in Anthropic's words: items become messages and blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evaluator.intake import anthropic, blocks
from evaluator.intake.answer import Answer, Block, error_text, objects, short_name
from evaluator.intake.openai import SYSTEM_ROLES, arguments, attachment
from judges.text import text_of

PARAMETERS = {"max_output_tokens": "max_tokens"}


def is_request(body: dict[str, Any]) -> bool:
    """Whether a request body is one of this API."""
    return "messages" not in body and isinstance(body.get("input"), str | list)


def is_response(body: dict[str, Any]) -> bool:
    """Whether a response body is one of this API."""
    return body.get("object") == "response" and isinstance(body.get("output"), list)


def request(body: dict[str, Any]) -> dict[str, Any]:
    """The stored request: instructions and system items joined to one text, the other items as messages."""
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else objects(given, "request.input")
    system = [body["instructions"]] if isinstance(body.get("instructions"), str) else []
    messages: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        content = _item(item, f"request.input[{index}]")
        if item.get("role") in SYSTEM_ROLES:
            system.append(text_of(content))
        else:
            _add(messages, _role(item), content)
    renamed = {PARAMETERS.get(key, key): value for key, value in body.items() if key not in ("input", "tools")}
    read = anthropic.request({**renamed, "messages": messages, "system": "\n".join(system)})
    if body.get("tools"):
        read["tools"] = [_tool(tool) for tool in objects(body["tools"], "request.tools")]
    return read


def response(body: dict[str, Any]) -> Answer:
    """The answer in the output's items."""
    items = objects(body["output"], "response.output")
    content = [block for index, item in enumerate(items) for block in _item(item, f"response.output[{index}]")]
    return Answer(
        content=content,
        stopped=_stopped(body, items),
        refused=any(part.get("type") == "refusal" for item in items for part in _parts(item)),
        model=short_name(body.get("model"), "response.model"),
        error=error_text(body.get("error"), "response.error"),
        response_id=short_name(body.get("id"), "response.id"),
    )


def _stopped(body: dict[str, Any], items: list[dict[str, Any]]) -> str | None:
    """Why it is not whole, if it is not; this API has no word for a turn that ended or that called a tool."""
    details = body.get("incomplete_details")
    if isinstance(details, dict) and details.get("reason"):
        return short_name(details["reason"], "response.incomplete_details.reason")
    if body.get("status") != "completed":
        return short_name(body.get("status"), "response.status")
    return "function_call" if any(item.get("type") == "function_call" for item in items) else "stop"


def _role(item: dict[str, Any]) -> str:
    if isinstance(item.get("role"), str):
        return str(item["role"])
    return "assistant" if item.get("type") in ("message", "function_call", "reasoning") else "user"


def _add(messages: list[dict[str, Any]], role: str, content: str | list[Block]) -> None:
    """Adds a message; what the model said in several items is one message."""
    last = messages[-1] if messages else {}
    if role == "assistant" == last.get("role") and isinstance(last["content"], list) and isinstance(content, list):
        last["content"] += content
    else:
        messages.append({"role": role, "content": content})


def _item(item: dict[str, Any], where: str) -> Any:
    read = ITEMS.get(str(item.get("type") or "message"))
    if read:
        return read(item, where)
    # Calls of the provider's own tools (web search, code interpreter) have no counterpart: they stay what they are.
    return [blocks.without_bytes(item)]


def _message(item: dict[str, Any], where: str) -> str | list[Block]:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return [_part(part) for part in anthropic.blocks(content, f"{where}.content")]


def _parts(item: dict[str, Any]) -> list[dict[str, Any]]:
    content = item.get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _part(part: Block) -> Block:
    kind = part.get("type")
    if kind in ("input_text", "output_text", "text", "refusal"):
        text = part.get("refusal" if kind == "refusal" else "text")
        return blocks.text(text if isinstance(text, str) else "")
    if kind == "input_image":
        return attachment("image", part.get("image_url"))
    if kind == "input_file":
        return attachment("document", part.get("file_data") or part.get("file_url"))
    return part


def _call(item: dict[str, Any], _: str) -> list[Block]:
    return [blocks.tool_use(item.get("call_id"), item.get("name"), arguments(item.get("arguments")))]


def _output(item: dict[str, Any], where: str) -> list[Block]:
    output = item.get("output")
    content = output if isinstance(output, str) else [_part(part) for part in anthropic.blocks(output, where)]
    return [blocks.tool_result(item.get("call_id"), content)]


def _reasoning(item: dict[str, Any], _: str) -> list[Block]:
    """Thoughts, in full where they were told, else their summary; encrypted ones are left out."""
    told = item.get("content") or item.get("summary")
    parts = told if isinstance(told, list) else []
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return [blocks.thinking(text) for text in texts]


ITEMS: dict[str, Callable[[dict[str, Any], str], Any]] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _output,
    "reasoning": _reasoning,
}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        return tool
    read = {"name": tool.get("name"), "description": tool.get("description")}
    return {**read, "input_schema": tool.get("parameters")}
