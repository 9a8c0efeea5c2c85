"""Content blocks in Anthropic's form, as every reader of a convention builds them; bytes of media are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Block = dict[str, Any]
LEFT_OUT = "(data left out)"
_DATA = ("data", "bytes", "blob", "b64_json")
"""Where pieces of no known form have their bytes."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{400}")


def text(value: str) -> Block:
    """A text."""
    return {"type": "text", "text": value}


def thinking(value: str) -> Block:
    """What the model thought before it answered."""
    return {"type": "thinking", "thinking": value}


def tool_use(call_id: str | None, name: str | None, arguments: Any) -> Block:
    """A tool call; `arguments` an object, or the text that was no JSON."""
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def tool_result(call_id: str | None, content: Any) -> Block:
    """What a tool answered: text or blocks."""
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


def media(kind: str = "image", media_type: str | None = None, url: str | None = None) -> Block:
    """An image or another file: where it is, when that was told, and never its bytes."""
    known = {"media_type": media_type, "url": None if url is None or url.startswith("data:") else url}
    return {"type": kind, "source": {"type": "omitted", **{key: value for key, value in known.items() if value}}}


def without_bytes(block: Any) -> Any:
    """A native block (or list of them) with base64 data left out, at any depth."""
    if isinstance(block, list):
        return [without_bytes(one) for one in block]
    if not isinstance(block, Mapping):
        is_data = isinstance(block, str) and block[:5] == "data:" and ";base64," in block[:100]
        return LEFT_OUT if is_data else block
    source = block.get("source")
    if isinstance(source, Mapping) and source.get("type") == "base64":
        return media(str(block.get("type") or "image"), source.get("media_type"))
    return {key: LEFT_OUT if _is_bytes(key, value) else without_bytes(value) for key, value in block.items()}


def _is_bytes(key: object, value: object) -> bool:
    return key in _DATA and isinstance(value, str) and _BASE64.match(value) is not None
