"""gen_ai spans, new style: which are calls, and what their attributes tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evaluator.intake.conventions import registry
from evaluator.intake.otlp.records import Event
from evaluator.intake.parts import Kind
from tests.spans import NAMING, facts, make_log, read

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude"}
ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}]
TEXT = {"gen_ai.input.messages": json.dumps(ASKED), "gen_ai.output.messages": json.dumps(SAID)}
HELLO = [{"type": "text", "text": "Hello"}]


@pytest.mark.parametrize("operation", ["chat", "text_completion", "generate_content", "acompletion", "CHAT"])
def test_a_model_was_called(operation: str) -> None:
    """Operations that are one call of a model, in OpenTelemetry's words and LiteLLM's."""
    assert read({"gen_ai.operation.name": operation}).kind is Kind.CALL


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.operation.name": "invoke_agent", **TEXT},
        {"gen_ai.operation.name": "execute_tool"},
        {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e5"},
        {"gen_ai.request.model": "claude", "gen_ai.tool.name": "find"},
        {"gen_ai.operation.name": "chat", "logfire.span_type": "pending_span"},
        {"llm.anthropic.messages": "[{'role': 'user'}]"},
        {},
    ],
    ids=["agent", "tool", "embedding", "tool of old", "pending", "raw", "other"],
)
def test_no_model_was_called(attributes: dict[str, Any]) -> None:
    """Steps around a call, and what is beside it, are context: nothing of them is a sample."""
    assert read(attributes).kind is Kind.CONTEXT


@pytest.mark.parametrize("structured", [False, True], ids=["JSON", "structured"])
def test_texts_as_json_or_structured(structured: bool) -> None:
    """The same messages in either form."""
    told = facts(CHAT | ({key: json.loads(value) for key, value in TEXT.items()} if structured else TEXT))
    assert told.request["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert (told.response["content"], told.stop_reason) == (HELLO, "stop")


@pytest.mark.parametrize("reasons", [["tool_use"], '["tool_use"]', "tool_use", ["", "tool_use"]])
def test_stop_reasons_in_any_form(reasons: Any) -> None:
    """A list, a list written as JSON, a text: the first that says something."""
    assert facts(CHAT | {"gen_ai.response.finish_reasons": reasons}).stop_reason == "tool_use"


def test_the_sdks_stop_reason_is_the_finer_one() -> None:
    """Anthropic's own word goes before the general one."""
    reasons = {"gen_ai.response.finish_reasons": ["stop"], "anthropic.message.stop_reason": "stop_sequence"}
    assert facts(CHAT | reasons).stop_reason == "stop_sequence"


@pytest.mark.parametrize(
    "cache",
    [
        {"gen_ai.usage.cache_read.input_tokens": 2000, "gen_ai.usage.cache_write.input_tokens": 48},
        {"gen_ai.usage.cache_read.input_tokens": 2000, "gen_ai.usage.cache_creation.input_tokens": 48},
        {"gen_ai.usage.details.cache_read_tokens": 2000, "gen_ai.usage.details.cache_write_tokens": 48},
        {"gen_ai.usage.raw": '{"cache_read_input_tokens": 2000, "cache_creation_input_tokens": 48}'},
    ],
    ids=["sdk", "otel", "pydantic-ai", "logfire"],
)
def test_the_cache_is_taken_out_of_the_input(cache: dict[str, Any]) -> None:
    """2069 tokens of input, of which 2048 went through the cache."""
    told = facts(CHAT | {"gen_ai.usage.input_tokens": 2069, "gen_ai.usage.output_tokens": 5} | cache)
    assert (told.input_tokens, told.cache_read_tokens, told.cache_write_tokens) == (21, 2000, 48)


def test_parameters_by_anthropics_names() -> None:
    """What the request was called with; the budget of thinking as its API has it."""
    given = {"gen_ai.request.max_tokens": 512, "gen_ai.request.temperature": 0.2, "gen_ai.request.top_p": "None"}
    thinking = {"anthropic.thinking.type": "enabled", "anthropic.thinking.budget_tokens": 1024}
    assert dict(facts(CHAT | given | thinking).request) == {
        "max_tokens": 512,
        "temperature": 0.2,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }


def test_the_answers_model_goes_before_the_one_asked_for() -> None:
    """The model that answered, else the one that was asked for."""
    assert facts(CHAT | {"gen_ai.response.model": "claude-1"}).model == "claude-1"
    assert facts(CHAT).model == "claude"


@pytest.mark.parametrize(
    ("attributes", "fields", "reason"),
    [
        ({"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","cont'}, {}, "cut_json"),
        ({"gen_ai.tool.definitions": '[{"name":"fi'}, {}, "cut_json"),
        ({"anthropic.content.truncated": True}, {}, "truncated"),
        ({}, {"dropped": 3}, "dropped_attributes"),
        (TEXT, {}, None),
    ],
)
def test_what_is_not_whole_is_marked(attributes: dict[str, Any], fields: dict[str, Any], reason: str | None) -> None:
    """JSON that was cut, content that the client shortened, attributes that its limits dropped."""
    assert facts(CHAT | attributes, **fields).incomplete == reason


def test_texts_in_a_span_event() -> None:
    """The details of the operation may be an event of the span."""
    event = Event(name="gen_ai.client.inference.operation.details", attributes=TEXT)
    assert facts(CHAT, events=(event,)).response["content"] == HELLO


def test_a_log_record_with_the_details_is_a_call() -> None:
    """It tells of the span that it names, by the response's id too; without a span's error it has the type."""
    attributes = CHAT | TEXT | {"gen_ai.response.id": "msg_1", "error.type": "Timeout"}
    log = make_log(
        "gen_ai.client.inference.operation.details", None, attributes=attributes, trace_id="7" * 32, span_id="5" * 16
    )
    part = registry.read_log(log, NAMING)
    assert part is not None
    assert (part.group_id, part.span_id, part.kind) == (f"t:{'7' * 32}", "5" * 16, Kind.CALL)
    assert (part.links, part.facts.error) == (("response:msg_1",), "Timeout")
