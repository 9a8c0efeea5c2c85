"""Whole requests and answers as an API's client sent or got them, of any dialect, when a convention carries those."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from evaluator.intake.anthropic import PARAMETERS
from evaluator.intake.blocks import Block
from evaluator.intake.conventions import chat, pieces, values
from evaluator.intake.conventions.pieces import Piece, first
from evaluator.intake.conventions.values import Counts

RENAMED = {
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "max_tokens_to_sample": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "stop": "stop_sequences",
    "stopSequences": "stop_sequences",
    "toolChoice": "tool_choice",
}
SAID = ("messages", "contents", "input", "prompt", "inputs")
SYSTEM = ("system", "instructions", "system_instruction", "systemInstruction")
_OF_MESSAGE = frozenset(("role", "content", "parts"))
_ID = re.compile(r'\s*\{\s*"id"\s*:\s*"([^"\\]{1,256})"')
_OBJECT = re.compile(r"<[\w.]+(\[.{0,200}\])? object at 0x[0-9a-fA-F]+>")
"""What Python shows of an object, such as a stream that the client has not read."""


def request(value: Any) -> dict[str, Any]:
    """The stored form of a request: a body with messages, a list of messages, or the user's text."""
    if isinstance(value, str) and values.text(value) is None:
        return {}
    if not isinstance(value, Mapping) or not value.keys().isdisjoint(_OF_MESSAGE):
        return chat.conversation(value)
    if (told := first(value, *SAID)) is None:
        return chat.conversation(pieces.as_text(value) if value else None)
    read = chat.conversation(told)
    system = pieces.text_of(_system(first(value, *SYSTEM)))
    if system:
        read["system"] = "\n".join(filter(None, (system, read.get("system"))))
    if offered := pieces.tools(value.get("tools")):
        read["tools"] = offered
    return read | parameters(value)


def _system(value: Any) -> list[Block]:
    return chat.said(value) if isinstance(value, Mapping) and "parts" in value else pieces.content(value)


def parameters(value: Any) -> dict[str, Any]:
    """The parameters of a request that are kept, by Anthropic's names."""
    if not isinstance(value, Mapping):
        return {}
    named = {RENAMED.get(key, key): one for key, one in value.items() if one is not None}
    return {key: named[key] for key in PARAMETERS if key in named}


class Answer(NamedTuple):
    """What an answer tells. `cut`: it had been cut off; `unread`: it stands for a stream that nobody read."""

    content: list[Block]
    stopped: str | None = None
    model: str | None = None
    usage: Any = None
    cut: bool = False
    unread: bool = False


def answer(given: Any) -> Answer:
    """The answer in a body of any dialect, a message, or blocks, as JSON text or structured; else the text as it is."""
    value, cut = values.told(given)
    if isinstance(value, str):
        unread = _OBJECT.fullmatch(value.strip()) is not None
        silent = unread or values.text(value) is None
        return Answer([] if silent else pieces.content(value), cut=cut, unread=unread)
    if not is_answer(value):
        return Answer(pieces.content(pieces.as_text(given) if value else None), cut=cut)
    if isinstance(value, list):
        return Answer(_listed(value), cut=cut)
    choice = _choice(value)
    stopped = first(choice, "finish_reason", "finishReason", "stop_reason", "stopReason")
    broken_off = value.get("incomplete_details")
    return Answer(
        content=_content(choice),
        stopped=values.name(stopped or first(value, "stop_reason", "stopReason", "finish_reason"))
        or (values.name(broken_off.get("reason")) if isinstance(broken_off, Mapping) else None),
        model=values.name(first(value, "model", "modelVersion")),
        usage=first(value, "usage", "usageMetadata"),
        cut=cut,
    )


def is_answer(value: Any) -> bool:
    """Whether it has a form that answers have; a model may well be asked for JSON with keys like `content`."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_piece, value))
    if not isinstance(value, Mapping):
        return False
    if isinstance(first(value, "choices", "candidates"), list):
        return True
    below = first(value, "message", "output")
    if isinstance(below, Mapping | list):
        return is_answer(below)
    if "role" in value or ("id" in value and isinstance(value.get("content"), list)):
        return not value.keys().isdisjoint(("content", "parts", "tool_calls"))
    return isinstance(value.get("content"), list) and is_answer(value["content"])


def _is_piece(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    return "role" in value or (isinstance(kind, str) and (kind == "message" or kind in pieces.BLOCKS))


def _choice(value: Piece) -> Piece:
    """The first of several answers; the value itself when it is one."""
    several = first(value, "choices", "candidates")
    if isinstance(several, list):
        return next((one for one in several if isinstance(one, Mapping)), {})
    return value


def _content(choice: Piece) -> list[Block]:
    """The blocks of an answer: a message, one below it, OpenAI's list of items, or a bare text."""
    below = first(choice, "message", "output")
    if isinstance(below, list):
        return _listed(below)
    if isinstance(below, Mapping):
        return _content(below)
    inner = choice.get("content")
    said = chat.said(inner if isinstance(inner, Mapping) and "parts" in inner else choice)
    return said or pieces.content(below)


def _listed(value: list[Any]) -> list[Block]:
    """Blocks, or messages and items with roles of which the model's count."""
    found: list[Block] = []
    for one in value:
        if isinstance(one, Mapping) and ("role" in one or one.get("type") == "message"):
            role, said = chat.message({"role": "assistant", **one})
            found += said if role == "assistant" else []
        else:
            found += pieces.content(one)
    return found


def usage(value: Any) -> Counts:
    """Tokens by Anthropic's and Bedrock's names, which leave the cache out, or OpenAI's and Gemini's, which do not."""
    told: Piece = value if isinstance(value, Mapping) else {}
    nested = first(told, "prompt_tokens_details", "input_tokens_details")
    cached = first(nested if isinstance(nested, Mapping) else told, "cached_tokens", "cachedContentTokenCount")
    read = first(told, "cache_read_input_tokens", "cacheReadInputTokens")
    written = first(told, "cache_creation_input_tokens", "cacheWriteInputTokens")
    apart = "prompt_tokens" not in told and (read is not None or written is not None)
    # Gemini tells what was thought beside what was said.
    thought, said = values.count(told.get("thoughtsTokenCount")), values.count(told.get("candidatesTokenCount"))
    return values.tokens(
        first(told, "input_tokens", "prompt_tokens", "inputTokens", "promptTokenCount"),
        first(told, "output_tokens", "completion_tokens", "outputTokens") if said is None else said + (thought or 0),
        cached if read is None else read,
        written,
        includes=not apart,
    )


def link(value: Any) -> tuple[str, ...]:
    """The response's id as a link, from the beginning of its JSON text or from the object."""
    if isinstance(value, Mapping):
        told = values.name(value.get("id"))
    else:
        match = _ID.match(value) if isinstance(value, str) else None
        told = match.group(1) if match else None
    return (f"response:{told}",) if told else ()
