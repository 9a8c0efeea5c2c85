"""Whose gen_ai spans they are, and what LiteLLM's and pydantic-ai's have beside the common names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evaluator.intake.conventions.litellm_otel import literal
from tests.spans import facts

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude"}
FUNCTIONS = {
    "llm.request.functions.0.name": "find",
    "llm.request.functions.0.parameters": '{"type": "object", "properties": {}}',
    "gen_ai.completion.0.function_call.name": "find",
    "gen_ai.completion.0.function_call.arguments": '{"n": 7}',
}


@pytest.mark.parametrize(
    ("scope", "attributes", "source"),
    [
        ("com.anthropic.sdk.python", {}, "anthropic-sdk"),
        ("com.anthropic.sdk.typescript.bedrock", {}, "anthropic-sdk"),
        ("com.anthropic.claude-platform", {}, "claude-platform"),
        ("logfire.anthropic", {}, "logfire"),
        ("pydantic-ai", {}, "pydantic-ai"),
        ("litellm", {}, "litellm-otel"),
        ("opentelemetry.instrumentation.genai.anthropic", {"gen_ai.provider.name": "anthropic"}, "genai"),
        ("opentelemetry.instrumentation.openai_v2", {"gen_ai.system": "openai"}, "genai-events"),
        ("my.own", {"gen_ai.system": "openai", "gen_ai.input.messages": "[]"}, "genai"),
    ],
)
def test_whose_span_it_is(scope: str, attributes: dict[str, str], source: str) -> None:
    """The scope's name tells; who has only the old names and no text sends its text as events."""
    assert facts(CHAT | attributes, scope=scope).source == source


def test_what_a_client_writes_about_itself_is_no_metadata() -> None:
    """logfire's names have no prefix; the application's beside them stay."""
    noise = {"request_data": "{}", "async": False, "logfire.msg": "Message", "duration": 0.1}
    assert facts(CHAT | noise | {"tenant": "acme"}, scope="logfire.anthropic").metadata == {"tenant": "acme"}


def test_litellms_tools_and_tool_calls() -> None:
    """Tools and tool calls are indexed attributes beside the messages."""
    told = facts(CHAT | FUNCTIONS, scope="litellm")
    assert told.request["tools"] == [{"name": "find", "input_schema": {"type": "object", "properties": {}}}]
    assert told.response["content"] == [{"type": "tool_use", "id": None, "name": "find", "input": {"n": 7}}]


def test_litellms_usage_and_requester() -> None:
    """What Python wrote as its own text is read when it is a plain value."""
    usage = "{'prompt_tokens': 2069, 'cache_read_input_tokens': 2048, 'cache_creation_input_tokens': 0}"
    about = "{'session_id': 's1', 'tenant': 'acme', 3: None}"
    attributes = {"gen_ai.usage.input_tokens": 2069, "metadata.usage_object": usage, "llm.user": "u1"}
    told = facts(CHAT | attributes | {"metadata.requester_metadata": about}, scope="litellm")
    assert (told.input_tokens, told.cache_read_tokens) == (21, 2048)
    assert (told.session_id, told.user_id, told.metadata) == ("s1", "u1", {"tenant": "acme"})


@pytest.mark.parametrize("text", ["open('x')", "[" * 9000, "{[]: 1}", "1 +", "x" * 20_000, "", None, 7])
def test_text_of_python_that_is_no_plain_value(text: Any) -> None:
    """Nothing is run, nothing breaks, nothing long is read."""
    assert literal(text) is None


def test_pydantic_ais_events_and_tools() -> None:
    """Older versions put all events into one attribute, and the tools into the request's parameters."""
    events = [
        {"event.name": "gen_ai.system.message", "content": "Be brief.", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "Hi", "role": "user"},
        {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "Hello"}},
    ]
    tools = {"function_tools": [{"name": "find", "parameters_json_schema": {"type": "object"}}]}
    attributes = {"events": json.dumps(events), "model_request_parameters": json.dumps(tools)}
    told = facts(CHAT | attributes, scope="pydantic-ai")
    assert told.request["system"] == "Be brief."
    assert told.request["tools"] == [{"name": "find", "input_schema": {"type": "object"}}]
    assert told.response["content"] == [{"type": "text", "text": "Hello"}]


def test_pydantic_ais_media_lose_their_bytes() -> None:
    """Media told as base64 or by address become blocks without bytes."""
    parts = [{"type": "binary", "media_type": "image/png", "content": "iVBORw0KGgo" * 99}]
    parts += [{"type": "image-url", "url": "https://a.example/b.png"}]
    asked = json.dumps([{"role": "user", "parts": parts}])
    (message,) = facts(CHAT | {"gen_ai.input.messages": asked}, scope="pydantic-ai").request["messages"]
    assert [one["source"] for one in message["content"]] == [
        {"type": "omitted", "media_type": "image/png"},
        {"type": "omitted", "url": "https://a.example/b.png"},
    ]


def test_the_platform_is_not_the_application() -> None:
    """Claude's platform names itself and its version in the resource: neither is the feature's nor its release."""
    own = {"service.name": "claude-platform", "service.version": "2026-11-01"}
    told = facts(CHAT, scope="com.anthropic.claude-platform", resource=own)
    assert (told.service, told.release) == (None, None)
