"""Results of Anthropic's Message Batches; each needs its request, from the file that the batch was made of."""

from __future__ import annotations

from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean
from evaluator.intake.formats.told import Item, LeftOut, Lookup, compact, obj, request_line, whole

NEVER_RAN = ("canceled", "expired")


def recognises(row: Item) -> bool:
    """Whether a row is a result of a batch."""
    return "custom_id" in row and isinstance(row.get("result"), dict)


def is_request(row: Item) -> bool:
    """Whether a row is a request of a batch."""
    return "custom_id" in row and isinstance(row.get("params"), dict)


def item(payload: Any, request_of: Lookup | None = None) -> Item:
    """The public item of one result with its request; LeftOut for one that never ran."""
    row = whole(payload, "a batch result")
    result = obj(row.get("result"))
    kind = result.get("type")
    if kind in NEVER_RAN:
        raise LeftOut(str(kind), reason="no_call")
    if kind not in ("succeeded", "errored"):
        raise InputError(f"result.type: must be succeeded, errored, canceled or expired, got {clean.shown(kind)}")
    message = result.get("message") if kind == "succeeded" else None
    asked = request_line(row, request_of, "params").get("params", {})
    return compact(
        id=obj(message).get("id"),
        model=asked.get("model"),
        provider="anthropic",
        request=asked,
        response=message,
        error=(result.get("error") or "errored") if kind == "errored" else None,
        metadata={"custom_id": row.get("custom_id")},
    )
