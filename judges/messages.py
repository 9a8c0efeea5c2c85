"""The Messages API's words: a request as it is sent, and a completion out of what came back."""

from __future__ import annotations

import json
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from judges.cost import Usage
from judges.exchange import Completion, Request
from judges.models import traits
from judges.providers import ClientSettings

if TYPE_CHECKING:
    from anthropic.types import MessageParam, OutputConfigParam
    from anthropic.types.message_create_params import MessageCreateParamsNonStreaming

THINKING_TOKENS = 4_000
Effort = Literal["low", "medium", "high"]


def body(request: Request, *, model: str | None = None, structured: bool = True) -> MessageCreateParamsNonStreaming:
    """What is sent; `model` is the provider's own id of the request's model, without `structured` no schema goes."""
    takes = traits(request.model)
    sent: MessageCreateParamsNonStreaming = {
        "model": model or request.model,
        "max_tokens": request.max_tokens + (0 if takes.thinking_off else THINKING_TOKENS),
        "system": [{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
        "messages": _messages(request),
    }
    if structured:
        sent["output_config"] = _output_config(request.answer, request.effort if takes.effort else None)
    if takes.thinking_off:
        sent["thinking"] = {"type": "disabled"}
    return sent


def _messages(request: Request) -> list[MessageParam]:
    messages: list[MessageParam] = [{"role": "user", "content": request.user}]
    for answered, told in request.turns:
        # The API takes no empty turn.
        messages += [{"role": "assistant", "content": answered or "(nothing)"}, {"role": "user", "content": told}]
    return messages


def read(content: bytes) -> object:
    """What a body of JSON says, as an object with attributes; the SDK takes a fifth of a call to fill its own.

    None for anything else: no JSON, no UTF-8, nested too deep, or with a number of too many digits.
    """
    try:
        return json.loads(content, object_hook=lambda fields: SimpleNamespace(**fields))
    except (ValueError, RecursionError):
        return None


def is_message(found: object) -> bool:
    """Whether it is an answer of the Messages API: any server may send anything."""
    return isinstance(getattr(found, "content", None), list)


def completion(message: Any, *, model: str, settings: ClientSettings) -> Completion:
    """What a message says of the `model` that was asked for, by the provider with these settings."""
    blocks = (block for block in message.content if getattr(block, "type", None) == "text")
    texts = (getattr(block, "text", None) for block in blocks)
    told, stop_reason = getattr(message, "model", None), getattr(message, "stop_reason", None)
    return Completion(
        text="\n".join(text for text in texts if isinstance(text, str)),
        stop_reason=stop_reason if isinstance(stop_reason, str) else None,
        model=settings.means(told if isinstance(told, str) else "", model),
        usage=usage(getattr(message, "usage", None)),
        provider=settings.name,
        structured=settings.enforces,
    )


def usage(told: object) -> Usage:
    """The tokens a response tells of; what is missing counts as none."""
    written = _count(told, "cache_creation_input_tokens")
    one_hour = min(written, _count(getattr(told, "cache_creation", None), "ephemeral_1h_input_tokens"))
    return Usage(
        input_tokens=_count(told, "input_tokens"),
        output_tokens=_count(told, "output_tokens"),
        cache_read_tokens=_count(told, "cache_read_input_tokens"),
        cache_write_5m_tokens=written - one_hour,
        cache_write_1h_tokens=one_hour,
    )


def _count(told: object, name: str) -> int:
    value = getattr(told, name, None)
    return value if isinstance(value, int) and value > 0 else 0


@cache
def _output_config(answer: type[BaseModel], effort: Effort | None) -> OutputConfigParam:
    import anthropic

    config: OutputConfigParam = {"format": {"type": "json_schema", "schema": anthropic.transform_schema(answer)}}
    if effort is not None:
        config["effort"] = effort
    return config
