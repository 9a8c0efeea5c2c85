"""Vercel's AI SDK: leaf spans only, names of three versions, usage with and without what the cache gave."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from evaluator.intake.parts import PART, Kind
from tests.spans import facts, hostile, read

LEAF = {"ai.operationId": "ai.generateText.doGenerate"}
ANTHROPIC = {"ai.model.provider": "anthropic.messages"}


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ai.streamText.doStream", Kind.CALL),
        ("ai.generateObject.doGenerate", Kind.CALL),
        ("ai.generateText", Kind.CONTEXT),
        ("ai.toolCall", Kind.CONTEXT),
        ("ai.embed.doEmbed", Kind.CONTEXT),
    ],
)
def test_only_requests_to_a_model_are_calls(operation: str, kind: Kind) -> None:
    """The call around the steps repeats the text and sums the usage: it is context."""
    assert read({"ai.operationId": operation, "ai.response.text": "Hi"}).kind is kind


def test_messages_with_tool_calls_and_results() -> None:
    """Vercel's parts become blocks: tool-call, tool-result with its value, a file's bytes left out."""
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "file", "mediaType": "image/png", "data": "data:image/png;base64,AA"}]},
        {
            "role": "assistant",
            "content": [{"type": "tool-call", "toolCallId": "t1", "toolName": "f", "input": {"a": 1}}],
        },
        {
            "role": "tool",
            "content": [{"type": "tool-result", "toolCallId": "t1", "output": {"type": "text", "value": "late"}}],
        },
    ]
    told = facts(LEAF | {"ai.prompt.messages": json.dumps(messages)})
    image, call, result = (message["content"][0] for message in told.request["messages"])
    assert (told.request["system"], image["source"]["type"]) == ("Be brief.", "omitted")
    assert call == {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    assert result == {"type": "tool_result", "tool_use_id": "t1", "content": "late"}


def test_an_answer_has_reasoning_text_and_tool_calls() -> None:
    """They come in three attributes; arguments are JSON text (version 5) or `args` (version 4)."""
    calls = [
        {"toolCallId": "t1", "toolName": "f", "input": '{"a": 1}'},
        {"toolCallId": "t2", "toolName": "g", "args": {"b": 2}},
    ]
    told = facts(
        LEAF
        | {"ai.response.reasoning": "Hm.", "ai.response.text": "I look.", "ai.response.toolCalls": json.dumps(calls)}
        | {"ai.response.finishReason": "tool-calls"}
    )
    assert [block["type"] for block in told.response["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block["input"] for block in told.response["content"][2:]] == [{"a": 1}, {"b": 2}]
    assert told.stop_reason == "tool-calls"


def test_an_object_is_the_answers_text() -> None:
    """generateObject tells its answer as JSON, which stays text."""
    told = facts({"ai.operationId": "ai.generateObject.doGenerate", "ai.response.object": '{"day": "Friday"}'})
    assert told.response["content"] == [{"type": "text", "text": '{"day": "Friday"}'}]


def test_tools_and_parameters() -> None:
    """Tools are a list of JSON texts; settings have Anthropic's names afterwards."""
    tool = json.dumps({"type": "function", "name": "f", "inputSchema": {"type": "object"}})
    told = facts(
        LEAF | {"ai.prompt.tools": [tool], "ai.settings.maxOutputTokens": 9, "gen_ai.request.temperature": 0.2}
    )
    assert told.request["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert (told.request["max_tokens"], told.request["temperature"]) == (9, 0.2)


_USAGE = json.dumps({"anthropic": {"usage": {"input_tokens": 21, "cache_read_input_tokens": 2048}}})


@pytest.mark.parametrize(
    "usage",
    [
        {"ai.usage.inputTokens": 2069, "ai.usage.inputTokenDetails.noCacheTokens": 21},
        ANTHROPIC | {"ai.usage.promptTokens": 21, "ai.response.providerMetadata": _USAGE},
        ANTHROPIC | {"ai.usage.inputTokens": 21, "ai.usage.cachedInputTokens": 2048},
        {"ai.model.provider": "openai.chat", "ai.usage.inputTokens": 2069, "ai.usage.cachedInputTokens": 2048},
    ],
)
def test_input_tokens_exclude_the_cache_in_every_version(usage: dict[str, Any]) -> None:
    """Version 6 tells it apart; before, Anthropic's count left the cache out and OpenAI's had it in."""
    assert facts(LEAF | usage).input_tokens == 21


def test_telemetry_metadata_is_the_applications_own() -> None:
    """Session, user, tags; functionId is the feature unless metadata name one."""
    below = "ai.telemetry.metadata."
    told = facts(
        LEAF | {below + "sessionId": "s1", below + "userId": "u1", below + "tags": ["a", "b"], below + "plan": "pro"}
    )
    assert (told.session_id, told.user_id, told.metadata) == ("s1", "u1", {"tags": "a,b", "plan": "pro"})
    assert facts(LEAF | {"ai.telemetry.functionId": "chat"}).feature == "chat"


def test_version_7_writes_general_names_with_its_context() -> None:
    """The gen_ai names are read as they are everywhere; the runtime context tells session and dimensions."""
    below = "ai.settings.context."
    told = facts(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 7,
            below + "sessionId": "s1",
            below + "plan": "pro",
        },
        scope="ai",
    )
    assert (told.source, told.input_tokens) == ("vercel", 7)
    assert (told.session_id, told.metadata) == ("s1", {"plan": "pro"})


def test_messages_that_were_cut_off_make_it_incomplete() -> None:
    """What is left of them is read."""
    told = facts(LEAF | {"ai.prompt.messages": '[{"role": "user", "content": "Where is m'})
    assert (told.request["messages"][0]["content"], told.incomplete) == (
        [{"type": "text", "text": "Where is m"}],
        "cut_json",
    )


NAMES = (
    *("ai.prompt.messages", "ai.prompt", "ai.prompt.tools", "ai.model.provider", "ai.settings.maxOutputTokens"),
    *(f"ai.response.{key}" for key in ("text", "object", "toolCalls", "reasoning", "finishReason", "providerMetadata")),
    *(f"ai.usage.{key}" for key in ("inputTokens", "cachedInputTokens", "inputTokenDetails.noCacheTokens")),
    *("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.tags", "gen_ai.request.stop_sequences"),
)


@given(hostile(NAMES))
def test_any_value_gives_facts(attributes: dict[str, Any]) -> None:
    """Whatever the attributes hold, there is a part that can be stored."""
    assert PART.validate_json(PART.dump_json(read(attributes | LEAF))).kind is Kind.CALL
