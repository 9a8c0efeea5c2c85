"""Langfuse's observations over OTLP: input and output in whatever form the application gave them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from evaluator.intake.parts import PART, Kind
from tests.spans import facts, hostile, read

USER = {"role": "user", "content": "Hi"}
HI = [{"type": "text", "text": "Hi"}]


def _generation(**told: Any) -> dict[str, Any]:
    values = {key: one if isinstance(one, str) else json.dumps(one) for key, one in told.items()}
    return {f"langfuse.observation.{key}": one for key, one in {"type": "generation", **values}.items()}


@pytest.mark.parametrize(
    "given_input",
    [[USER], {"messages": [USER]}, USER, "Hi", {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}],
    ids=["list", "body", "message", "text", "gemini"],
)
def test_input_of_any_form(given_input: Any) -> None:
    """A list of messages, a body, one message, a plain text: the user said Hi."""
    assert facts(_generation(input=given_input)).request["messages"] == [{"role": "user", "content": HI}]


PIECES = {
    "openai": {"role": "assistant", "tool_calls": [{"id": "t1", "function": {"name": "f", "arguments": '{"a": 1}'}}]},
    "old openai": {"role": "assistant", "function_call": {"id": "t1", "name": "f", "arguments": '{"a": 1}'}},
    "responses": {"type": "function_call", "call_id": "t1", "name": "f", "arguments": '{"a": 1}'},
    "anthropic": {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
    "gemini": {"role": "model", "parts": [{"functionCall": {"id": "t1", "name": "f", "args": {"a": 1}}}]},
    "bedrock": {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}}]},
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_tool_call_in_every_dialect(piece: dict[str, Any]) -> None:
    """Among the messages asked and in the answer it is one block of Anthropic's form."""
    told = facts(_generation(input=[piece], output=[piece]))
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    assert told.request["messages"] == [{"role": "assistant", "content": [call]}]
    assert told.response["content"] == [call]


@pytest.mark.parametrize(
    "piece",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "SECRET"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,SECRET"}},
        {"type": "input_image", "image_url": "data:image/png;base64,SECRET"},
        {"type": "file", "data": "SECRET", "mediaType": "image/png"},
        {"type": "blob", "mime_type": "image/png", "content": "SECRET"},
        {"inline_data": {"mime_type": "image/png", "data": "SECRET"}},
        {"image": {"format": "png", "source": {"bytes": "SECRET"}}},
        {"type": "of_no_known_kind", "url": "data:image/png;base64,SECRET"},
    ],
)
def test_bytes_of_media_are_never_kept(piece: dict[str, Any]) -> None:
    """A mark stays in their place, in every dialect."""
    told = facts(_generation(input=[{"role": "user", "content": [piece]}]))
    assert told.has_text
    assert "SECRET" not in json.dumps(told.request)


@pytest.mark.parametrize(
    "output",
    [
        "Hi",
        HI,
        {"role": "assistant", "content": "Hi"},
        {"choices": [{"message": {"content": "Hi"}}]},
        {"id": "msg_1", "content": HI},
        [{"role": "assistant", "content": "Hi"}],
        {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]},
        {"output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}},
    ],
    ids=["text", "blocks", "message", "openai", "anthropic", "messages", "gemini", "bedrock"],
)
def test_output_of_any_form(output: Any) -> None:
    """A text, blocks, a message, a whole answer of any provider: the model said Hi."""
    assert facts(_generation(output=output)).response["content"] == HI


def test_json_that_a_model_was_asked_for_stays_as_it_is() -> None:
    """Its text is not rewritten, whatever its keys."""
    output = '{"message":"done",  "content": 3}'
    assert facts(_generation(output=output)).response["content"] == [{"type": "text", "text": output}]


@pytest.mark.parametrize(
    "usage",
    [
        {"input": 21, "output": 5, "cache_read_input_tokens": 2048},
        {"input": 21, "output": 5, "input_cache_read": 2048, "total": 2074},
        {"prompt_tokens": 2069, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2048}},
        {"input_tokens": 21, "output_tokens": 5, "cache_read_input_tokens": 2048},
    ],
)
def test_usage_in_every_naming(usage: dict[str, Any]) -> None:
    """Langfuse's names and Anthropic's leave the cache out of the input, OpenAI's have it in."""
    told = facts(_generation(usage_details=usage))
    assert (told.input_tokens, told.output_tokens, told.cache_read_tokens) == (21, 5, 2048)


def test_what_langfuse_tells_of_a_call() -> None:
    """Model, parameters, prompt, stop reason from the metadata, the error of a failed one."""
    told = facts(
        _generation(
            **{
                "model.name": "claude-haiku-4-5",
                "model.parameters": {"max_tokens": 9},
                "metadata.stop_reason": '"end_turn"',
            }
        )
        | {"langfuse.observation.prompt.version": 17, "langfuse.observation.level": "ERROR"}
        | {"langfuse.observation.status_message": "overloaded", "langfuse.observation.prompt.name": "support"}
    )
    assert (told.model, told.request["max_tokens"], told.stop_reason) == ("claude-haiku-4-5", 9, "end_turn")
    assert (told.prompt_version, told.metadata["prompt_name"], told.error) == ("17", "support", "overloaded")


def test_a_trace_is_context_that_calls_inherit() -> None:
    """Its name is the feature; session, user, environment, release, tags and metadata, whose values are JSON texts."""
    part = read(
        {"langfuse.observation.type": "span", "langfuse.trace.name": "chat", "session.id": "s1", "user.id": "u1"}
        | {"langfuse.environment": "staging", "langfuse.release": "r1", "langfuse.version": "v42"}
        | {"langfuse.trace.tags": ["a", "b"], "langfuse.trace.metadata.tenant": '"acme"'}
    )
    told = part.facts
    assert (part.kind, told.feature, told.environment, told.release) == (Kind.CONTEXT, "chat", "staging", "r1")
    assert (told.session_id, told.user_id) == ("s1", "u1")
    assert dict(told.metadata) == {"tags": "a,b", "tenant": "acme", "version": "v42"}


def test_metadata_as_one_object() -> None:
    """Some SDKs write the metadata as a single JSON object."""
    assert facts(_generation(metadata={"tenant": "acme"})).metadata == {"tenant": "acme"}


def test_what_names_a_model_is_a_generation() -> None:
    """Without a type; an observation of another type never is one."""
    named = {"langfuse.observation.model.name": "claude-haiku-4-5"}
    kinds = [read(named | told).kind for told in ({}, {"langfuse.observation.type": "embedding"})]
    assert kinds == [Kind.CALL, Kind.CONTEXT]


def test_input_that_was_cut_off_makes_it_incomplete() -> None:
    """What is left of it is read."""
    told = facts(_generation(input='[{"role": "user", "content": "Hi'))
    assert (told.request["messages"], told.incomplete) == ([{"role": "user", "content": HI}], "cut_json")


NAMES = (
    *(f"langfuse.observation.{key}" for key in ("input", "output", "model.name", "model.parameters", "usage_details")),
    *(f"langfuse.observation.{key}" for key in ("level", "status_message", "metadata", "prompt.version")),
    *("langfuse.trace.tags", "langfuse.trace.metadata", "langfuse.version"),
)


@given(hostile(NAMES))
def test_any_value_gives_facts(attributes: dict[str, Any]) -> None:
    """Whatever the attributes hold, there is a part that can be stored."""
    assert PART.validate_json(PART.dump_json(read(attributes | _generation()))).kind is Kind.CALL
