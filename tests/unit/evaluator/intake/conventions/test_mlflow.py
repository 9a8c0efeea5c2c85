"""MLflow spans: every value JSON text, bodies as the provider's client has them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from evaluator.intake.parts import PART, Kind
from tests.spans import facts, hostile, read


def _model(**told: Any) -> dict[str, str]:
    names = {"inputs": "mlflow.spanInputs", "outputs": "mlflow.spanOutputs", "usage": "mlflow.chat.tokenUsage"}
    told = {"mlflow.spanType": "CHAT_MODEL"} | {names.get(key, f"mlflow.llm.{key}"): one for key, one in told.items()}
    return {key: json.dumps(one) for key, one in told.items()}


ANTHROPIC = {
    "id": "msg_1",
    "role": "assistant",
    "content": [{"citations": None, "text": "Hi", "type": "text"}],
    "stop_reason": "end_turn",
    "model": "claude-haiku-4-5",
    "usage": {"input_tokens": 21, "output_tokens": 5, "cache_read_input_tokens": 2048},
}
OPENAI = {
    "id": "chatcmpl-1",
    "model": "gpt-5",
    "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 2069, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2048}},
}
RESPONSES = {
    "id": "resp_1",
    "model": "gpt-5",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}],
    "usage": {"input_tokens": 2069, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 2048}},
}


@pytest.mark.parametrize("body", [ANTHROPIC, OPENAI, RESPONSES], ids=["anthropic", "openai", "responses"])
def test_native_answers_of_every_client(body: dict[str, Any]) -> None:
    """Text, model, id and usage are read from the body, whose names say whether the input has the cache in it."""
    part = read(_model(outputs=body))
    told = part.facts
    assert (told.response["content"], told.model) == ([{"type": "text", "text": "Hi"}], body["model"])
    assert (told.input_tokens, told.cache_read_tokens, told.output_tokens) == (21, 2048, 5)
    assert part.links == (f"response:{body['id']}",)


def test_geminis_thoughts_are_output() -> None:
    """Gemini counts what was thought apart from the answer, and the cache within the prompt."""
    usage = {"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 5}
    body = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}], "usageMetadata": usage}
    told = facts(_model(outputs=body))
    assert (told.input_tokens, told.cache_read_tokens, told.output_tokens) == (6, 4, 7)


def test_an_answer_that_was_broken_off_tells_why() -> None:
    """The Responses API has no stop reason, but a reason for what is incomplete."""
    body = {**RESPONSES, "incomplete_details": {"reason": "max_output_tokens"}}
    assert facts(_model(outputs=body)).stop_reason == "max_output_tokens"


def test_a_native_request_has_system_tools_and_parameters() -> None:
    """OpenAI's body gives the same form as Anthropic's."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    told = facts(_model(inputs={"messages": messages, "tools": [tool], "max_completion_tokens": 9}))
    assert dict(told.request) == {
        "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "max_tokens": 9,
    }


def test_a_stream_that_was_not_read_is_no_answer() -> None:
    """The output is the stream's name in memory: no text, and the sample is marked."""
    told = facts(
        _model(inputs={"messages": [{"role": "user", "content": "Hi"}]}, outputs="<anthropic.Stream object at 0x7f>")
    )
    assert (dict(told.response), told.incomplete) == ({}, "no_response")


@pytest.mark.parametrize(("provider", "expected"), [("anthropic", 2069), ("openai", 21)])
def test_mlflows_own_counts_are_the_providers(provider: str, expected: int) -> None:
    """Without a body, tokenUsage leaves the cache out for Anthropic and has it in for OpenAI."""
    usage = {"input_tokens": 2069, "output_tokens": 5, "cache_read_input_tokens": 2048}
    assert facts(_model(provider=provider, usage=usage)).input_tokens == expected


def test_json_that_a_model_was_asked_for_stays_text() -> None:
    """An answer that is JSON of the application's own has no form of an answer, even with a key `content`."""
    wanted = {"content": "A trip", "title": "Oslo"}
    assert facts(_model(outputs=wanted)).response["content"][0]["text"] == json.dumps(wanted)


def test_spans_around_a_call_are_context() -> None:
    """Only CHAT_MODEL and LLM are calls."""
    kinds = {kind: read({"mlflow.spanType": json.dumps(kind)}).kind for kind in ("LLM", "CHAIN", "AGENT", "TOOL")}
    assert [kind for kind, part in kinds.items() if part is Kind.CALL] == ["LLM"]


NAMES = tuple(
    f"mlflow.{key}"
    for key in ("spanInputs", "spanOutputs", "chat.tools", "chat.tokenUsage", "llm.model", "llm.provider")
)


@given(hostile(NAMES))
def test_any_value_gives_facts(attributes: dict[str, Any]) -> None:
    """Whatever the attributes hold, there is a part that can be stored."""
    assert PART.validate_json(PART.dump_json(read(attributes | {"mlflow.spanType": '"LLM"'}))).kind is Kind.CALL
