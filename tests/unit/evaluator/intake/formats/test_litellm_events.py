"""LiteLLM events, from its webhook or its spend logs: which become samples, and what they tell."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.formats import litellm
from evaluator.intake.formats.told import LeftOut
from store.records import Sample, TextState
from tests.builders import NOON

ANSWER = {"role": "assistant", "content": "Yes."}
EVENT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "litellm_call_id": "call-1",
    "trace_id": "trace-1",
    "session_id": "",
    "call_type": "acompletion",
    "status": "success",
    "custom_llm_provider": "anthropic",
    "model": "claude-haiku-4-5",
    "model_group": "fast",
    "startTime": 1795175751.0,
    "endTime": 1795175751.5,
    "prompt_tokens": 2100,
    "completion_tokens": 23,
    "end_user": None,
    "request_tags": ["support", "canary"],
    "metadata": {
        "requester_metadata": {"session_id": "s1", "feature": "chat", "tenant": "acme", "prompt_version": 17},
        "user_api_key_team_alias": "travel",
        "user_api_key_user_email": "a@example.com",
    },
    "model_parameters": {"max_tokens": 512, "user": "u1", "stream": False},
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "A guitar?"}],
    "response": {
        "id": "chatcmpl-1",
        "choices": [{"finish_reason": "length", "message": ANSWER}],
        "usage": {"prompt_tokens_details": {"cached_tokens": 2048}, "cache_creation_input_tokens": 31},
    },
    "error_str": None,
}
REDACTED = "redacted-by-litellm"


def sample(**changes: Any) -> Sample:
    return public.read(litellm.item({**EVENT, **changes}), received_at=NOON, source="litellm")


def test_an_event_is_a_sample() -> None:
    """Who, which model, when and how long, with LiteLLM's sums split into fresh, read and written tokens."""
    made = sample()
    assert (made.sample_id, made.trace_id, made.session_id, made.user_id) == ("chatcmpl-1", "trace-1", "s1", "u1")
    assert (made.feature, made.prompt_version, made.provider) == ("chat", "17", "anthropic")
    assert (made.stop_reason, made.stop_reason_raw, made.latency_ms) == ("max_tokens", "length", 500.0)
    assert (made.input_tokens, made.cache_read_tokens, made.cache_write_tokens) == (21, 2048, 31)
    assert made.ts.timestamp() == 1795175751.5


def test_metadata_is_the_caller_s_and_not_the_proxy_s() -> None:
    """What the caller told, tags, team and the model's alias; nothing about the person behind the key."""
    told = {"tags": "support,canary", "model_group": "fast", "team": "travel", "tenant": "acme"}
    assert sample().metadata == told


def test_the_trace_stands_in_for_a_session() -> None:
    """Clients of the SDK name their session by the trace id."""
    assert sample(metadata={}).session_id == "trace-1"


def test_a_failed_call_is_told_in_the_provider_s_words() -> None:
    """The error body that LiteLLM quotes is the error, and its zeros are no token counts."""
    quoted = (
        'litellm.RateLimitError: X - {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow"}} tail'
    )
    failed = {"status": "failure", "response": {}, "prompt_tokens": 0, "error_information": {"error_message": quoted}}
    made = sample(**failed)
    assert (made.error, made.input_tokens, made.incomplete) == ("rate_limit_error: Slow", None, None)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"error_str": "Connection {reset"}, "Connection {reset"),
        ({"error_information": {"error_class": "Timeout"}}, "Timeout"),
        ({}, "failed"),
    ],
)
def test_a_failure_without_a_body_is_still_an_error(told: dict[str, Any], error: str) -> None:
    """The message, else the class, else that it failed."""
    assert sample(status="failure", response={}, **told).error == error


@pytest.mark.parametrize("response", [{"text": REDACTED}, REDACTED, {}, None, ""])
def test_without_message_logging_there_is_no_text(response: Any) -> None:
    """A redacted event is stored with its counts, and never judged."""
    made = sample(messages=[{"role": "user", "content": REDACTED}], response=response)
    assert (made.text, made.incomplete, made.output_tokens) == (TextState.MISSING, "not_sent", 23)


def test_a_redacted_answer_keeps_why_it_ended() -> None:
    """The stop reason is no text."""
    redacted = {"choices": [{"finish_reason": "length", "message": {"role": "assistant", "content": REDACTED}}]}
    made = sample(messages=[{"role": "user", "content": REDACTED}], response=redacted)
    assert (made.text, made.stop_reason) == (TextState.MISSING, "max_tokens")


def test_a_text_that_was_cut_is_marked() -> None:
    """Spend logs shorten long texts; such a sample is incomplete."""
    assert sample(response="Yes… (litellm_truncated 900 chars)").incomplete == "truncated"


def test_rows_of_the_spend_logs_are_read() -> None:
    """Times as text, objects as JSON text, and the name of the id are those of the table."""
    row = {key: value for key, value in EVENT.items() if key not in ("id", "litellm_call_id", "model_parameters")}
    spent = {"request_id": "chatcmpl-2", "startTime": "2026-11-20 11:00:00.000", "endTime": "2026-11-20T11:00:01Z"}
    made = public.read(litellm.item({**row, **spent, "request_tags": '["a"]', "metadata": "{}"}), received_at=NOON)
    assert (made.sample_id, made.latency_ms, made.metadata["tags"]) == ("chatcmpl-2", 1000.0, "a")


def test_a_text_completion_is_a_call() -> None:
    """The old API's answers are texts in place of messages."""
    made = sample(call_type="atext_completion", response={"choices": [{"text": "Yes.", "finish_reason": "stop"}]})
    assert made.response["content"] == [{"type": "text", "text": "Yes."}]


def test_a_call_of_the_responses_api_is_read() -> None:
    """Its input and its output are items."""
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes."}]}]
    made = sample(call_type="aresponses", messages="A guitar?", response={"object": "response", "output": output})
    assert made.request["messages"] == [{"role": "user", "content": "A guitar?"}]
    assert made.response["content"] == [{"type": "text", "text": "Yes."}]


@pytest.mark.parametrize("kind", ["aembedding", "image_generation", "amoderation", "arerank", "speech"])
def test_other_calls_are_left_out(kind: str) -> None:
    """What answers no text is no sample, and says what it is."""
    with pytest.raises(LeftOut, match=kind):
        litellm.item({**EVENT, "call_type": kind})


@pytest.mark.parametrize("payload", [5, None, "x", [EVENT]])
def test_what_is_no_event_is_refused_in_words(payload: Any) -> None:
    """Only objects are events."""
    with pytest.raises(InputError, match="a LiteLLM event must be a JSON object"):
        litellm.item(payload)
