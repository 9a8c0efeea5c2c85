"""OpenLLMetry spans: gen_ai.prompt.N and gen_ai.completion.N, the newer names, workflows above the calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from evaluator.intake.parts import PART, Kind
from tests.spans import facts, hostile, read

SCOPE = "opentelemetry.instrumentation.anthropic"
CHAT = {"llm.request.type": "chat", "gen_ai.system": "Anthropic", "gen_ai.request.model": "claude-haiku-4-5"}


def _messages(family: str, *messages: dict[str, Any]) -> dict[str, Any]:
    return {f"{family}.{n}.{key}": value for n, message in enumerate(messages) for key, value in message.items()}


def _asked(*messages: dict[str, Any]) -> dict[str, Any]:
    return CHAT | _messages("gen_ai.prompt", *messages)


def _answered(*messages: dict[str, Any]) -> dict[str, Any]:
    return CHAT | _messages("gen_ai.completion", *messages)


def test_messages_with_blocks_written_as_json() -> None:
    """Content that is the JSON text of blocks becomes blocks, without the bytes of pictures; the system is apart."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    content = json.dumps([image, {"type": "text", "text": "What is it?"}])
    told = facts(_asked({"role": "system", "content": "Be brief."}, {"role": "user", "content": content}))
    assert told.request["system"] == "Be brief."
    assert told.request["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "omitted", "media_type": "image/png"}},
        {"type": "text", "text": "What is it?"},
    ]


def test_pieces_of_bedrock_written_as_json() -> None:
    """Bedrock's pieces have no type, but one key that tells their form."""
    told = facts(_answered({"role": "assistant", "content": '[{"text": "Hello"}]'}))
    assert told.response["content"] == [{"type": "text", "text": "Hello"}]


@pytest.mark.parametrize("text", ['[{"day": "Friday"}]', '[{"text": "Hello", "tone": "friendly"}]'])
def test_json_that_somebody_wrote_stays_text(text: str) -> None:
    """A list of objects that are no blocks is what the user or the model wrote."""
    told = facts(_answered({"role": "assistant", "content": text}))
    assert told.response["content"] == [{"type": "text", "text": text}]


def test_tool_calls_results_and_definitions() -> None:
    """A call's arguments are an object, a tool's message is the result of its call, functions are tools."""
    schema = {"type": "object", "properties": {"order": {"type": "integer"}}}
    told = facts(
        _asked({"role": "tool", "tool_call_id": "t1", "content": "late"})
        | _answered({"role": "assistant", "tool_calls.0.id": "t2", "tool_calls.0.name": "find"})
        | {"gen_ai.completion.0.tool_calls.0.arguments": '{"order": 7}'}
        | {"llm.request.functions.0.name": "find", "llm.request.functions.0.parameters": json.dumps(schema)}
    )
    assert told.request["messages"][0]["content"][0] == {
        "type": "tool_result",
        "tool_use_id": "t1",
        "content": "late",
    }
    assert told.response["content"] == [{"type": "tool_use", "id": "t2", "name": "find", "input": {"order": 7}}]
    assert told.request["tools"] == [{"name": "find", "input_schema": schema}]


def test_thinking_and_the_first_of_several_answers() -> None:
    """A completion of role thinking comes before the answer; completions after the first answer are alternatives."""
    told = facts(
        _answered(
            {"role": "thinking", "content": "51 - 5.10", "finish_reason": "end_turn"},
            {"role": "assistant", "content": "45.90"},
            {"role": "assistant", "content": "46"},
        )
    )
    assert told.response["content"] == [
        {"type": "thinking", "thinking": "51 - 5.10"},
        {"type": "text", "text": "45.90"},
    ]
    assert told.stop_reason == "end_turn"


def test_counts_include_the_cache_in_old_names_and_new() -> None:
    """prompt_tokens and input_tokens both count the cache in."""
    old = facts(CHAT | {"gen_ai.usage.prompt_tokens": 2069, "gen_ai.usage.cache_read_input_tokens": 2048})
    new = facts(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 2069,
            "gen_ai.usage.cache_read.input_tokens": 2048,
        },
        scope=SCOPE,
    )
    assert (old.input_tokens, new.input_tokens) == (21, 21)


def test_newer_versions_write_messages_with_parts() -> None:
    """The new names are read by the reader of OpenTelemetry's, and the client is still named."""
    message = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    told = facts({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(message)}, scope=SCOPE)
    assert (told.source, told.request["messages"][0]["content"]) == ("openllmetry", [{"type": "text", "text": "Hi"}])


def test_a_workflow_names_the_feature_and_hands_down_its_session() -> None:
    """A workflow is context: its entity's name, or its span's, is the feature; association properties are inherited."""
    told = {"traceloop.span.kind": "workflow", "traceloop.association.properties.session_id": "s1"}
    named, unnamed = read(told | {"traceloop.entity.name": "chat"}), read(told, name="support.workflow")
    assert (named.kind, named.facts.feature, named.facts.session_id) == (Kind.CONTEXT, "chat", "s1")
    assert unnamed.facts.feature == "support"
    assert read({"traceloop.span.kind": "task", "traceloop.entity.name": "step"}).facts.feature is None


def test_association_properties_are_the_applications_own() -> None:
    """Session, user and prompt version have their places; the rest are dimensions."""
    below = "traceloop.association.properties."
    told = facts(CHAT | {below + "user_id": "u1", below + "prompt_version": "7", below + "tenant": "acme"})
    assert (told.user_id, told.prompt_version, told.metadata) == ("u1", "7", {"tenant": "acme"})


def test_embeddings_and_reranking_are_no_calls() -> None:
    """Only chat and completion are."""
    assert {read(CHAT | {"llm.request.type": kind}).kind for kind in ("embedding", "rerank")} == {Kind.CONTEXT}


def test_content_that_was_cut_off_makes_it_incomplete() -> None:
    """JSON of blocks cut in the middle is read up to the cut; a missing first message is marked too."""
    assert facts(_asked({"role": "user", "content": '[{"type": "text", "text": "Where is m'})).incomplete == "cut_json"
    assert facts(CHAT | {"gen_ai.prompt.3.content": "Hi"}).incomplete == "dropped_attributes"


NAMES = (
    *(f"gen_ai.prompt.{index}.{key}" for index in (0, 4, "x") for key in ("role", "content", "tool_calls.0.arguments")),
    *(f"gen_ai.completion.0.{key}" for key in ("role", "content", "finish_reason", "tool_calls.0", "refusal")),
    *("llm.request.type", "llm.request.functions.0.name", "llm.request.functions.0.input_schema", "gen_ai.system"),
    *("gen_ai.input.messages", "gen_ai.usage.prompt_tokens", "traceloop.span.kind", "traceloop.entity.name"),
)


@given(hostile(NAMES))
def test_any_value_gives_facts(attributes: dict[str, Any]) -> None:
    """Whatever the attributes hold, there is a part that can be stored."""
    assert PART.validate_json(PART.dump_json(read(attributes, scope=SCOPE))).facts.source == "openllmetry"
