"""All texts of a JSON value in one list, and the same value with other texts in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MAX_DEPTH = 100
TOO_DEEP = "(nested too deep)"
LONG_NUMBERS = range(10**10, 10**20)
"""Whole numbers that are looked at as texts: a card number needs no quotes."""
WORDS = frozenset(
    (
        "array",
        "assistant",
        "boolean",
        "content",
        "default",
        "description",
        "format",
        "id",
        "image",
        "input",
        "input_schema",
        "integer",
        "items",
        "max_tokens",
        "media_type",
        "messages",
        "name",
        "number",
        "object",
        "omitted",
        "properties",
        "required",
        "role",
        "signature",
        "source",
        "stop_reason",
        "string",
        "system",
        "temperature",
        "text",
        "thinking",
        "title",
        "tool_result",
        "tool_use",
        "tool_use_id",
        "tools",
        "type",
        "url",
        "user",
    )
)
"""Words of the protocol: no text of anybody's."""


class TooDeepError(Exception):
    """The value is nested deeper than MAX_DEPTH."""


Leaf = tuple[str, str | None]
"""A text and the key it stands under; no key for a key and for what is in none."""


def gather(item: Any, into: list[Leaf], name: str | None = None, depth: int = 0) -> None:
    """Appends every text at any depth, keys too; TooDeepError beyond MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise TooDeepError
    kind = type(item)
    if kind is str:
        if item not in WORDS:
            into.append((item, name))
    elif kind is dict:
        for key, value in item.items():
            if key not in WORDS:
                into.append((key, None))
            gather(value, into, key, depth + 1)
    elif kind is list or kind is tuple:
        for value in item:
            gather(value, into, name, depth + 1)
    elif kind is int and item in LONG_NUMBERS:
        into.append((str(item), name))
    elif isinstance(item, Mapping):
        gather(dict(item), into, name, depth)


def rebuilt(item: Any, texts: Iterator[str]) -> Any:
    """The value with the next of `texts` wherever `gather` met one."""
    kind = type(item)
    if kind is str:
        return item if item in WORDS else next(texts)
    if kind is dict:
        return {(key if key in WORDS else next(texts)): rebuilt(value, texts) for key, value in item.items()}
    if kind is list or kind is tuple:
        return [rebuilt(value, texts) for value in item]
    if kind is int and item in LONG_NUMBERS:
        text = next(texts)
        return item if text == str(item) else text
    return rebuilt(dict(item), texts) if isinstance(item, Mapping) else item


def shallow(item: Any, depth: int = 0) -> Any:
    """The value down to MAX_DEPTH; what lies deeper is replaced by a word."""
    if isinstance(item, Mapping | list | tuple) and depth >= MAX_DEPTH:
        return TOO_DEEP
    if isinstance(item, Mapping):
        return {key: shallow(value, depth + 1) for key, value in item.items()}
    return [shallow(value, depth + 1) for value in item] if isinstance(item, list | tuple) else item
