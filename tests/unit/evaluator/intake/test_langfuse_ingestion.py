"""Events of Langfuse's older SDKs as parts and feedback."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluator.intake import finish, langfuse_ingestion
from evaluator.intake.assemble import assemble
from evaluator.intake.decode import BodyTooLargeError, Limits, UndecodableError
from evaluator.intake.formats.told import moment
from evaluator.intake.langfuse_ingestion import Taken
from evaluator.intake.parts import Kind, Part
from evaluator.settings import Settings
from store.records import Sample, TextState
from tests.builders import NOON

CAPTURE = Path(__file__).resolve().parents[5] / "shared" / "data" / "payloads" / "langfuse-v2-ingestion"
LIMITS = Limits()
NAMING = Settings().intake.feature_attributes
TIME = "2026-11-20T12:00:00.000Z"


def event(kind: str, event_id: str = "e1", /, **body: Any) -> dict[str, Any]:
    return {"id": event_id, "type": kind, "timestamp": TIME, "body": {"id": "o1", "traceId": "t1", **body}}


def read(*events: Any, limits: Limits = LIMITS) -> Taken:
    return langfuse_ingestion.read(json.dumps({"batch": events}).encode(), limits, NAMING)


def samples(parts: list[Part]) -> list[Sample]:
    later = NOON + timedelta(hours=1)
    return [finish.sample(call, arrived_at=later, received_at=later) for call in assemble(parts).calls]


def call(**body: Any) -> Sample:
    (sample,) = samples(read(event("generation-create", **body)).parts)
    return sample


def test_begin_and_end_are_one_call() -> None:
    """What the beginning and the update tell is put together, and what the trace tells is inherited."""
    trace = {
        "id": "t1",
        "name": "chat",
        "userId": "u",
        "sessionId": "s",
        "tags": ["a", "b"],
        "metadata": {"plan": "pro"},
    }
    begun = {
        "model": "m",
        "input": "Hi",
        "startTime": TIME,
        "promptName": "p",
        "promptVersion": 3,
        "environment": "live",
    }
    ended = {"output": "Yes.", "endTime": "2026-11-20T12:00:02Z", "usageDetails": {"input": 5, "output": 2}}
    taken = read(
        event("trace-create", "e1", **trace),
        event("generation-create", "e2", **begun),
        event("generation-update", "e3", **ended),
    )
    (sample,) = samples(taken.parts[::-1])
    assert taken.taken == ["e1", "e2", "e3"]
    assert (sample.sample_id, sample.feature, sample.session_id, sample.user_id) == ("t1:o1", "chat", "s", "u")
    assert (sample.prompt_version, sample.environment, sample.source) == ("3", "live", "langfuse")
    assert (sample.input_tokens, sample.output_tokens, sample.latency_ms) == (5, 2, 2000.0)
    assert {"plan": "pro", "tags": "a,b", "prompt_name": "p"}.items() <= sample.metadata.items()


def test_parts_are_named_by_their_events() -> None:
    """The group is the trace, the part the event: sent again, it is the same part; the order is the event's time."""
    (part,) = read(event("generation-create", "e7", parentObservationId="up")).parts
    assert (part.group_id, part.part_id, part.span_id, part.parent_id) == ("lf:t1", "e:e7", "o1", "up")
    assert (part.kind, part.order) == (Kind.CALL, int(NOON.timestamp()) * 10**9)


def test_an_update_does_not_move_its_observation() -> None:
    """Only the beginning says what lies above; an update without it keeps that."""
    parts = read(
        event("span-create", "e1", id="up", metadata={"step": "one"}),
        event("generation-create", "e2", parentObservationId="up", input="a"),
        event("generation-update", "e3", output="b"),
    ).parts
    assert [sample.metadata["step"] for sample in samples(parts)] == ["one"]


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"usage": {"input": 5, "output": 2, "unit": "TOKENS"}}, (5, 2, None)),
        ({"usage": {"promptTokens": 5, "completionTokens": 2, "totalTokens": 7}}, (5, 2, None)),
        ({"usageDetails": {"input": 5, "output": 2, "cache_read_input_tokens": 9}}, (5, 2, 9)),
        ({"usage": {"input": 50, "output": 20, "unit": "CHARACTERS"}}, (None, None, None)),
        ({"usage": {"input": None}}, (None, None, None)),
    ],
)
def test_tokens_of_the_application(usage: dict[str, Any], tokens: tuple[int | None, ...]) -> None:
    """By Langfuse's names and by OpenAI's; the cache is not part of the input; characters are no tokens."""
    sample = call(input="a", output="b", **usage)
    assert (sample.input_tokens, sample.output_tokens, sample.cache_read_tokens) == tokens


def test_an_error_is_told() -> None:
    """Level ERROR with its message is a call that failed."""
    assert call(input="a", level="ERROR", statusMessage="429: slow down").error == "429: slow down"
    assert call(input="a", output="b", level="DEFAULT", statusMessage="fine").error is None


@pytest.mark.parametrize("kind", ["trace-create", "span-create", "span-update", "event-create", "agent-create"])
def test_what_is_no_generation_is_context(kind: str) -> None:
    """Traces, spans and events only hand down what they tell."""
    assert [part.kind for part in read(event(kind)).parts] == [Kind.CONTEXT]


