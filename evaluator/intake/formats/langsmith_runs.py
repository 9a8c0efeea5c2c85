"""Runs that LangSmith exports, with messages as LangChain writes them or as plain chat messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluator.intake.conventions import native, values
from evaluator.intake.formats.told import NAMING, Item, LeftOut, compact, first, lifted, obj, times, whole, without

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "chat": "user", "function": "function"}
SAYS = frozenset({"content", "text", "tool_calls", "parts", "choices", "output"})
OWN = "ls_"
"""Metadata keys that begin like this are LangSmith's own."""


def recognises(row: Item) -> bool:
    """Whether a row is a run."""
    return "run_type" in row and "inputs" in row


def item(payload: Any, naming: Sequence[str] = NAMING) -> Item:
    """The public item of one run; LeftOut for chains, tools and retrievers.

    A run's `session_id` is its project: the conversation is told in metadata.
    """
    row = whole(payload, "a run")
    if (kind := row.get("run_type")) != "llm":
        raise LeftOut(f"{str(kind)[:60]} runs", reason="no_call")
    extra = obj(row.get("extra"))
    metadata = obj(extra.get("metadata")) or obj(row.get("metadata"))
    parameters = obj(extra.get("invocation_params"))
    outputs = obj(row.get("outputs"))
    request, response = _request(obj(row.get("inputs")), parameters), _response(outputs)
    error = values.text(row.get("error"))
    own = {key: value for key, value in metadata.items() if not key.startswith(OWN)}
    return compact(
        lifted(own, row.get("tags"), naming),
        times(row.get("start_time"), row.get("end_time")),
        id=values.name(row.get("id")),
        trace_id=values.name(row.get("trace_id")),
        span_id=values.name(row.get("id")),
        model=values.first({**metadata, **parameters}, ("ls_model_name", "model", "model_name")),
        provider=values.name(metadata.get("ls_provider")),
        request=request,
        response=response,
        usage=None if error else _usage(row, outputs),
        error=error,
        incomplete=without(request, response, error),
    )


def _request(inputs: Item, parameters: Item) -> Item | None:
    """The first conversation of the inputs: a run over several prompts has a run of its own for each."""
    given = first(inputs, "messages", "input", "prompts", "prompt")
    nested = isinstance(given, list) and given and isinstance(given[0], list)
    told = given[0] if nested else given
    messages = [plain(one) for one in told] if isinstance(told, list) else told
    read = native.request({**parameters, **inputs, "messages": messages})
    return compact({"messages": []}, read) if messages else None


def _response(outputs: Item) -> Any:
    """The first answer, as a body."""
    if not outputs or "choices" in outputs:
        return outputs or None
    made = _generation(outputs.get("generations"))
    message = made.get("message") or first(outputs, "output", "message", "messages") or made or outputs
    told = plain(message[-1] if isinstance(message, list) and message else message)
    if isinstance(told, dict) and not told.keys() & SAYS:
        return None
    about = obj(obj(told).get("response_metadata")) | obj(made.get("generation_info"))
    answer = native.answer(told)
    return {
        "content": answer.content,
        "stop_reason": values.first(about, ("stop_reason", "finish_reason")) or answer.stopped,
        "model": values.first(about, ("model", "model_name")) or answer.model,
        "id": values.first(about, ("id",)),
    }


def _generation(generations: Any) -> Item:
    while isinstance(generations, list) and generations:
        generations = generations[0]
    return obj(generations)


def plain(message: Any) -> Any:
    """A message of LangChain's (constructor, or type and data) as a plain one; all else as it is."""
    if not isinstance(message, dict):
        return message
    kwargs = obj(message.get("kwargs")) or obj(message.get("data"))
    told = kwargs or message
    path = message.get("id") if message.get("type") == "constructor" else None
    named = (
        str(path[-1] if isinstance(path, list) and path else "").removesuffix("Chunk").removesuffix("Message").lower()
    )
    role = ROLES.get(named) or told.get("role") or ROLES.get(str(told.get("type") or message.get("type")))
    calls = first(told, "tool_calls") or obj(told.get("additional_kwargs")).get("tool_calls")
    return {**told, "role": role or "assistant", "tool_calls": calls}


def _usage(row: Item, outputs: Item) -> Item | None:
    """What the message tells (LangChain counts the cache into the input), what the body tells, or the run's sums."""
    made = _generation(outputs.get("generations"))
    message = obj(made.get("message"))
    told = obj((obj(message.get("kwargs")) or message).get("usage_metadata"))
    details = obj(told.get("input_token_details"))
    if not told and isinstance(outputs.get("usage"), dict):
        return obj(outputs["usage"])
    counts = {
        "prompt_tokens": values.count(first(told, "input_tokens")),
        "completion_tokens": values.count(first(told, "output_tokens")),
        "cache_read_input_tokens": values.count(details.get("cache_read")),
        "cache_creation_input_tokens": values.count(details.get("cache_creation")),
    }
    sums = {name: values.count(row.get(name)) for name in ("prompt_tokens", "completion_tokens")}
    return compact(sums, counts) or None
