"""Bodies of the OpenAI Responses API: items become messages and blocks."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake.public import read
from store.records import Sample
from tests.builders import NOON

REQUEST: dict[str, Any] = {
    "model": "gpt-5-mini",
    "instructions": "Be kind.",
    "max_output_tokens": 600,
    "tools": [{"type": "function", "name": "get_order", "description": "One order", "parameters": {"type": "object"}}],
    "input": [
        {"role": "developer", "content": "Never promise refunds."},
        {"role": "user", "content": [{"type": "input_text", "text": "Where is A7?"}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Look it up."}]},
        {"type": "function_call", "call_id": "c1", "name": "get_order", "arguments": '{"id": "A7"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "lost"},
    ],
}
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-5-mini-2026",
    "error": None,
    "incomplete_details": None,
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is lost."}]},
    ],
    "usage": {"input_tokens": 120, "input_tokens_details": {"cached_tokens": 100}, "output_tokens": 5},
}


def sample(**body: Any) -> Sample:
    return read({"id": "s", "request": REQUEST, "response": {**RESPONSE, **body}}, received_at=NOON)


def test_a_request_is_told_in_anthropic_words() -> None:
    """Instructions are the system text; what the model did in several items is one message; tools are functions."""
    thought, call = {"type": "thinking", "thinking": "Look it up."}, {"type": "tool_use", "id": "c1"}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "lost"}
    assert sample().request == {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Where is A7?"}]},
            {"role": "assistant", "content": [thought, {**call, "name": "get_order", "input": {"id": "A7"}}]},
            {"role": "user", "content": [result]},
        ],
        "system": "Be kind.\nNever promise refunds.",
        "max_tokens": 600,
        "tools": [{"name": "get_order", "description": "One order", "input_schema": {"type": "object"}}],
    }


def test_an_answer_is_told_in_anthropic_words() -> None:
    """Text, model, id and tokens without the cache; encrypted thoughts are left out."""
    made = sample()
    assert made.response == {"content": [{"type": "text", "text": "It is lost."}], "stop_reason": "end_turn"}
    assert (made.model, made.response_id) == ("gpt-5-mini-2026", "resp_1")
    assert (made.input_tokens, made.cache_read_tokens, made.output_tokens) == (20, 100, 5)


@pytest.mark.parametrize(
    ("body", "stop"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "max_tokens"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "refusal"),
        ({"output": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]}, "tool_use"),
        ({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}, "refusal"),
        ({"status": "cancelled"}, "cancelled"),
    ],
)
def test_why_it_ended_is_found(body: dict[str, Any], stop: str) -> None:
    """This API spreads the stop reason over status, details and items."""
    assert sample(**body).stop_reason == stop


def test_a_failed_response_is_an_error() -> None:
    """The error of a response that failed is the sample's."""
    made = sample(status="failed", output=[], error={"code": "server_error", "message": "Try again"})
    assert made.error == "server_error: Try again"


def test_a_text_as_input_is_the_user_s() -> None:
    """The shortest request is one text."""
    made = read({"request": {"model": "m", "input": "Hi?"}, "response": "Hi"}, received_at=NOON)
    assert made.request["messages"] == [{"role": "user", "content": "Hi?"}]


def test_a_tool_of_the_provider_stays_what_it_is() -> None:
    """Items without a counterpart are kept as blocks, so that nothing that was said is lost."""
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    assert sample(output=[search]).response["content"] == [search]


@pytest.mark.parametrize("output", [[5], ["x"], [{"type": "message", "content": 5}]])
def test_a_broken_item_is_named(output: list[Any]) -> None:
    """What is no item is refused in words."""
    with pytest.raises(InputError, match=r"response\.output"):
        sample(output=output)
