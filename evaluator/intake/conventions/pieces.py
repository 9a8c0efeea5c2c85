"""One piece of a message in any dialect (Anthropic, OpenAI, Vercel, Gemini, Bedrock, gen_ai) as an Anthropic block.

Nothing raises: a piece of no known form stays as it is, a value that is none at all becomes its JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from evaluator.intake import blocks
from evaluator.intake.blocks import Block
from evaluator.intake.conventions import values

Piece = Mapping[str, Any]


def content(value: Any) -> list[Block]:
    """Content as blocks: a text is one text block, nothing is none.

    >>> content(["Hi", {"type": "output_text", "text": "you"}])
    [{'type': 'text', 'text': 'Hi'}, {'type': 'text', 'text': 'you'}]
    """
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return [blocks.text(value)]
    if isinstance(value, list):
        return [block for one in value for block in content(one)]
    return [_block(value)] if isinstance(value, Mapping) else [blocks.text(as_text(value))]


def text_of(content: Iterable[Block]) -> str:
    """The text of blocks, joined by newlines."""
    return "\n".join(str(block.get("text", "")) for block in content if block.get("type") == "text")


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON, without the bytes of media."""
    if isinstance(value, str):
        return value
    return json.dumps(blocks.without_bytes(value), ensure_ascii=False, default=str)


def first(value: Piece, *names: str) -> Any:
    """The first of the named values that is there."""
    return next((found for key in names if (found := value.get(key)) is not None), None)


def tool_call(call: Piece) -> Block:
    """A tool call of any dialect: flat, or OpenAI's with its function below."""
    below = call.get("function")
    function = below if isinstance(below, Mapping) else call
    return blocks.tool_use(
        values.name(first(call, "id", "toolCallId", "call_id", "toolUseId")),
        values.name(first(function, "name", "toolName")),
        arguments(first(function, "arguments", "input", "args")),
    )


def arguments(value: Any) -> Any:
    """A tool call's arguments: the object that a text holds, or the text as it came when it holds none."""
    if value is None or value == "":
        return {}
    read = values.told(value)
    return value if read.cut else read.value


def tools(value: Any) -> list[dict[str, Any]]:
    """Tool definitions of any dialect, each an object or its JSON text, in Anthropic's form."""
    listed = values.told(value).value
    read = (values.told(one).value for one in (listed if isinstance(listed, list) else [listed]))
    return [_tool(one) for one in read if isinstance(one, Mapping)]


def _tool(tool: Piece) -> dict[str, Any]:
    below = tool.get("function")
    known = below if isinstance(below, Mapping) else tool
    schema = values.told(first(known, "input_schema", "inputSchema", "parameters", "parameters_json_schema")).value
    if schema is None or not known.get("name"):
        return dict(tool)
    told = {"name": known["name"], "description": known.get("description"), "input_schema": schema}
    return {key: one for key, one in told.items() if one is not None}


def is_piece(value: Any) -> bool:
    """Whether a value has a form that pieces have, told by its type or, as Bedrock and Gemini do, by its only key."""
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    return kind in BLOCKS if isinstance(kind, str) else len(value) == 1 and next(iter(value)) in ("text", *KEYED)


def _block(piece: Piece) -> Block:
    kind = piece.get("type")
    if isinstance(kind, str) and (read := BLOCKS.get(kind)):
        return read(piece)
    for key, read in KEYED.items():
        if kind is None and isinstance(below := piece.get(key), Mapping):
            return read(below)
    if kind is None and isinstance(piece.get("text"), str):
        return blocks.text(piece["text"])
    return dict(blocks.without_bytes(piece))


def _text(piece: Piece) -> Block:
    told = first(piece, "text", "content", "value", "refusal")
    return blocks.text(as_text("" if told is None else told))


def _thinking(piece: Piece) -> Block:
    told = first(piece, "thinking", "text", "content", "summary")
    return blocks.thinking(text_of(content(told)) if isinstance(told, list) else as_text("" if told is None else told))


def _tool_result(piece: Piece) -> Block:
    call_id = values.name(first(piece, "tool_use_id", "toolCallId", "tool_call_id", "call_id", "toolUseId", "id"))
    return blocks.tool_result(call_id or values.name(piece.get("name")), result(_answered(piece)))


def _answered(piece: Piece) -> Any:
    told = first(piece, "content", "output", "response", "result")
    if isinstance(told, Mapping) and "value" in told and "type" in told:
        return told["value"]  # Vercel says whether it is text or JSON
    return told


def result(value: Any) -> Any:
    """What a tool answered: a text as it is, blocks as blocks, anything else as JSON text."""
    if isinstance(value, list) and all(isinstance(one, Mapping) and ("type" in one or "text" in one) for one in value):
        return content(value)
    return as_text("" if value is None else value)


def _media(piece: Piece) -> Block:
    if isinstance(source := piece.get("source"), Mapping) and "type" in source:
        return dict(blocks.without_bytes(piece))
    told = first(piece, "image_url", "image", "url", "uri", "data", "file", "file_data", "file_url")
    where = first(told, "url", "data", "file_data") if isinstance(told, Mapping) else told
    address = where if isinstance(where, str) and where.startswith(("http:", "https:", "data:", "@@@")) else None
    mime = values.name(first(piece, "media_type", "mediaType", "mime_type", "mimeType"))
    if mime is None and address and address.startswith("data:"):
        mime = address[5:].partition(";")[0][:100] or None
    image = "image" in str(piece.get("type")) or str(mime or piece.get("modality")).startswith("image")
    return blocks.media("image" if image else "document", mime, address)


BLOCKS: dict[str, Callable[[Piece], Block]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "refusal"), _text),
    **dict.fromkeys(("thinking", "reasoning", "thought"), _thinking),
    **dict.fromkeys(("tool_use", "tool-call", "tool_call", "function_call"), tool_call),
    **dict.fromkeys(("tool_result", "tool-result", "tool_call_response", "function_call_output"), _tool_result),
    **dict.fromkeys(("image", "image_url", "input_image", "file", "input_file", "document"), _media),
    **dict.fromkeys(("audio", "input_audio", "video", "media", "blob", "uri"), _media),
    **dict.fromkeys(("binary", "image-url", "audio-url", "video-url", "document-url"), _media),
}
KEYED: dict[str, Callable[[Piece], Block]] = {
    "toolUse": tool_call,
    "toolResult": _tool_result,
    **dict.fromkeys(("functionCall", "function_call"), tool_call),
    **dict.fromkeys(("functionResponse", "function_response"), _tool_result),
    **dict.fromkeys(("inlineData", "inline_data", "document"), _media),
    "image": lambda piece: _media({**piece, "type": "image"}),
}
"""Pieces that name their form by the key they are under."""
