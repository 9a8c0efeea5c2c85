"""The events of old: one record per message, and the answer as a choice."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.intake.conventions import registry
from evaluator.intake.otlp.records import Event
from evaluator.intake.parts import Facts, Kind
from tests.spans import NAMING, facts, make_log

OLD = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-5"}
CALL = {"id": "t1", "type": "function", "function": {"name": "find", "arguments": '{"n": 7}'}}
USED = {"type": "tool_use", "id": "t1", "name": "find", "input": {"n": 7}}


def _told(name: str, body: Any) -> Facts | None:
    part = registry.read_log(make_log(f"gen_ai.{name}", body, trace_id="7" * 32, span_id="5" * 16, order=9), NAMING)
    assert part is None or (part.kind, part.span_id, part.order) == (Kind.CONTENT, "5" * 16, 9)
    return None if part is None else part.facts


@pytest.mark.parametrize(
    ("name", "body", "asked"),
    [
        ("system.message", {"content": "Be brief."}, {"system": "Be brief."}),
        (
            "user.message",
            {"content": "Hi"},
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]},
        ),
        ("assistant.message", {"tool_calls": [CALL]}, {"messages": [{"role": "assistant", "content": [USED]}]}),
        (
            "tool.message",
            {"content": "found", "id": "t1"},
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "found"}],
                    }
                ]
            },
        ),
    ],
    ids=["system", "user", "assistant", "tool"],
)
def test_a_message_is_content_of_its_span(name: str, body: Any, asked: dict[str, Any]) -> None:
    """Each role's message in Anthropic's form, in the order in which it was told."""
    told = _told(name, body)
    assert told is not None
    assert told.request == asked


def test_a_choice_is_the_answer() -> None:
    """Text, tool calls, and why it stopped."""
    body = {"index": 0, "finish_reason": "tool_calls", "message": {"content": "I look.", "tool_calls": [CALL]}}
    told = _told("choice", body)
    assert told is not None
    assert told.response["content"] == [{"type": "text", "text": "I look."}, USED]
    assert told.stop_reason == "tool_calls"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("user.message", None),
        ("assistant.message", {"tool_calls": [{"id": "t1", "function": {"name": "find"}}]}),
        ("tool.message", {"id": "t1"}),
        ("choice", {"index": 1, "finish_reason": "stop", "message": {"content": "Another answer."}}),
        ("evaluation.result", {"score": 1}),
    ],
    ids=["no body", "no arguments", "no content", "alternative", "feedback"],
)
def test_records_without_text_of_the_call(name: str, body: Any) -> None:
    """Content that was kept back, second answers and other events are nothing."""
    assert _told(name, body) is None


def test_a_choice_without_content_tells_why_it_stopped() -> None:
    """With content switched off the reason still comes, and nothing that a judge could take for text."""
    calls = [{"id": "t1", "function": {"name": "find"}}]
    told = _told("choice", {"index": 0, "finish_reason": "tool_calls", "message": {"tool_calls": calls}})
    assert told is not None
    assert (told.has_text, told.stop_reason) == (False, "tool_calls")


def test_events_of_the_span_itself() -> None:
    """The same messages as span events, told by attributes or by JSON in one of them."""
    events = (
        Event(name="gen_ai.user.message", attributes={"gen_ai.event.content": '{"content": "Hi"}'}),
        Event(name="gen_ai.choice", attributes={"finish_reason": "stop", "message": '{"content": "Hello"}'}),
    )
    told = facts(OLD, events=events)
    assert told.request["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert (told.response["content"], told.stop_reason) == ([{"type": "text", "text": "Hello"}], "stop")


def test_the_oldest_events_of_all() -> None:
    """gen_ai.content.prompt has all messages, gen_ai.content.completion the answers."""
    events = (
        Event(name="gen_ai.content.prompt", attributes={"gen_ai.prompt": '[{"role": "user", "content": "Hi"}]'}),
        Event(
            name="gen_ai.content.completion",
            attributes={"gen_ai.completion": '[{"role": "assistant", "content": "Hello"}]'},
        ),
    )
    told = facts(OLD, events=events)
    assert told.request["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert told.response["content"] == [{"type": "text", "text": "Hello"}]


def test_pieces_of_bedrock_in_events() -> None:
    """A message written as JSON of Bedrock's pieces, which have no type, is read as blocks."""
    content = '[{"text": "Hi"}, {"toolResult": {"toolUseId": "t1", "content": [{"text": "42"}]}}]'
    event = Event(name="gen_ai.user.message", attributes={"content": content})
    (message,) = facts({"gen_ai.operation.name": "chat"}, events=(event,)).request["messages"]
    assert [block["type"] for block in message["content"]] == ["text", "tool_result"]
