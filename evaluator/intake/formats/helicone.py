"""Helicone's webhook: one logged request with its bodies. Addresses in it are never followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluator.intake.conventions import native, values
from evaluator.intake.formats.told import NAMING, Item, compact, first, lifted, obj, times, whole, without

OWN_NAMES = {
    "session": "session_id",
    "helicone-session-id": "session_id",
    "helicone-user-id": "user_id",
    "helicone-prompt-id": "prompt_name",
    "helicone-prompt-version": "prompt_version",
}
BODIES = {"request": ("messages", "system", "input"), "response": ("content", "choices", "output")}


def recognises(row: Item) -> bool:
    """Whether a row is one of Helicone's."""
    return "request_id" in row and ("request_body" in row or "request_response_url" in row)


def item(payload: Any, naming: Sequence[str] = NAMING) -> Item:
    """The public item of one event. A body that was cut is used up to the cut, and marked."""
    row = whole(payload, "a Helicone event")
    request, response = values.told(row.get("request_body")), values.told(row.get("response_body"))
    answered, error = _answer(response.value)
    asked = _asked(request.value)
    told = obj(row.get("metadata"))
    cut = "cut_json" if request.cut or response.cut else None
    return compact(
        lifted(_named(obj(row.get("properties"))), None, naming),
        times(first(row, "request_created_at", "timestamp"), row.get("response_created_at")),
        latency_ms=values.count(told.get("latencyMs")),
        id=values.name(row.get("request_id")),
        user_id=values.name(row.get("user_id")),
        model=values.first(row, ("model", "request_model")),
        provider=(values.name(row.get("provider")) or "").lower(),
        request=asked,
        response=answered,
        usage=None if error or obj(answered).get("usage") else _usage(told),
        error=error,
        incomplete=cut or without(asked, answered, error),
    )


def _named(properties: Item) -> Item:
    """Properties with Helicone's own names for session and prompt told in ours; case does not matter there."""
    return {OWN_NAMES.get(key.lower(), key): value for key, value in properties.items()}


def _asked(body: Any) -> Any:
    if not isinstance(body, dict):
        return body if isinstance(body, str | list) else None
    if any(name in body for name in BODIES["request"]):
        return body
    return compact({"messages": []}, native.request(body)) if first(body, "contents", "prompt") else None


def _answer(body: Any) -> tuple[Any, Any]:
    """The answer's body, or the error in its place."""
    if isinstance(body, dict) and isinstance(body.get("error"), dict | str) and body["error"]:
        return None, body["error"]
    if isinstance(body, dict):
        return (body if any(name in body for name in BODIES["response"]) else None), None
    return (body if isinstance(body, str | list) and body else None), None


def _usage(told: Item) -> Item | None:
    counts = {"prompt_tokens": told.get("promptTokens"), "completion_tokens": told.get("completionTokens")}
    return {name: count for name, given in counts.items() if (count := values.count(given)) is not None} or None
