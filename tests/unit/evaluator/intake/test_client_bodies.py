"""Anthropic and OpenAI bodies as they are: the same call read from either is the same sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake.public import read
from store.records import Sample
from tests.builders import NOON

TOOL = {"name": "get_order", "description": "One order", "input_schema": {"type": "object"}}
ANTHROPIC: dict[str, Any] = {
    "request": {
        "model": "m-1",
        "max_tokens": 600,
        "system": [{"type": "text", "text": "Be kind."}],
        "tools": [TOOL],
        "messages": [
            {"role": "user", "content": "Where is A7?"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "get_order", "input": {"id": "A7"}}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "lost"}]}
                ],
            },
        ],
    },
    "response": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [
            {"type": "text", "text": "Looking again."},
            {"type": "tool_use", "id": "c2", "name": "get_order", "input": {"id": "A7"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 5, "cache_read_input_tokens": 100},
    },
}
OPENAI: dict[str, Any] = {
    "request": {
        "model": "m-1",
        "max_completion_tokens": 600,
        "tools": [
            {
                "type": "function",
                "function": {"name": "get_order", "description": "One order", "parameters": {"type": "object"}},
            }
        ],
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Where is A7?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "get_order", "arguments": '{"id": "A7"}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "lost"},
        ],
    },
    "response": {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "m-1",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "Looking again.",
                    "tool_calls": [
                        {"id": "c2", "type": "function", "function": {"name": "get_order", "arguments": '{"id": "A7"}'}}
                    ],
                },
            }
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 100}},
    },
}


def sample(**item: Any) -> Sample:
    return read({"id": "s", **item}, received_at=NOON)


def completion(finish_reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hi", **message}
    return {"choices": [{"message": message, "finish_reason": finish_reason}]}


def test_one_call_in_both_shapes_is_one_sample() -> None:
    """System, tools, tool calls and results, stop reason, model and tokens agree, down to the cache."""
    theirs = sample(**OPENAI)
    assert (theirs.response_id, theirs.stop_reason_raw) == ("chatcmpl-1", "tool_calls")
    assert sample(**ANTHROPIC) == replace(theirs, response_id="msg_1", stop_reason_raw="tool_use")


def test_a_call_is_told_in_anthropic_words() -> None:
    """The stored request and response have the shape that judges read."""
    made = sample(**OPENAI)
    assert made.response == {key: ANTHROPIC["response"][key] for key in ("content", "stop_reason")}
    assert (made.model, made.stop_reason) == ("m-1", "tool_use")
    assert (made.input_tokens, made.output_tokens, made.cache_read_tokens) == (20, 5, 100)


@pytest.mark.parametrize(
    ("finish", "stop"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("function_call", "tool_use"),
        ("content_filter", "refusal"),
        ("eos", "eos"),
        (None, None),
    ],
)
def test_finish_reasons_become_stop_reasons(finish: str | None, stop: str | None) -> None:
    """OpenAI's finish reasons are told in Anthropic's words; an unknown one stays as it is."""
    assert sample(response=completion(finish)).stop_reason == stop


def test_a_refusal_is_text_with_its_own_stop_reason() -> None:
    """A refusal that came in its own field is what the model said, and why it stopped."""
    made = sample(response=completion(content=None, refusal="I cannot help with that."))
    assert made.response == {
        "content": [{"type": "text", "text": "I cannot help with that."}],
        "stop_reason": "refusal",
    }


def test_arguments_that_are_no_json_stay_text() -> None:
    """A tool call that was cut off keeps its raw arguments, so that a schema judge fails it instead of guessing."""
    call = {"id": "c", "function": {"name": "f", "arguments": '{"id": "A'}}
    made = sample(response=completion(content="", tool_calls=[call]))
    assert made.response["content"] == [{"type": "tool_use", "id": "c", "name": "f", "input": '{"id": "A'}]


def test_images_become_blocks() -> None:
    """An image part of a chat message is an image block beside its text."""
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "https://e.x/a.png"}}]
    made = sample(request=[{"role": "user", "content": parts}], response="A cat.")
    image = {"type": "image", "source": {"type": "omitted", "url": "https://e.x/a.png"}}
    assert made.request["messages"] == [{"role": "user", "content": [parts[0], image]}]


def test_plain_texts_are_one_message_and_one_block() -> None:
    """A request and a response as plain texts are the shortest way to send a call."""
    made = sample(request="Where is my order?", response="On its way.")
    assert made.request == {"messages": [{"role": "user", "content": "Where is my order?"}]}
    assert made.response == {"content": [{"type": "text", "text": "On its way."}]}


def test_usage_beside_the_body_wins() -> None:
    """Token counts given by the client itself win over those inside the response."""
    made = sample(**{**ANTHROPIC, "usage": {"input_tokens": 1}})
    assert (made.input_tokens, made.output_tokens) == (1, None)


def test_an_error_body_is_an_error() -> None:
    """The body of a failed call, given as the response, is its error."""
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}
    assert sample(response=body).error == "rate_limit_error: Slow down"


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"response": {"content": 5}}, "response.content: must be text or a list of blocks, got 5"),
        ({"response": {"content": [5]}}, "response.content[0]: must be an object, got 5"),
        (
            {"response": {"content": [], "stop_reason": 5}},
            "response.stop_reason: must be 1 to 256 printable characters, got 5",
        ),
        ({"response": {"choices": {}}}, "response.choices: must be a list, got an object"),
        ({"response": {"choices": [{"text": "x"}]}}, "response.choices[0].message: must be an object, got null"),
        (
            {"response": completion(tool_calls=["x"])},
            "response.choices[0].message.tool_calls[0]: must be an object, got 'x'",
        ),
        ({"response": "x", "request": {"messages": 5}}, "request.messages: must be a list, got 5"),
        ({"response": "x", "request": {"messages": [5]}}, "request.messages[0]: must be an object, got 5"),
        (
            {"response": "x", "request": [{"content": "x"}]},
            "request.messages[0].role: must be text such as user or assistant, got null",
        ),
        ({"response": "x", "request": {"messages": [], "tools": [5]}}, "request.tools[0]: must be an object, got 5"),
        (
            {"response": {"content": "x", "usage": {"input_tokens": -1}}},
            "response.usage.input_tokens: must be a whole number ≥ 0, got -1",
        ),
    ],
)
def test_a_refusal_names_the_place_in_the_body(item: dict[str, Any], told: str) -> None:
    """Mistakes inside a body are named by their path."""
    with pytest.raises(InputError) as caught:
        sample(**item)
    assert str(caught.value) == told
