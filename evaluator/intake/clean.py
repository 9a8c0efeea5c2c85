"""Values from outside made safe to store: no NUL, no lone surrogate, no NaN, no endless nesting."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from evaluator.errors import InputError

MAX_DEPTH = 100
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def text(value: str) -> str:
    """The text with NUL and lone surrogates, which no database column and no UTF-8 file holds, replaced by U+FFFD."""
    if value.isascii() and "\x00" not in value:
        return value
    return _UNSTORABLE.sub(_REPLACEMENT, value)


def value(item: Any, depth: int = 0) -> Any:
    """A JSON value with clean texts; InputError for NaN, Infinity, nesting beyond MAX_DEPTH and what is not JSON."""
    kind = type(item)
    if kind is str:
        return text(item)
    if item is None or kind is int or kind is bool:
        return item
    if kind is float:
        if math.isfinite(item):
            return item
        raise InputError(
            "NaN and Infinity are not numbers; send null for a value that is not known", reason="not_finite"
        )
    if depth >= MAX_DEPTH:
        raise InputError(f"nested more than {MAX_DEPTH} levels deep; flatten it", reason="too_deep")
    if kind is dict:
        return {text(key) if type(key) is str else str(key): value(item[key], depth + 1) for key in item}
    if kind is list or kind is tuple:
        return [value(element, depth + 1) for element in item]
    raise InputError(f"a {kind.__name__} is no JSON value", reason="wrong_type")


def json_text(item: Any) -> str:
    """The JSON text of a clean value with sorted keys: equal values give equal texts."""
    return json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def shown(item: Any) -> str:
    """A value as an error message shows it: short, and containers only by name."""
    if isinstance(item, dict):
        return "an object"
    if isinstance(item, list | tuple):
        return "a list"
    if item is None or isinstance(item, bool):
        return {None: "null", True: "true", False: "false"}[item]
    try:
        whole = repr(item)
    except ValueError:
        return "a number with thousands of digits"
    return whole if len(whole) <= 60 else f"{whole[:60]}…"
