"""Helicone's webhook events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evaluator.intake import public
from evaluator.intake.formats import helicone
from store.records import Sample, TextState
from tests.builders import NOON

REQUEST = {"model": "m-1", "max_tokens": 512, "messages": [{"role": "user", "content": "A guitar?"}]}
RESPONSE = {"type": "message", "content": [{"type": "text", "text": "Yes."}], "stop_reason": "end_turn"}
EVENT: dict[str, Any] = {
    "request_id": "r1",
    "request_body": REQUEST,
    "response_body": RESPONSE,
    "request_response_url": "https://example.invalid/signed",
    "model": "m-1",
    "provider": "ANTHROPIC",
    "user_id": "u1",
    "properties": {"Helicone-Session-Id": "s1", "feature": "chat", "tenant": "acme"},
    "metadata": {"promptTokens": 71, "completionTokens": 38, "latencyMs": 842},
}


def sample(**changes: Any) -> Sample:
    return public.read(helicone.item({**EVENT, **changes}), received_at=NOON, source="helicone")


def test_an_event_is_a_sample() -> None:
    """Ids, names, tokens and latency have their fields; properties of one's own are metadata."""
    made = sample()
    assert (made.sample_id, made.session_id, made.user_id, made.feature) == ("r1", "s1", "u1", "chat")
    assert (made.provider, made.input_tokens, made.latency_ms) == ("anthropic", 71, 842.0)
    assert made.metadata == {"tenant": "acme"}


def test_bodies_may_be_json_text() -> None:
    """A body that was sent as text is the same body."""
    assert sample(request_body=json.dumps(REQUEST), response_body=json.dumps(RESPONSE)) == sample()


def test_a_body_that_was_cut_is_used_and_marked() -> None:
    """Helicone shortens long bodies: what is there is kept, and the sample is incomplete."""
    made = sample(request_body=json.dumps(REQUEST)[:-7])
    assert made.request["messages"][0]["content"] == "A guit"
    assert made.incomplete == "cut_json"


@pytest.mark.parametrize("body", [None, "", {}])
def test_without_bodies_there_is_no_text(body: Any) -> None:
    """Bodies that stayed behind an address are not fetched: the sample has no text."""
    made = sample(request_body=body, response_body=body)
    assert (made.text, made.incomplete, made.output_tokens) == (TextState.MISSING, "not_sent", 38)


@pytest.mark.parametrize("body", [{"type": "error", "error": {"message": "Slow"}}, {"error": {"message": "Slow"}}])
def test_a_failed_call_is_an_error(body: Any) -> None:
    """An error in place of the answer is the error, whoever's dialect it is, and has no tokens."""
    made = sample(response_body=body)
    assert (made.error, made.input_tokens) == ("Slow", None)


def test_a_request_of_another_dialect_is_read() -> None:
    """Gemini's contents and a bare prompt are what the user asked."""
    contents = [{"role": "user", "parts": [{"text": "A guitar?"}]}]
    for body in ({"contents": contents}, {"prompt": "A guitar?"}):
        (message,) = sample(request_body=body).request["messages"]
        assert message == {"role": "user", "content": [{"type": "text", "text": "A guitar?"}]}
