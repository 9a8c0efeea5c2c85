"""OpenLLMetry with use_attributes=False: texts as log events without a trace, in a form of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.intake.conventions import basics, genai_events, openllmetry, pieces, values
from evaluator.intake.conventions.convention import LogConvention
from evaluator.intake.otlp.records import Log
from evaluator.intake.parts import Facts, Kind, Part

SOURCE = openllmetry.SOURCE
BLOCK_PER_CHOICE = "opentelemetry.instrumentation.anthropic"
"""Here every block of the one answer is a choice of its own; elsewhere further choices are alternatives."""


def recognises(log: Log) -> bool:
    """Whether one of these instrumentations wrote a message or an answer."""
    named = log.event_name == genai_events.CHOICE or log.event_name in genai_events.ROLES
    return named and openllmetry.is_own(log.resource.scope)


def read(log: Log) -> Part | None:
    """The text as a part of its process: assembly finds the call by the time."""
    body = values.told(log.body).value
    facts = _offered(body) or genai_events.told([(log.event_name, _plain(log, body))], SOURCE)
    return basics.log_part(log, Kind.CONTENT, facts) if facts.request or facts.response or facts.stop_reason else None


def _offered(body: Any) -> Facts | None:
    """The tools that were offered, which come as a user's message."""
    content = body.get("content") if isinstance(body, Mapping) else None
    if not isinstance(content, Mapping) or "tools" not in content:
        return None
    return Facts(source=SOURCE, request={"tools": pieces.tools(content["tools"])})


def _plain(log: Log, body: Any) -> Any:
    """An answer with its tool calls in the message, where other clients have them."""
    message = body.get("message") if isinstance(body, Mapping) else None
    if not isinstance(message, Mapping):
        return body
    index = 0 if log.resource.scope == BLOCK_PER_CHOICE else body.get("index")
    calls = body.get("tool_calls")
    return {**body, "index": index, "message": {**message, "tool_calls": calls} if calls else message}


LOGS = LogConvention(source=SOURCE, recognises=recognises, read=read)
