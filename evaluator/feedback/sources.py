"""Feedback as OpenTelemetry and Langfuse clients send it. Nobody there reads errors: what has no vote is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from evaluator.errors import InputError
from evaluator.feedback import meaning
from evaluator.feedback.item import MAX_COMMENT, FeedbackItem, name_of, require_target
from evaluator.feedback.meaning import Meaning
from evaluator.intake import clean
from evaluator.intake.otlp.records import Event, Log, Span
from evaluator.intake.own_calls import is_own_event

EVENT = "gen_ai.evaluation.result"
MAX_ID = 256
MAX_LABEL = 100
MAX_NANOSECONDS = 4_000_000_000 * 10**9
SOURCES = {"ANNOTATION": "annotator", "EVAL": "heuristic"}


def is_evaluation(log: Log) -> bool:
    """Whether a log record is an evaluation's result, and no part of a call."""
    return log.event_name == EVENT


def from_log(log: Log) -> FeedbackItem | None:
    """The feedback that a `gen_ai.evaluation.result` record is; None when it is our own, or says nothing."""
    if is_own_event(log):
        return None
    return _evaluation(log.attributes, log, log.log_id, log.at)


def from_span(span: Span) -> list[FeedbackItem]:
    """The evaluations among a span's events, as older SDKs send them."""
    told = [(number, event) for number, event in enumerate(span.events) if event.name == EVENT]
    found = [
        _evaluation(event.attributes, span, f"{span.span_id}:{number}", _time(event) or span.ended_at)
        for number, event in told
    ]
    return [one for one in found if one is not None]


def _time(event: Event) -> datetime | None:
    nanoseconds = event.time_unix_nano
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC) if 0 < nanoseconds < MAX_NANOSECONDS else None


def _evaluation(
    attributes: Mapping[str, Any], of: Log | Span, record: str, given_at: datetime | None
) -> FeedbackItem | None:
    if attributes.get("error.type"):  # the evaluation itself failed: that says nothing of the answer
        return None
    named = {"trace_id": of.trace_id, "span_id": of.span_id, "response_id": attributes.get("gen_ai.response.id")}
    value, label = (attributes.get(f"gen_ai.evaluation.score.{name}") for name in ("value", "label"))
    try:
        return FeedbackItem(
            name=name_of(str(attributes.get("gen_ai.evaluation.name") or "")),
            meaning=lenient(value, label),
            source="heuristic",
            id=record,
            comment=_cut(attributes.get("gen_ai.evaluation.explanation"), MAX_COMMENT),
            given_at=given_at,
            **_target(named),
        )
    except InputError:
        return None


def from_score(score: Mapping[str, Any], given_at: datetime | None) -> FeedbackItem:
    """The feedback that a Langfuse score is; InputError when it says nothing, or of nothing that is a call."""
    value: Any = score.get("value")
    if score.get("dataType") == "BOOLEAN" and value in (0, 1):
        value = bool(value)
    if score.get("dataType") == "CORRECTION":
        raise InputError("a correction is another answer, and says nothing of this one; it is left out")
    if not score.get("traceId"):
        raise InputError("traceId: missing; a score of a session or of a dataset run is about no call")
    source = score.get("source") or ("ANNOTATION" if score.get("queueId") else None)
    return FeedbackItem(
        name=name_of(str(score.get("name") or "")),
        meaning=lenient(value, score.get("stringValue")),
        source=SOURCES.get(str(source), "end_user"),
        id=_cut(score.get("id"), MAX_ID),
        comment=_cut(score.get("comment"), MAX_COMMENT),
        given_at=given_at,
        **_target({"trace_id": score.get("traceId"), "span_id": score.get("observationId")}),
    )


def lenient(value: object, label: object) -> Meaning:
    """The meaning of a value and a label; a number on a scale that we do not know is kept as a word.

    >>> lenient(4.0, "relevant"), lenient(4.0, None)
    (Meaning(passed=True, score=1.0, label='relevant'), Meaning(passed=None, score=None, label='4.0'))
    """
    word = _cut(label, MAX_LABEL)
    if isinstance(value, str):
        value = _cut(value, MAX_LABEL)
    try:
        return meaning.of(value, None, word)
    except InputError as error:
        if error.reason != "out_of_scale":
            raise
        return meaning.of(None, None, word or clean.shown(value))


def _target(told: Mapping[str, object]) -> dict[str, str | None]:
    named = {key: _cut(value, MAX_ID) for key, value in told.items()}
    require_target(named)
    return named


def _cut(value: object, length: int) -> str | None:
    """A text or a number as text of at most this length."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    return clean.text(str(value))[:length]