def test_observations_of_the_general_kind_say_what_they_are() -> None:
    """observation-create has its type in the body."""
    parts = read(
        event("observation-create", "a", type="GENERATION"), event("observation-update", "b", type="SPAN")
    ).parts
    assert [part.kind for part in parts] == [Kind.CALL, Kind.CONTEXT]


def test_scores_are_feedback_and_logs_are_nothing() -> None:
    """A score is about its trace and observation; what the SDK logs of itself is taken and left out."""
    score = {"id": "s1", "observationId": "o1", "name": "user-feedback", "value": 0}
    taken = read(event("score-create", "e1", **score), event("sdk-log", "e2"), event("dataset-run-item-create", "e3"))
    (given,) = taken.feedback
    assert (given.trace_id, given.span_id, given.meaning.passed, given.given_at) == ("t1", "o1", False, NOON)
    assert (taken.taken, taken.parts) == (["e1", "e2", "e3"], [])


@pytest.mark.parametrize(
    "bad",
    [
        7,
        {},
        {"id": "x", "type": "trace-create", "body": []},
        {"type": "trace-create", "body": {}},
        {"id": "x", "type": "nothing", "body": {}},
        {"id": "x", "type": 5, "body": {}},
        {"id": "x", "type": "score-create", "body": {"traceId": "t"}},
    ],
)
def test_a_bad_event_costs_only_itself(bad: object) -> None:
    """The others are taken; the error says what is wrong."""
    taken = read(bad, event("generation-create", "good", input="a"))
    assert (taken.taken, len(taken.refused), bool(taken.refused[0][1])) == (["good"], 1, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"batch": {}}', b"{", b'{"batch": null}'])
def test_a_body_without_events_is_refused(body: bytes) -> None:
    """The answer says what the body must be."""
    with pytest.raises(UndecodableError):
        langfuse_ingestion.read(body, LIMITS, NAMING)


def test_limits_hold_for_events_and_brackets() -> None:
    """One event that is too large is a bad event; millions of brackets are too large a body."""
    limits = Limits(item_bytes=2000)
    taken = read(event("generation-create", "a", input="x" * 3000), event("generation-create", "b"), limits=limits)
    assert (taken.taken, len(taken.refused)) == (["b"], 1)
    with pytest.raises(BodyTooLargeError):
        langfuse_ingestion.read(b"[" * 2_000_001, LIMITS, NAMING)


def test_hostile_values_are_no_crash() -> None:
    """Fields of any type, times that are none, ids of any length."""
    odd: dict[str, Any] = {
        "startTime": "soon",
        "endTime": 7,
        "metadata": [1],
        "usage": "x",
        "model": {},
        "input": [[[]]],
    }
    long = {"id": "x" * 999, "traceId": ["t"], "timestamp": "9999-12-31T23:59:59-23:59"}
    taken = read(event("generation-create", **odd), event("trace-create", "e2", **long, tags={}, name=5, metadata="m"))
    assert (len(taken.parts), taken.refused) == (2, [])
    assert len(taken.parts[1].group_id) == len("lf:") + 256


@pytest.mark.parametrize(
    ("told", "time"),
    [(TIME, NOON), ("2026-11-20T12:00:00", NOON), ("2026-11-20T13:00:00+01:00", NOON), ("x", None), ({}, None)],
)
def test_times_of_the_sdks(told: object, time: datetime | None) -> None:
    """With Z, with an offset, or without a zone, which is UTC."""
    assert moment(told) == time


@pytest.mark.skipif(not CAPTURE.exists(), reason="real data in ../shared/data is absent")
@pytest.mark.parametrize("shift", range(4))
def test_the_capture_is_its_calls(shift: int) -> None:
    """Every call that the real SDK told of, in whatever order the events come, is one sample with all it carries."""
    taken = [langfuse_ingestion.read((CAPTURE / f"{n}.bin").read_bytes(), LIMITS, NAMING) for n in ("001", "002")]
    parts = [part for one in taken for part in one.parts]
    found = sorted(samples(parts[shift * 7 :] + parts[: shift * 7]), key=lambda sample: sample.ts)
    expected = json.loads((CAPTURE / "expected.json").read_text())["samples"]
    assert [given.comment for one in taken for given in one.feedback] == ["thumbs up"]
    assert [shown(sample) for sample in found] == [told(truth) for truth in expected]
    for sample in found:
        assert (sample.prompt_version, sample.release, sample.text) == ("17", "web-2026.11.3", TextState.KEPT)
        assert (sample.metadata["tenant"], sample.metadata["tags"]) == ("acme-eu", "support,canary")


def shown(sample: Sample) -> list[Any]:
    said = [block["text"] for message in sample.request["messages"] for block in message["content"]]
    asked = [sample.request["system"], said, sample.request["max_tokens"]]
    answered = [sample.response.get("content"), sample.stop_reason, sample.input_tokens, sample.output_tokens]
    return [*asked, *answered, sample.session_id, sample.user_id, sample.error is not None]


def told(truth: dict[str, Any]) -> list[Any]:
    """The same of expected.json."""
    request, response, usage = truth["request"], truth["response"], truth["usage"] or {}
    asked = [request["system"], [said["content"] for said in request["messages"]], request["params"]["max_tokens"]]
    tokens = [usage.get("input_tokens"), usage.get("output_tokens")]
    answered = [response["content"], response["stop_reason"], *tokens]
    return [*asked, *answered, truth["session_id"], truth["user_id"], truth["error"] is not None]
