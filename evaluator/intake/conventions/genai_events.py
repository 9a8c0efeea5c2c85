"""The gen_ai events of old: one log record, or one span event, per message, and gen_ai.choice for the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from evaluator.intake.conventions import basics, chat, messages, pieces, values
from evaluator.intake.conventions.convention import LogConvention
from evaluator.intake.otlp.records import Log, Span
from evaluator.intake.parts import Facts, Kind, Part

SOURCE = "genai-events"
ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
CHOICE = "gen_ai.choice"
PROMPT, COMPLETION = "gen_ai.content.prompt", "gen_ai.content.completion"
"""Older still: one span event with all messages, one with the answer."""
Told = tuple[str, Any]
"""An event's name and body."""


def told(events: Iterable[Told], source: str = SOURCE) -> Facts:
    """What events in their order tell together: system, messages, and the first of several answers."""
    asked: list[Any] = []
    content: list[Any] = []
    stopped: str | None = None
    for name, body in events:
        if name == CHOICE:
            answer, reason = _choice(body)
            content, stopped = content + answer, stopped or reason
        elif name == COMPLETION:
            content = content + messages.response(body).content
        elif name == PROMPT:
            asked += body if isinstance(body, list) else [body]
        elif not _is_silent(body):
            asked.append({"role": ROLES[name]} | _named(body))
    return Facts(
        source=source,
        request=chat.conversation(asked),
        response={"content": content} if content else {},
        stop_reason=stopped,
    )


def _choice(body: Any) -> tuple[list[Any], str | None]:
    if not isinstance(body, Mapping) or values.count(body.get("index") or 0) != 0:
        return [], None
    message = values.told(body.get("message", body)).value
    said = chat.said(message) if isinstance(message, Mapping) else pieces.content(message)
    return [] if _is_silent(message) else said, values.name(body.get("finish_reason"))


def _is_silent(body: Any) -> bool:
    """Whether content was kept back: then tool calls have names, and no arguments."""
    if not isinstance(body, Mapping):
        return body is None
    calls = body.get("tool_calls")
    functions = (
        [one.get("function", one) for one in calls if isinstance(one, Mapping)] if isinstance(calls, list) else []
    )
    told = [one for one in functions if isinstance(one, Mapping) and "arguments" in one]
    return body.get("content") in (None, "", []) and not told


def _named(body: Any) -> dict[str, Any]:
    """A message's body; a tool's result has the call's name as `id`."""
    if not isinstance(body, Mapping):
        return {"content": body}
    content = values.told(body.get("content")).value if isinstance(body.get("content"), str) else body.get("content")
    structured = isinstance(content, list) and any(map(pieces.is_piece, content))
    renamed = {"tool_call_id": body["id"]} if "id" in body else {}
    return {**body, **renamed, **({"content": content} if structured else {})}


def completed(facts: Facts, span: Span) -> Facts:
    """A call's facts with the texts of its span's events, or of the list of events in an attribute (pydantic-ai)."""
    names = (*ROLES, CHOICE, PROMPT, COMPLETION)
    events: list[Told] = [(event.name, _body(event.attributes)) for event in span.events if event.name in names]
    listed = values.told(span.attributes.get("events")).value if not events else None
    objects = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    events += [(one["event.name"], one) for one in objects if one.get("event.name") in names]
    if not events:
        return facts
    found = told(events)
    return replace(
        facts,
        request={**facts.request, **found.request},
        response=found.response,
        stop_reason=facts.stop_reason or found.stop_reason,
    )


def _body(attributes: Mapping[str, Any]) -> Any:
    """A span event's body: its attributes, or the JSON text in one of them."""
    for key in ("gen_ai.event.content", "gen_ai.prompt", "gen_ai.completion"):
        if key in attributes:
            return values.told(attributes[key]).value
    return attributes


def _log(log: Log) -> Part | None:
    body = values.told(log.body).value
    if body is None and log.attributes.keys() & {"content", "message", "gen_ai.event.content"}:
        body = _body(log.attributes)
    facts = told([(log.event_name, body)])
    return basics.log_part(log, Kind.CONTENT, facts) if facts.request or facts.response or facts.stop_reason else None


LOGS = LogConvention(
    source=SOURCE, recognises=lambda log: log.event_name in ROLES or log.event_name == CHOICE, read=_log
)
