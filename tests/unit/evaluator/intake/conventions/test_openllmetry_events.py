"""OpenLLMetry's event mode: texts as log records that name no trace."""

from __future__ import annotations

from typing import Any

from evaluator.intake.conventions import registry
from evaluator.intake.otlp.records import Resource
from evaluator.intake.parts import Facts, Kind
from tests.spans import NAMING, make_log

ANTHROPIC, OPENAI = "opentelemetry.instrumentation.anthropic", "opentelemetry.instrumentation.openai"
CALLS = [{"id": "t1", "type": "function", "function": {"name": "find", "arguments": {"order": 7}}}]


def _facts(event_name: str, body: Any, scope: str = ANTHROPIC) -> Facts | None:
    part = registry.read_log(make_log(event_name, body, scope=scope), NAMING)
    return None if part is None else part.facts


def test_a_record_is_content_of_its_process() -> None:
    """Without a trace the group is the sending process, and the records of a call keep the order of their times."""
    resource = Resource(attributes={"service.instance.id": "pod-1"}, scope=ANTHROPIC)
    part = registry.read_log(make_log("gen_ai.user.message", {"content": "Hi"}, resource=resource, order=7), NAMING)
    assert part is not None
    assert (part.group_id, part.kind, part.span_id, part.order) == ("i:pod-1", Kind.CONTENT, None, 7)


def test_tools_that_were_offered_come_as_a_message() -> None:
    """A user's message that holds {"tools": [...]} is no message."""
    told = _facts("gen_ai.user.message", {"content": {"tools": [{"name": "find", "input_schema": {}}]}})
    assert told is not None
    assert dict(told.request) == {"tools": [{"name": "find", "input_schema": {}}]}


def test_every_block_is_a_choice_of_its_own() -> None:
    """For Anthropic the choice of index 1 is the tool call of the same answer; its calls lie beside the message."""
    body = {"index": 1, "message": {"content": None}, "tool_calls": CALLS, "finish_reason": "tool_call"}
    told = _facts("gen_ai.choice", body)
    assert told is not None
    assert told.response["content"] == [{"type": "tool_use", "id": "t1", "name": "find", "input": {"order": 7}}]
    assert told.stop_reason == "tool_call"


def test_further_choices_of_other_models_are_alternatives() -> None:
    """For OpenAI only the choice of index 0 is the answer."""
    bodies = [{"index": index, "message": {"content": f"Hi {index}"}} for index in (0, 1)]
    first, second = (_facts("gen_ai.choice", body, OPENAI) for body in bodies)
    assert first is not None
    assert (first.response["content"], second) == ([{"type": "text", "text": "Hi 0"}], None)


def test_a_streamed_text_is_an_object() -> None:
    """The text of a streamed answer comes as {"type": "text", "content": …}."""
    told = _facts("gen_ai.choice", {"index": 0, "message": {"content": {"type": "text", "content": "Hi"}}})
    assert told is not None
    assert (told.source, told.response["content"]) == ("openllmetry", [{"type": "text", "text": "Hi"}])
