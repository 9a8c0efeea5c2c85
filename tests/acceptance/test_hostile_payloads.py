"""Whatever stands at whichever place of a payload, the answer is a sample or an InputError."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.formats import (
    anthropic_batch,
    chat_jsonl,
    helicone,
    langfuse_export,
    langsmith_runs,
    litellm,
    openai_batch,
)
from tests.builders import NOON

pytestmark = pytest.mark.slow
PARTS = [
    {"type": "text", "text": "Hi?"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": PARTS},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "lost"},
]
USAGE = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 3}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "m-1",
    "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Hi", "tool_calls": [CALL]}}],
    "usage": USAGE,
}
MESSAGE = {"id": "msg_01", "type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
ITEMS = [
    {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA"}]},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "So."}]},
    {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c1", "output": [{"type": "output_text", "text": "lost"}]},
]
RESPONSE = {"object": "response", "status": "incomplete", "incomplete_details": {"reason": "x"}, "output": ITEMS}
CONSTRUCTED = {
    "type": "constructor",
    "id": ["langchain", "AIMessage"],
    "kwargs": {"content": "Hi", "response_metadata": {"stop_reason": "x"}, "usage_metadata": {"input_tokens": 3}},
}

Item = Callable[[Any], Any]
PAYLOADS: dict[str, tuple[Item, Any]] = {
    "chat completions": (dict, {"request": {"messages": MESSAGES, "tools": TOOLS}, "response": COMPLETION}),
    "messages": (dict, {"request": {"messages": MESSAGES[1:2], "system": PARTS}, "response": MESSAGE, "usage": USAGE}),
    "responses": (dict, {"request": {"input": ITEMS, "instructions": "x", "tools": TOOLS}, "response": RESPONSE}),
    "litellm": (
        litellm.item,
        {
            "id": "l1",
            "call_type": "completion",
            "startTime": 1795172400,
            "endTime": 1795172401,
            "messages": MESSAGES,
            "model_parameters": {"tools": TOOLS, "user": "u"},
            "metadata": {"requester_metadata": {"session_id": "s"}, "prompt_management_metadata": {"prompt_id": "p"}},
            "response": COMPLETION,
            "request_tags": ["a"],
            "error_information": {"error_message": 'x {"error": {"message": "y"}}'},
        },
    ),
    "helicone": (
        helicone.item,
        {"request_id": "h", "request_body": {"messages": MESSAGES}, "response_body": MESSAGE, "properties": {"a": "b"}},
    ),
    "langfuse": (
        langfuse_export.item,
        {
            "id": "o",
            "type": "GENERATION",
            "input": {"messages": MESSAGES, "tools": TOOLS},
            "output": {"role": "assistant", "content": PARTS[:1]},
            "metadata": {"stop_reason": "x"},
            "usage_details": {"input": 3},
            "tags": ["a"],
            "latency": 0.5,
        },
    ),
    "langsmith": (
        langsmith_runs.item,
        {
            "id": "r",
            "run_type": "llm",
            "inputs": {"messages": [[CONSTRUCTED, *MESSAGES]]},
            "outputs": {"generations": [[{"message": CONSTRUCTED}]]},
            "extra": {"metadata": {"ls_provider": "x"}, "invocation_params": {"max_tokens": 5}},
        },
    ),
    "anthropic batch": (anthropic_batch.item, {"custom_id": "a", "result": {"type": "succeeded", "message": MESSAGE}}),
    "openai batch": (
        openai_batch.item,
        {"id": "b", "response": {"status_code": 200, "body": COMPLETION}, "error": None},
    ),
    "chat lines": (chat_jsonl.item, {"messages": [*MESSAGES, {"role": "assistant", "content": "Hi"}], "tools": TOOLS}),
}
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 10**30, float("nan"), "", "x\x00\ud800", "[", '{"a": [', "data:;base64,", "9" * 300),
    *([], {}, [5], [[]], [None], ["x"], [{}], {"a": 1}, {"type": []}, [{"type": {}}], {"role": {}, "content": {}}),
)


def changed(value: Any) -> Iterator[Any]:
    """The value with each of VALUES in place of each of its parts."""
    yield from VALUES
    places: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    for place in places:
        for part in changed(value[place]):
            copy: Any = value.copy()
            copy[place] = part
            yield copy


@pytest.mark.parametrize("name", PAYLOADS)
def test_one_hostile_value_anywhere_is_a_sample_or_words(name: str) -> None:
    """Every part of a payload, replaced by every kind of value: nothing but InputError is raised."""
    item, payload = PAYLOADS[name]
    made = refused = 0
    for hostile in changed(payload):
        try:
            public.read(item(hostile) if isinstance(hostile, dict) else hostile, received_at=NOON)
            made += 1
        except InputError:
            refused += 1
    assert made > 0
    assert refused > 0
