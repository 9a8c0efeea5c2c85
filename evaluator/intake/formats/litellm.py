"""LiteLLM's StandardLoggingPayload, as its webhook (generic_api) posts it, and rows of its spend logs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evaluator.errors import InputError
from evaluator.intake.answer import error_text
from evaluator.intake.conventions import values
from evaluator.intake.formats.told import (
    NAMING,
    Item,
    LeftOut,
    compact,
    first,
    lifted,
    obj,
    texts,
    times,
    whole,
    without,
)

CALLS = frozenset(
    {
        "completion",
        "text_completion",
        "anthropic_messages",
        "responses",
        "generate_content",
        "generate_content_stream",
        "pass_through_endpoint",
        "llm_passthrough_route",
    }
)
"""Call types of language models; their asynchronous twins begin with an a."""
MARKS = ("id", "messages", "response", "model")
"""Every event has some of them."""
REDACTED = "redacted-by-litellm"
TRUNCATED = "litellm_truncated"
ANSWERS = ("choices", "content", "output")
MAX_ERROR = 4000


def recognises(row: Item) -> bool:
    """Whether a row is one of LiteLLM's."""
    return "call_type" in row and "startTime" in row and "messages" in row


def item(payload: Any, naming: Sequence[str] = NAMING) -> Item:
    """The public item of one event; LeftOut for embeddings, images and other calls that answer no text."""
    row = whole(payload, "a LiteLLM event")
    if row.keys().isdisjoint(MARKS):
        raise InputError(f"no LiteLLM event: it has none of {', '.join(MARKS)}", reason="wrong_type")
    kind = values.text(row.get("call_type")) or "completion"
    if kind not in CALLS and kind.removeprefix("a") not in CALLS:
        raise LeftOut(f"{kind[:60]} calls", reason="no_call")
    metadata, parameters = obj(row.get("metadata")), obj(row.get("model_parameters"))
    request, response, error = _request(row, parameters), _response(row), _error(row)
    return compact(
        {"session_id": values.first(row, ("session_id", "trace_id"))},
        lifted(_metadata(row, metadata), row.get("request_tags"), naming),
        times(row.get("startTime"), row.get("endTime")),
        id=values.first(row, ("id", "litellm_call_id", "request_id")),
        user_id=_user(row, metadata, parameters),
        trace_id=values.name(row.get("trace_id")),
        model=values.first(row, ("model", "model_group")),
        provider=values.name(row.get("custom_llm_provider")),
        request=request,
        response=response,
        usage=None if error else _usage(row, metadata),
        error=error,
        incomplete=_incomplete(row, request, response, error),
    )


def _user(row: Item, metadata: Item, parameters: Item) -> str | None:
    told = (row.get("end_user"), parameters.get("user"), metadata.get("user_api_key_end_user_id"))
    return next((known for one in told if (known := values.name(one))), None)


def _metadata(row: Item, metadata: Item) -> Item:
    """What the caller told the proxy, and the names of team and key; nothing else of the proxy's own."""
    prompt = obj(metadata.get("prompt_management_metadata"))
    group = row.get("model_group")
    return {
        "model_group": group if group != row.get("model") else None,
        "team": metadata.get("user_api_key_team_alias"),
        "key_alias": metadata.get("user_api_key_alias"),
        "prompt_name": prompt.get("prompt_id"),
        **obj(metadata.get("spend_logs_metadata")),
        **obj(metadata.get("requester_metadata")),
    }


def _request(row: Item, parameters: Item) -> Item | None:
    """The request as a body; none when message logging is off."""
    messages = values.told(row.get("messages")).value
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, list) or REDACTED in texts(messages):
        messages = []
    told = {name: value for name, value in parameters.items() if name not in ("messages", "input")}
    name = "input" if "responses" in str(row.get("call_type")) else "messages"
    return {**told, name: messages} if messages else None


def _response(row: Item) -> Any:
    """The answer's body; a redacted one keeps only why it ended."""
    given = values.told(row.get("response")).value
    if isinstance(given, str):
        return None if given in ("", REDACTED) else given
    if not isinstance(given, dict) or not any(name in given for name in ANSWERS):
        return None
    if REDACTED in texts(given):
        choice = first(given, "choices")
        stop = choice[0].get("finish_reason") if isinstance(choice, list) and isinstance(choice[0], dict) else None
        return {"content": [], "stop_reason": stop or given.get("stop_reason"), "id": given.get("id")}
    return _with_message(given)


def _with_message(body: Item) -> Item:
    """A text completion as a chat completion: its choices have a text in place of a message."""
    choices = body.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict) and "text" in choices[0]):
        return body
    return {**body, "choices": [{**choices[0], "message": {"role": "assistant", "content": choices[0]["text"]}}]}


def _usage(row: Item, metadata: Item) -> Item | None:
    """Tokens as LiteLLM counts them, cache included; the parts of them stand in the response or in the metadata."""
    details = obj(obj(row.get("response")).get("usage")) or obj(metadata.get("usage_object"))
    split = {name: details.get(name) for name in ("cache_read_input_tokens", "cache_creation_input_tokens")}
    cached = values.count(obj(details.get("prompt_tokens_details")).get("cached_tokens"))
    split["cache_read_input_tokens"] = first(split, "cache_read_input_tokens") or cached
    whole_counts = {name: values.count(row.get(name)) for name in ("prompt_tokens", "completion_tokens")}
    counts = {**whole_counts, **{name: values.count(value) for name, value in split.items()}}
    known = {name: count for name, count in counts.items() if count is not None}
    return known if "prompt_tokens" in known or "completion_tokens" in known else None


def _error(row: Item) -> str | None:
    """What went wrong as `type: message`; the provider's own error body when LiteLLM quotes it."""
    told = obj(row.get("error_information"))
    message = values.text(told.get("error_message")) or values.text(row.get("error_str"))
    if row.get("status") != "failure" and not message:
        return None
    quoted = _quoted(message or "")
    return (quoted or message or values.text(told.get("error_class")) or "failed")[:MAX_ERROR]


def _quoted(message: str) -> str | None:
    start = message.find("{")
    if start < 0:
        return None
    try:
        body, _ = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError):
        return None
    return error_text(body) if isinstance(body, dict) and isinstance(body.get("error"), dict) else None


def _incomplete(row: Item, request: Any, response: Any, error: str | None) -> str | None:
    if error:
        return None
    if REDACTED in texts(values.told(row.get("response")).value):
        response = None
    if any(TRUNCATED in text for text in texts([request, response])):
        return "truncated"
    return without(request, response, error)
