"""Output and error files of OpenAI's Batch API; each row needs its request, from the input file."""

from __future__ import annotations

from typing import Any

from evaluator.intake.conventions import values
from evaluator.intake.formats.told import Item, LeftOut, Lookup, compact, first, obj, request_line, times, whole

NEVER_RAN = ("batch_expired", "batch_cancelled", "batch_canceled")


def recognises(row: Item) -> bool:
    """Whether a row is a result of a batch."""
    answered = row.get("response")
    wrapped = isinstance(answered, dict) and "body" in answered
    return "custom_id" in row and "error" in row and (answered is None or wrapped)


def is_request(row: Item) -> bool:
    """Whether a row is a request of a batch."""
    return "custom_id" in row and isinstance(row.get("body"), dict)


def item(payload: Any, request_of: Lookup | None = None) -> Item:
    """The public item of one row with its request; LeftOut for one that never ran, and for embeddings."""
    row = whole(payload, "a batch result")
    answered, failed = obj(row.get("response")), obj(row.get("error"))
    if failed.get("code") in NEVER_RAN:
        raise LeftOut(str(failed["code"]).removeprefix("batch_"), reason="no_call")
    body = obj(answered.get("body"))
    request = request_line(row, request_of, "body")
    asked = request.get("body", {})
    if body.get("object") == "list" or "embeddings" in str(request.get("url")):
        raise LeftOut("embeddings", reason="no_call")
    error = failed or body.get("error") or _refused(answered)
    return compact(
        times(None, first(body, "created", "created_at")),
        id=values.name(row.get("id")),
        user_id=values.name(asked.get("user")),
        model=values.first(asked, ("model",)),
        provider="openai",
        request=asked,
        response=None if error else body,
        error=error,
        metadata={"custom_id": row.get("custom_id"), **obj(asked.get("metadata"))},
    )


def _refused(answered: Item) -> str | None:
    status = answered.get("status_code")
    return f"HTTP {status}" if isinstance(status, int) and status >= 400 else None
