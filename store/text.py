"""Text that the database can hold: JSON payloads, and strings without lone surrogates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def clean(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD; neither Arrow nor DuckDB takes one.

    >>> clean("a\\ud800b")
    'a�b'
    """
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def dump(value: Mapping[str, Any]) -> str:
    """A payload as JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse(text: str | None) -> dict[str, Any]:
    """The payload of JSON text; empty when there is none (any more)."""
    return dict(json.loads(text)) if text else {}
