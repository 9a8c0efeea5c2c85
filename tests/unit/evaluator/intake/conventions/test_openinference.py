"""OpenInference spans: indexed messages with holes, contents, tool calls told twice, native bodies as a stand-in."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from evaluator.intake.parts import PART, Kind
from tests.spans import facts, hostile, read

LLM = {"openinference.span.kind": "LLM"}
CALL = {"tool_call.id": "t1", "tool_call.function.name": "find", "tool_call.function.arguments": '{"order": 7}'}
ANSWER = {"id": "msg_1", "role": "assistant", "content": [{"type": "text", "text": "On its way."}]}
USAGE = {"input_tokens": 21, "output_tokens": 5, "cache_read_input_tokens": 2048}


def _below(prefix: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{key}": value for key, value in attributes.items()}


def _texts(*texts: str, first: int = 0) -> dict[str, Any]:
    return {
        f"llm.input_messages.{first + number}.message.{key}": value
        for number, text in enumerate(texts)
        for key, value in (("role", "user"), ("content", text))
    }


def test_a_tool_call_that_is_told_twice_is_one() -> None:
    """Newer versions write a tool call among the contents and beside them; the answer has it once, after its text."""
    message = "llm.output_messages.0.message"
    text = {"message_content.type": "text", "message_content.text": "I look."}
    told = facts(
        LLM
        | _below(f"{message}.contents.0", text)
        | _below(f"{message}.contents.1", {"message_content.type": "tool_use", **CALL})
        | _below(f"{message}.tool_calls.0", CALL)
    )
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {"order": 7}}
    assert told.response["content"] == [{"type": "text", "text": "I look."}, call]


def test_a_tool_message_is_a_result_and_a_picture_has_no_bytes() -> None:
    """A message of role tool is the result of its call; an image stays as a mark of its type."""
    told = facts(
        LLM
        | _below("llm.input_messages.0.message", {"role": "tool", "tool_call_id": "t1", "content": "late"})
        | _below(
            "llm.input_messages.1.message.contents.0.message_content",
            {"type": "image", "image.image.url": "data:image/png;base64,AAAA"},
        )
    )
    result, image = (message["content"][0] for message in told.request["messages"])
    assert (result["tool_use_id"], result["content"][0]["text"]) == ("t1", "late")
    assert image == {"type": "image", "source": {"type": "omitted", "media_type": "image/png"}}


def test_items_of_an_answer_belong_together_and_alternatives_do_not() -> None:
    """Thinking, text and calls may be messages of their own; a second one with text is another answer."""
    messages = (
        {"contents.0.message_content.type": "reasoning", "contents.0.message_content.text": "Hm."},
        {"content": "I look."},
        {f"tool_calls.0.{key}": value for key, value in CALL.items()},
        {"content": "Or: I ask."},
    )
    told = facts(
        {
            key: value
            for n, one in enumerate(messages)
            for key, value in _below(f"llm.output_messages.{n}.message", one).items()
        }
        | LLM
    )
    assert [block["type"] for block in told.response["content"]] == ["thinking", "text", "tool_use"]


def test_messages_that_a_limit_dropped_make_it_incomplete() -> None:
    """Indexes that begin above 0, or have holes, are read in their order and marked."""
    told = facts(LLM | _texts("late", first=36) | _texts("early", first=34))
    assert [message["content"][0]["text"] for message in told.request["messages"]] == ["early", "late"]
    assert told.incomplete == "dropped_attributes"


def test_the_native_request_stands_in_for_dropped_messages() -> None:
    """When input.value is whole, nothing is missing."""
    body = {"system": "Be brief.", "messages": [{"role": "user", "content": "early"}], "max_tokens": 9}
    told = facts(LLM | _texts("late", first=3) | {"input.value": json.dumps(body)})
    assert told.request["messages"][0]["content"] == [{"type": "text", "text": "early"}]
    assert (told.request["system"], told.request["max_tokens"], told.incomplete) == ("Be brief.", 9, None)


def test_the_native_answer_stands_in_for_missing_attributes() -> None:
    """Text, stop reason and counts come from output.value when the attributes have none; its id links the call."""
    part = read(LLM | {"output.value": json.dumps(ANSWER | {"stop_reason": "end_turn", "usage": USAGE})})
    told = part.facts
    assert (told.response["content"], told.stop_reason) == ([{"type": "text", "text": "On its way."}], "end_turn")
    assert (told.input_tokens, told.cache_read_tokens, part.links) == (21, 2048, ("response:msg_1",))


def test_the_prompt_count_includes_the_cache() -> None:
    """llm.token_count.prompt counts cache reads and writes; input_tokens does not."""
    counts = {"prompt": 2100, "completion": 5, "prompt_details.cache_read": 2048, "prompt_details.cache_write": 31}
    told = facts(LLM | _below("llm.token_count", counts))
    assert (told.input_tokens, told.cache_read_tokens, told.cache_write_tokens) == (21, 2048, 31)


def test_metadata_is_one_json_object() -> None:
    """What the application put into `metadata` is its own: a version, an environment, dimensions."""
    about = {"prompt_version": "17", "environment": "staging", "tenant": "acme", "feature": "chat"}
    told = facts(LLM | {"metadata": json.dumps(about), "tag.tags": ["a", "b"], "session.id": "s1", "user.id": "u1"})
    assert (told.prompt_version, told.environment, told.feature) == ("17", "staging", "chat")
    assert (told.metadata["tenant"], told.metadata["tags"]) == ("acme", "a,b")
    assert (told.session_id, told.user_id) == ("s1", "u1")


def test_a_chain_is_context_and_hidden_text_is_no_text() -> None:
    """Only kind LLM is a call; text that the client masked counts as missing."""
    chain = read({"openinference.span.kind": "CHAIN", "session.id": "s1", "input.value": "Hi"})
    assert (chain.kind, chain.facts.session_id, chain.facts.has_text) == (Kind.CONTEXT, "s1", False)
    assert not facts(LLM | _texts("__REDACTED__") | {"output.value": "__REDACTED__"}).has_text


def test_thousands_of_indexes_and_giant_ones_are_read() -> None:
    """10,000 messages are 10,000 messages; a number of a million digits is no index."""
    told = facts(LLM | _texts(*["Hi"] * 10_000) | {f"llm.input_messages.{'9' * 1_000_000}.message.content": "x"})
    assert len(told.request["messages"]) == 10_000


NAMES = (
    *(f"llm.input_messages.{index}.message.{key}" for index in (0, 7) for key in ("role", "content", "tool_call_id")),
    "llm.input_messages.7.message.contents.3.message_content.type",
    "llm.input_messages.7.message.contents.3.message_content.text",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
    "llm.output_messages.0.message.content",
    "llm.output_messages.0.message.function_call_name",
    "llm.tools.0.tool.json_schema",
    "llm.invocation_parameters",
    "input.value",
    "output.value",
    "llm.token_count.prompt",
    "metadata",
    "tag.tags",
)


@given(hostile(NAMES))
def test_any_value_gives_facts(attributes: dict[str, Any]) -> None:
    """Whatever the attributes hold, there is a part that can be stored."""
    assert PART.validate_json(PART.dump_json(read(attributes | LLM))).kind is Kind.CALL
