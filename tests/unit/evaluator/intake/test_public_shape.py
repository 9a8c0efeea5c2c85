"""The public sample shape: what is accepted, what it becomes, and the words of every refusal."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.errors import InputError
from evaluator.intake.public import content_id, read
from store.records import Sample
from tests.builders import NOON

FULL = {
    "id": "req_123",
    "timestamp": "2026-11-20T12:00:00+01:00",
    "feature": "support-chat",
    "environment": "staging",
    "session_id": "s1",
    "user_id": "u1",
    "model": "claude-sonnet-5-5",
    "prompt_version": "v7",
    "release": "2026.11.1",
    "request": {"system": "Be kind.", "messages": [{"role": "user", "content": "Hi"}], "tools": [], "max_tokens": 600},
    "response": {"content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"},
    "usage": {
        "input_tokens": 21,
        "output_tokens": 180,
        "cache_read_input_tokens": 2048,
        "cache_creation_input_tokens": 0,
    },
    "latency_ms": 812,
    "error": None,
    "reference": "Hello",
    "metadata": {"plan": "pro"},
    "provider": "anthropic",
    "trace_id": "t1",
    "span_id": "p1",
    "response_id": "msg_1",
    "incomplete": "truncated",
}


def sample(**fields: Any) -> Sample:
    return read({"response": "Hello", **fields}, received_at=NOON)


def refusal(item: object) -> str:
    with pytest.raises(InputError) as caught:
        read(item, received_at=NOON)
    return str(caught.value)


def test_every_field_arrives() -> None:
    """The full public shape becomes a sample with every field in its place."""
    assert read(FULL, received_at=NOON) == Sample(
        sample_id="req_123",
        ts=datetime(2026, 11, 20, 11, tzinfo=UTC),
        received_at=NOON,
        feature="support-chat",
        environment="staging",
        session_id="s1",
        user_id="u1",
        model="claude-sonnet-5-5",
        prompt_version="v7",
        release="2026.11.1",
        request={"system": "Be kind.", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 600},
        response={"content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"},
        stop_reason="end_turn",
        input_tokens=21,
        output_tokens=180,
        cache_read_tokens=2048,
        cache_write_tokens=0,
        latency_ms=812.0,
        reference="Hello",
        metadata={"plan": "pro"},
        provider="anthropic",
        stop_reason_raw="end_turn",
        trace_id="t1",
        span_id="p1",
        response_id="msg_1",
        incomplete="truncated",
    )


def test_a_response_alone_is_enough() -> None:
    """Everything but the response has a default: feature `default`, environment production, the time of arrival."""
    made = read({"response": "Hello"}, received_at=NOON)
    assert (made.feature, made.environment, made.ts, made.ts_given) == ("default", "production", NOON, False)
    assert made.response == {"content": [{"type": "text", "text": "Hello"}]}


def test_an_error_alone_is_enough() -> None:
    """A failed call has an error and no response."""
    made = read(
        {"error": {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}}, received_at=NOON
    )
    assert (made.error, made.response) == ("overloaded_error: Busy", {})


def test_an_empty_response_is_a_response() -> None:
    """A model that answered nothing is a sample for the judges, not bad input."""
    assert sample(response="").response == {"content": [{"type": "text", "text": ""}]}


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (5, "an item must be a JSON object, got 5"),
        (["x"], "an item must be a JSON object, got a list"),
        ({}, "response: missing; send what the model answered, or error when the call failed"),
        ({"response": 5}, "response: must be text, an Anthropic message or an OpenAI answer; got 5"),
        ({"response": {"output": "x"}}, "response: must be text, .* got an object with neither content nor choices"),
        (
            {"response": "x", "request": {"prompt": "x"}},
            "request: must be text, .* with messages; got an object without",
        ),
        ({"response": "x", "latency_ms": "fast"}, "latency_ms: must be a number ≥ 0, got 'fast'"),
        ({"response": "x", "latency_ms": -1}, "latency_ms: must be a number ≥ 0, got -1"),
        ({"response": "x", "latency_ms": True}, "latency_ms: must be a number ≥ 0, got true"),
        ({"response": "x", "latency_ms": float("nan")}, "latency_ms: NaN and Infinity are not numbers"),
        ({"response": "x", "metadata": {"a": [float("inf")]}}, "metadata: NaN and Infinity are not numbers"),
        ({"response": "x", "feature": 5}, "feature: must be 1 to 100 printable characters, got 5"),
        ({"response": "x", "feature": "a\nb"}, r"feature: must be 1 to 100 printable characters, got 'a\\nb'"),
        ({"response": "x", "id": "i" * 257}, "id: must be 1 to 256 printable characters, got 'iii"),
        (
            {"response": "x", "usage": {"input_tokens": "21"}},
            "usage.input_tokens: must be a whole number ≥ 0, got '21'",
        ),
        (
            {"response": "x", "usage": {"output_tokens": 1.5}},
            "usage.output_tokens: must be a whole number ≥ 0, got 1.5",
        ),
        ({"response": "x", "usage": [1]}, "usage: must be an object such as {'input_tokens': 21}, got a list"),
        ({"response": "x", "metadata": [1]}, "metadata: must be an object, got a list"),
        ({"response": "x", "error": 500}, "error: must be text or an API's error object, got 500"),
        ({"response": "x", "latency": 5}, "latency: unknown field; did you mean latency_ms\\? .* belong in metadata"),
        ({"response": "x", "zzz": 5}, "zzz: unknown field; Fields of your own belong in metadata"),
        (
            {"response": "x", "timestamp": "2026-11-20T12:00:00"},
            "timestamp: has no time zone; write 2026-11-20T12:00:00Z",
        ),
        ({"response": "x", "timestamp": "2026-11-20"}, "timestamp: has no time zone"),
        ({"response": "x", "timestamp": "soon"}, "timestamp: must be a time with its zone, .* got 'soon'"),
        ({"response": "x", "timestamp": "1999-12-31T23:59:59Z"}, "timestamp: 1999-12-31T23:59:59.* is before 2000"),
        ({"response": "x", "timestamp": "0001-01-01T00:00:00+01:00"}, "timestamp: 0001-.* is before 2000"),
        ({"response": "x", "timestamp": "9999-12-31T23:59:59-05:00"}, "timestamp: 9999-.* in the future"),
    ],
)
def test_a_refusal_names_the_field_and_what_it_must_be(item: object, told: str) -> None:
    """Whoever reads the error knows which field to change and how."""
    assert re.match(told, refusal(item))


def test_all_bad_fields_are_named_at_once() -> None:
    """Several mistakes need one round trip, not several."""
    told = refusal({"response": "x", "latency_ms": "fast", "feature": 5, "featrue": "x"})
    assert [part.split(":")[0] for part in told.split("; ") if ":" in part] == ["feature", "latency_ms", "featrue"]


def test_a_clock_that_is_slightly_fast_is_forgiven() -> None:
    """Five minutes in the future are accepted, one second more is not."""
    limit = NOON + timedelta(minutes=5)
    assert sample(timestamp=limit.isoformat()).ts == limit
    assert "more than 5 minutes in the future" in refusal(
        {"response": "x", "timestamp": (limit + timedelta(seconds=1)).isoformat()}
    )


@pytest.mark.parametrize(
    "given", [1795176000, 1795176000000, "1795176000", "2026-11-20T12:00:00Z", "2026-11-20 13:00+01:00"]
)
def test_timestamps_in_every_usual_form(given: object) -> None:
    """ISO 8601 with a zone and seconds or milliseconds since 1970 are the same moment."""
    assert sample(timestamp=given).ts == NOON


def test_metadata_values_become_texts() -> None:
    """Scalars become their JSON text, nested values JSON, a null no key at all."""
    made = sample(metadata={"plan": "pro", "beta": True, "n": 3, "x": 1.5, "tags": ["a", {"b": None}], "none": None})
    assert made.metadata == {"plan": "pro", "beta": "true", "n": "3", "x": "1.5", "tags": '["a",{"b":null}]'}


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({f"k{n}": 1 for n in range(65)}, "metadata: 65 keys; at most 64"),
        ({"k" * 101: 1}, "metadata: a key must be 1 to 100 printable characters"),
        ({"": 1}, "metadata: a key must be 1 to 100 printable characters"),
        ({"k": "v" * 4001}, "metadata.k: 4001 characters; at most 4000"),
    ],
)
def test_metadata_has_limits(metadata: dict[str, Any], told: str) -> None:
    """Metadata are dimensions for slices: their number and length are bounded."""
    assert told in refusal({"response": "x", "metadata": metadata})


def test_texts_that_no_database_holds_are_mended() -> None:
    """NUL and lone surrogates become the replacement character, in keys and values, at any depth."""
    made = sample(response="a\x00b\ud800", metadata={"k\x00": ["\udfff"]})
    assert made.response["content"][0]["text"] == "a\ufffdb\ufffd"
    assert made.metadata == {"k\ufffd": '["\ufffd"]'}


def test_deep_nesting_is_refused() -> None:
    """A value nested beyond 100 levels is refused with its field, not with a crash."""
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert refusal({"response": "x", "request": deep}) == "request: nested more than 100 levels deep; flatten it"


def test_numbers_are_good_ids() -> None:
    """Ids and versions that a client holds as numbers are taken as their digits."""
    made = sample(id=7, session_id=42, prompt_version=3)
    assert (made.sample_id, made.session_id, made.prompt_version) == ("7", "42", "3")


def test_empty_names_are_no_names() -> None:
    """Clients that send empty strings for what they do not know are understood."""
    made = sample(id="", session_id="", feature="", model="", error="")
    assert (made.session_id, made.feature, made.model, made.error) == (None, "default", None, None)


def test_a_reference_may_be_any_value() -> None:
    """A right answer that is a number or an object is kept as JSON text."""
    assert [sample(reference=value).reference for value in (42, {"b": 1, "a": 2}, "x")] == ["42", '{"a":2,"b":1}', "x"]


def test_without_an_id_equal_content_has_equal_ids() -> None:
    """The id of an item without one is its content's: order of keys, nulls and the time of arrival do not matter."""
    first = read({"response": "x", "feature": "f", "model": None}, received_at=NOON)
    second = read({"feature": "f", "response": "x"}, received_at=NOON + timedelta(hours=1))
    assert first.sample_id == second.sample_id == "h-09eaf15c16028c3513b3288b7daba72a"


@pytest.mark.parametrize(
    "change", [{"response": "y"}, {"timestamp": "2026-11-20T11:00:00Z"}, {"session_id": "s"}, {"metadata": {"a": 1}}]
)
def test_without_an_id_every_field_counts(change: dict[str, Any]) -> None:
    """Two items that differ in any field they were sent with are two samples."""
    assert sample().sample_id != sample(**change).sample_id


@given(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), min_size=1, max_size=4))
def test_content_ids_ignore_order(fields: dict[str, Any]) -> None:
    """The hash is over sorted keys."""
    assert content_id(fields) == content_id(dict(reversed(fields.items())))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(FULL)), json_values, max_size=6))
def test_any_values_give_a_sample_or_a_refusal_in_words(item: dict[str, Any]) -> None:
    """Whatever the fields hold, the answer is a storable sample or an InputError."""
    try:
        made = read(item, received_at=NOON)
    except InputError:
        return
    assert made.response or made.error or made.incomplete
