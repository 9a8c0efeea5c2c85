"""Events of Langfuse's ingestion API → parts and feedback. An event is read as the span that newer SDKs would send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import to_json

from evaluator.errors import InputError
from evaluator.feedback import FeedbackItem, from_score
from evaluator.intake import clean, decode
from evaluator.intake.conventions import basics, registry, values
from evaluator.intake.decode import BodyTooLargeError, Item, Limits, UndecodableError
from evaluator.intake.formats.told import moment
from evaluator.intake.otlp.records import Resource, Span
from evaluator.intake.parts import Part
from evaluator.intake.public import MAX_ID

SOURCE = "langfuse"
OBSERVATION = "langfuse.observation."
TRACE = "langfuse.trace."
TYPE = OBSERVATION + "type"
Json = Mapping[str, Any]

SAID_OF_TRACE = {
    "name": TRACE + "name",
    "userId": "user.id",
    "sessionId": "session.id",
    "tags": TRACE + "tags",
    "release": "langfuse.release",
    "version": "langfuse.version",
    "environment": "langfuse.environment",
}
SAID_OF_OBSERVATION = {
    "input": OBSERVATION + "input",
    "output": OBSERVATION + "output",
    "model": OBSERVATION + "model.name",
    "modelParameters": OBSERVATION + "model.parameters",
    "level": OBSERVATION + "level",
    "statusMessage": OBSERVATION + "status_message",
    "promptName": OBSERVATION + "prompt.name",
    "promptVersion": OBSERVATION + "prompt.version",
    "version": "langfuse.version",
    "environment": "langfuse.environment",
}
"""Fields of a body, and what newer SDKs call the same."""
COUNTED = {"promptTokens": "prompt_tokens", "completionTokens": "completion_tokens", "totalTokens": "total_tokens"}
NO_RECORDS = ("sdk-log", "dataset-run-item-create")


@dataclass(slots=True)
class Taken:
    """What a batch had: parts, feedback, the ids of events that were taken, and what is wrong with the others."""

    parts: list[Part] = field(default_factory=list)
    feedback: list[FeedbackItem] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def read(body: bytes, limits: Limits, naming: Sequence[str]) -> Taken:
    """The events of a body {"batch": [...]}; UndecodableError when it is none. A bad event costs only itself."""
    taken = Taken()
    for item in _events(body, limits):
        event_id = _text(item.value.get("id")) if isinstance(item.value, dict) else None
        try:
            if item.error is not None:
                raise item.error
            _take(item.value, event_id, naming, taken)
        except InputError as error:
            taken.refused.append((event_id or "", str(error)))
        else:
            taken.taken.append(event_id or "")
    return taken


def _events(body: bytes, limits: Limits) -> list[Item]:
    decode.check_brackets(body)
    try:
        document = decode.parsed(body)
    except InputError as error:
        raise UndecodableError(f"the body cannot be read, {error}") from None
    batch = document.get("batch") if isinstance(document, dict) else None
    if not isinstance(batch, list):
        raise UndecodableError('the body must be an object with a list of events: {"batch": [...]}')
    if len(batch) > limits.items:
        raise BodyTooLargeError(f"more than {limits.items:,} events in one batch; send them in parts")
    if len(body) <= limits.item_bytes or not batch:
        return [Item(index, event) for index, event in enumerate(batch)]
    return decode.items(to_json(batch, inf_nan_mode="constants"), limits=limits)


def _take(event: object, event_id: str | None, naming: Sequence[str], taken: Taken) -> None:
    if not isinstance(event, dict) or not isinstance(body := event.get("body"), dict):
        raise InputError("an event must be an object with id, type, timestamp and a body that is an object")
    if event_id is None:
        raise InputError("id: missing; an event needs one, so that sending it again changes nothing")
    kind, at = str(event.get("type")), moment(event.get("timestamp"))
    if kind == "score-create":
        taken.feedback.append(from_score(body, moment(body.get("timestamp")) or at))
    elif kind not in NO_RECORDS:
        part = _part(kind, body, event_id, naming)
        taken.parts.append(replace(part, order=basics.nanoseconds(at)))


def _part(kind: str, body: Json, event_id: str, naming: Sequence[str]) -> Part:
    span = _trace(body, event_id) if kind == "trace-create" else _observation(kind, body, event_id)
    part = registry.read_span(span, naming)
    if part is None:  # cannot be: every span here has both ids
        raise InputError("id: an observation and its trace need one")
    return replace(
        part,
        group_id=f"lf:{span.trace_id}",
        part_id=f"e:{event_id}",
        facts=replace(part.facts, source=SOURCE),
        instance=None,
    )


def _trace(body: Json, event_id: str) -> Span:
    trace_id = _text(body.get("id")) or event_id
    return Span(
        trace_id=trace_id,
        span_id=trace_id,
        resource=Resource(),
        started_at=moment(body.get("timestamp")),
        attributes={TYPE: "trace", **dict(_attributes(body, SAID_OF_TRACE, TRACE))},
    )


def _observation(kind: str, body: Json, event_id: str) -> Span:
    """An update says only what is new, so what lies above it is known from its beginning."""
    named, _, verb = kind.rpartition("-")
    if verb not in ("create", "update") or not named.isalpha():
        raise InputError(f"type: {clean.shown(kind)} is not known")
    own_id = _text(body.get("id")) or event_id
    trace_id = _text(body.get("traceId")) or own_id
    known = str(body.get("type") or "span") if named == "observation" else named
    said: dict[str, Any] = {TYPE: known.lower(), OBSERVATION + "usage_details": _usage(body)}
    return Span(
        trace_id=trace_id,
        span_id=own_id,
        parent_id=_text(body.get("parentObservationId")) or (trace_id if verb == "create" else ""),
        resource=Resource(),
        started_at=moment(body.get("startTime")),
        ended_at=moment(body.get("endTime")),
        attributes={**said, **dict(_attributes(body, SAID_OF_OBSERVATION, OBSERVATION))},
    )


def _attributes(body: Json, names: Mapping[str, str], prefix: str) -> Iterator[tuple[str, Any]]:
    yield from ((name, body[key]) for key, name in names.items() if body.get(key) is not None)
    metadata = body.get("metadata")
    told: Iterable[tuple[str, Any]] = metadata.items() if isinstance(metadata, dict) else ()
    yield from ((f"{prefix}metadata.{key}", value) for key, value in told)


def _usage(body: Json) -> Json | None:
    """Tokens that the application gave, by the names that newer SDKs send."""
    told = body.get("usageDetails") or body.get("usage")
    if not isinstance(told, dict) or told.get("unit") not in (None, "TOKENS"):
        return None
    return {COUNTED.get(str(key), str(key)): value for key, value in told.items() if value is not None}


def _text(value: object) -> str | None:
    told = values.text(value)
    return clean.text(told)[:MAX_ID] if told else None
