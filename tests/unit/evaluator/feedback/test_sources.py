"""Feedback as OpenTelemetry and Langfuse clients send it."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.feedback import from_log, from_score, from_span, is_evaluation
from evaluator.feedback.meaning import Meaning
from evaluator.intake.otlp.records import Event, Log, Resource, Span
from tests.builders import NOON

NAMED = {"trace_id": "a" * 32, "span_id": "b" * 16}


def log(**attributes: Any) -> Log:
    told = {f"gen_ai.evaluation.{key.replace('__', '.')}": value for key, value in attributes.items()}
    name = "gen_ai.evaluation.result"
    return Log(resource=Resource(), log_id="l1", event_name=name, at=NOON, attributes=told, **NAMED)


def test_an_evaluation_is_feedback_on_its_span() -> None:
    """Name, score, label and explanation of the record; its hash makes it the same whenever it is sent again."""
    given = from_log(log(name="Relevance", score__value=0.8, score__label="relevant", explanation="It fits."))
    assert given is not None
    assert (given.name, given.meaning) == ("relevance", Meaning(True, 0.8, "relevant"))
    assert (given.id, given.source, given.comment, given.given_at) == ("l1", "heuristic", "It fits.", NOON)
    assert (given.trace_id, given.span_id) == (NAMED["trace_id"], NAMED["span_id"])


def test_only_evaluations_are_feedback() -> None:
    """Other log records are not."""
    assert is_evaluation(log())
    assert not is_evaluation(Log(resource=Resource(), log_id="l", event_name="gen_ai.choice"))


@pytest.mark.parametrize(
    ("attributes", "meaning"),
    [
        ({"score__value": 4.0}, Meaning(None, None, "4.0")),
        ({"score__value": 4.0, "score__label": "pass"}, Meaning(True, 1.0, "pass")),
        ({"score__value": 0.9, "score__label": "fail"}, Meaning(False, 0.9, "fail")),
        ({"score__label": "x" * 300}, Meaning(None, None, "x" * 100)),
        ({"score__value": True}, Meaning(True, 1.0, None)),
    ],
)
def test_scores_of_unknown_scale_are_no_votes(attributes: dict[str, Any], meaning: Meaning) -> None:
    """The label says what a score means; without one, only a score in [0, 1] can be read."""
    given = from_log(log(**attributes))
    assert given is not None
    assert given.meaning == meaning


@pytest.mark.parametrize("attributes", [{}, {"score__value": []}, {"score__value": 1.0, "explanation": {"a": 1}}])
def test_evaluations_may_be_of_any_shape(attributes: dict[str, Any]) -> None:
    """What says nothing is left out, what is no text is no text, and nothing raises."""
    given = from_log(log(**attributes))
    assert (given is None) == ("explanation" not in attributes)


def test_an_evaluation_that_failed_says_nothing() -> None:
    """error.type is about the evaluator, not about the answer."""
    failed = {"gen_ai.evaluation.score.value": 0.0, "error.type": "timeout"}
    assert from_log(Log(resource=Resource(), log_id="l", attributes=failed, **NAMED)) is None


def test_span_events_are_read_as_well() -> None:
    """Older SDKs write the result on the span that was evaluated."""
    attributes = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.label": "bad"}
    time = int(NOON.timestamp()) * 10**9
    told = Event(name="gen_ai.evaluation.result", time_unix_nano=time, attributes=attributes)
    late = Event(name="gen_ai.evaluation.result", time_unix_nano=2**64 - 1, attributes=attributes)
    span = Span(resource=Resource(), events=(Event(name="exception"), told, late), **NAMED)
    assert [(one.id, one.meaning.passed, one.given_at) for one in from_span(span)] == [
        (f"{NAMED['span_id']}:1", False, NOON),
        (f"{NAMED['span_id']}:2", False, None),
    ]


@pytest.mark.parametrize(
    ("score", "meaning"),
    [
        ({"value": 1.0, "dataType": "NUMERIC"}, Meaning(True, 1.0, None)),
        ({"value": 0, "dataType": "BOOLEAN"}, Meaning(False, 0.0, None)),
        ({"value": "no", "dataType": "CATEGORICAL"}, Meaning(False, 0.0, "no")),
        ({"value": "billing"}, Meaning(None, None, "billing")),
        ({"value": 7}, Meaning(None, None, "7")),
        ({"value": 0, "stringValue": "good"}, Meaning(True, 0.0, "good")),
    ],
)
def test_a_langfuse_score_is_feedback(score: dict[str, Any], meaning: Meaning) -> None:
    """Numbers, booleans and categories; the trace and the observation name the call."""
    given = from_score({"id": "s", "traceId": "t", "observationId": "o", "name": "User Feedback", **score}, NOON)
    assert (given.id, given.trace_id, given.span_id, given.name) == ("s", "t", "o", "user_feedback")
    assert (given.meaning, given.given_at, given.source) == (meaning, NOON, "end_user")


@pytest.mark.parametrize(("told", "source"), [({"queueId": "q"}, "annotator"), ({"source": "EVAL"}, "heuristic")])
def test_langfuse_says_who_gave_a_score(told: dict[str, Any], source: str) -> None:
    """Scores of annotation queues and of evaluators are told apart from those of the application."""
    assert from_score({"traceId": "t", "value": 1, **told}, None).source == source


@pytest.mark.parametrize(
    "score",
    [{"value": 1}, {"sessionId": "s", "value": 1}, {"traceId": "t"}, {"traceId": "t", "dataType": "CORRECTION"}],
)
def test_scores_of_no_call_are_refused(score: dict[str, Any]) -> None:
    """A session, a dataset run or a correction is nothing a sample could have as a verdict."""
    with pytest.raises(InputError):
        from_score({"name": "q", **score}, None)
