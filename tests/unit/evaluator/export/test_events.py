"""A verdict as an event of the OpenTelemetry GenAI conventions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from evaluator.export import events
from evaluator.feedback import from_log, is_evaluation
from evaluator.intake.decode import Limits
from evaluator.intake.otlp import wire
from evaluator.intake.otlp.reader import Reader
from store.export import Numbered
from store.records import Status
from tests.builders import NOON
from tests.otlp_backend import PROTOBUF, told

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def numbered(**fields: Any) -> Numbered:
    """A passing verdict of the judge `tone` on s1."""
    plain: dict[str, Any] = {
        "seq": 7,
        "sample_id": "s1",
        "ts": NOON,
        "judged_at": NOON + timedelta(seconds=2),
        "feature": "support-chat",
        "session_id": "c1",
        "judge": "tone",
        "judge_version": "v1",
        "kind": "llm",
        "status": Status.OK,
        "passed": True,
        "score": 0.75,
        "label": "4",
        "explanation": "Kind.",
        "reason": None,
        "model": "claude-haiku-5-5",
        "cost_usd": 0.0002,
        "trace_id": TRACE,
        "span_id": SPAN,
        "response_id": "msg_1",
    }
    return Numbered(**{**plain, **fields})


def request(*verdicts: Numbered, explanations: bool = False) -> bytes:
    return events.request(verdicts, version="1.2", explanations=explanations)


def record(*, explanations: bool = False, **fields: Any) -> LogRecord:
    message = ExportLogsServiceRequest.FromString(request(numbered(**fields), explanations=explanations))
    return message.resource_logs[0].scope_logs[0].log_records[0]


def test_the_convention_names() -> None:
    """Name, score, label, response and conversation stand under the names of the convention."""
    attributes = told(record())
    assert {key: value for key, value in attributes.items() if key.startswith("gen_ai.")} == {
        "gen_ai.evaluation.name": "tone",
        "gen_ai.evaluation.score.value": 0.75,
        "gen_ai.evaluation.score.label": "4",
        "gen_ai.response.id": "msg_1",
        "gen_ai.conversation.id": "c1",
    }


def test_our_names() -> None:
    """What the convention has no word for is ours, and numbers and truths keep their types."""
    attributes = told(record())
    assert {key: value for key, value in attributes.items() if key.startswith("leadline.")} == {
        "leadline.judge": "tone",
        "leadline.judge_version": "v1",
        "leadline.judge_kind": "llm",
        "leadline.judge_model": "claude-haiku-5-5",
        "leadline.feature": "support-chat",
        "leadline.sample_id": "s1",
        "leadline.passed": True,
        "leadline.cost_usd": 0.0002,
    }


def test_the_event_is_linked_to_the_call() -> None:
    """Event name, time of the judgement, and the client's trace and span."""
    event = record()
    assert event.event_name == "gen_ai.evaluation.result"
    assert event.time_unix_nano == int((NOON + timedelta(seconds=2)).timestamp()) * 10**9
    assert (event.trace_id.hex(), event.span_id.hex()) == (TRACE, SPAN)


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [(None, None), (None, SPAN), ("run-7", SPAN), ("0" * 32, SPAN), ("é" * 32, SPAN), ("ab" * 15, SPAN)],
)
def test_ids_that_are_none_of_opentelemetry_are_left_out(trace_id: str | None, span_id: str | None) -> None:
    """Other clients name their calls as they like; a span without a trace names nothing."""
    event = record(trace_id=trace_id, span_id=span_id)
    assert (event.trace_id, event.span_id) == (b"", b"")


def test_a_trace_alone_is_a_link_too() -> None:
    """A span id that is none leaves the trace."""
    event = record(span_id="?")
    assert (event.trace_id.hex(), event.span_id) == (TRACE, b"")


@pytest.mark.parametrize(("passed", "label"), [(True, "pass"), (False, "fail")])
def test_a_verdict_without_a_label_has_the_conventions(passed: bool, label: str) -> None:
    """Pass and fail are words of the convention."""
    assert told(record(label=None, passed=passed))["gen_ai.evaluation.score.label"] == label


def test_a_judges_error_has_a_type_and_no_score() -> None:
    """A judge that failed says why, and nothing of the answer."""
    attributes = told(record(status=Status.ERROR, reason="refused", passed=None, score=None, label=None))
    assert attributes["error.type"] == "refused"
    assert not {"gen_ai.evaluation.score.value", "gen_ai.evaluation.score.label", "leadline.passed"} & set(attributes)


def test_a_score_of_zero_is_a_score() -> None:
    """Zero and no are values; only what is not known is left out."""
    attributes = told(record(score=0.0, passed=False))
    assert (attributes["gen_ai.evaluation.score.value"], attributes["leadline.passed"]) == (0.0, False)


def test_explanations_stay_at_home() -> None:
    """Nothing of the explanation leaves unless it is asked for."""
    secret = "The customer's name is Ada."
    assert secret.encode() not in request(numbered(explanation=secret))
    assert told(record(explanations=True, explanation=secret))["gen_ai.evaluation.explanation"] == secret


def test_a_long_explanation_is_cut() -> None:
    """A judge that raves does not fill the request."""
    cut = told(record(explanations=True, explanation="é" * 10_000))["gen_ai.evaluation.explanation"]
    assert cut == "é" * events.MAX_EXPLANATION


def test_the_uid_is_the_verdicts_own() -> None:
    """Sent again it is the same, also under another number; another judge's is another."""
    first, again, other = (told(one)["log.record.uid"] for one in (record(), record(seq=9), record(judge="safety")))
    assert first == again != other


@pytest.mark.parametrize("stripped", ["", "scope", "attributes"])
def test_our_own_intake_takes_nothing_of_it_in(stripped: str) -> None:
    """Events that come back become no feedback, also when a collector dropped one of their two signs."""
    message = ExportLogsServiceRequest.FromString(request(numbered(), numbered(sample_id="s2")))
    scope = message.resource_logs[0].scope_logs[0]
    if stripped == "scope":
        scope.ClearField("scope")
        message.resource_logs[0].ClearField("resource")
    if stripped == "attributes":
        for event in scope.log_records:
            kept = [pair for pair in event.attributes if not pair.key.startswith("leadline.")]
            del event.attributes[:]
            event.attributes.extend(kept)
    found = Reader((), Limits()).logs(message.SerializeToString(), PROTOBUF)
    assert (found.parts, found.feedback, found.errors, found.ignored) == ([], [], [], 2)


def test_others_read_it_as_an_evaluation() -> None:
    """Without our marks the same event is what the convention says: a pass with its score, of the response."""
    message = ExportLogsServiceRequest.FromString(request(numbered(label="pass")))
    resource = message.resource_logs[0]
    resource.scope_logs[0].ClearField("scope")
    event = resource.scope_logs[0].log_records[0]
    kept = [pair for pair in event.attributes if not pair.key.startswith("leadline.")]
    del event.attributes[:]
    event.attributes.extend(kept)
    (log,), _ = wire.logs(message.SerializeToString(), PROTOBUF)
    item = from_log(log)
    assert is_evaluation(log)
    assert item is not None
    assert (item.name, item.meaning.passed, item.meaning.score) == ("tone", True, 0.75)
    assert (item.trace_id, item.span_id, item.response_id) == (TRACE, SPAN, "msg_1")
