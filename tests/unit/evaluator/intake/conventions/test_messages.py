"""Messages with parts become system text, messages and blocks."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.intake.conventions import messages

HI = {"type": "text", "content": "Hi"}
SAID = [{"type": "text", "text": "Hi"}]


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (HI, SAID[0]),
        ({"type": "reasoning", "content": "Hm."}, {"type": "thinking", "thinking": "Hm."}),
        (
            {"type": "tool_call", "id": "t1", "name": "find", "arguments": {"n": 7}},
            {"type": "tool_use", "id": "t1", "name": "find", "input": {"n": 7}},
        ),
        (
            {"type": "tool_call", "id": "t1", "name": "find", "arguments": '{"n": 7}'},
            {"type": "tool_use", "id": "t1", "name": "find", "input": {"n": 7}},
        ),
        (
            {"type": "tool_call_response", "id": "t1", "response": "found"},
            {"type": "tool_result", "tool_use_id": "t1", "content": "found"},
        ),
        (
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0KGgo="},
            {"type": "image", "source": {"type": "omitted", "media_type": "image/png"}},
        ),
        ({"type": "anthropic_image"}, {"type": "image", "source": {"type": "omitted"}}),
        ({"type": "new", "of": {"blob": "iVBORw0K" * 99}}, {"type": "new", "of": {"blob": "(data left out)"}}),
    ],
    ids=["text", "reasoning", "call", "call as text", "result", "blob", "sdk's own", "unknown"],
)
def test_parts_become_blocks(part: dict[str, Any], block: dict[str, Any]) -> None:
    """Each kind of part, without the bytes of media."""
    assert messages.request([{"role": "user", "parts": [part]}]).value["messages"][0]["content"] == [block]


@pytest.mark.parametrize(
    "instructions",
    [
        '[{"type": "text", "content": "Be brief."}]',
        [{"type": "text", "content": "Be brief."}],
        "Be brief.",
        ["Be brief."],
    ],
    ids=["JSON", "structured", "text", "texts"],
)
def test_system_instructions_in_any_form(instructions: Any) -> None:
    """Parts as JSON or structured, plain text, or a list of texts."""
    assert messages.request(None, instructions).value == {"system": "Be brief."}


def test_a_system_message_joins_the_instructions() -> None:
    """Clients without instructions put the system among the messages; both are the system's text."""
    read = messages.request([{"role": "system", "parts": [{"type": "text", "content": "In German."}]}], "Be brief.")
    assert read.value == {"system": "Be brief.\nIn German."}


def test_a_tools_message_is_a_result() -> None:
    """A message of role tool, with the call's id beside its parts, is the user's tool_result."""
    read = messages.request([{"role": "tool", "parts": [HI], "tool_call_id": "t1"}]).value["messages"]
    assert read == [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": SAID}]}]


def test_calls_beside_the_parts_are_kept() -> None:
    """LiteLLM leaves OpenAI's tool_calls beside the parts."""
    call = {"id": "t1", "function": {"name": "find", "arguments": '{"n": 7}'}}
    read = messages.request([{"role": "assistant", "parts": [HI], "tool_calls": [call]}]).value["messages"][0]
    assert read["content"] == [*SAID, {"type": "tool_use", "id": "t1", "name": "find", "input": {"n": 7}}]


def test_of_several_answers_the_first_counts() -> None:
    """Each alternative ends with its own reason; what comes before the first reason is one answer."""
    first = [{"role": "assistant", "parts": [HI]}, {"role": "assistant", "parts": [HI], "finish_reason": "stop"}]
    other = {"role": "assistant", "parts": [HI, HI, HI], "finish_reason": "length"}
    assert messages.response([*first, other]) == messages.Output([*SAID, *SAID], "stop")


def test_cut_messages_are_marked() -> None:
    """What could be recovered of either text is there."""
    read = messages.request('[{"role":"user","parts":[{"type":"text","content":"Where is my ord')
    assert (read.cut, read.value["messages"][0]["content"]) == (True, [{"type": "text", "text": "Where is my ord"}])
