"""The judge's prompt: what it says, in which order, and how long samples are cut."""

from __future__ import annotations

import pytest

from judges.exchange import MAX_TOKENS
from judges.judge import version_of
from judges.llm import REPAIR
from judges.messages import THINKING_TOKENS
from judges.needs import GIVEN, LONG_MESSAGE
from judges.prompt import RENDERING, Prompt, build, system_text
from judges.rubric import shipped
from store.records import Sample
from tests.builders import make_sample

RUBRIC = shipped("smell_test")
CODE = "0123456789abcdef" * 2


def prompt(sample: Sample, limit: int = 24_000) -> Prompt:
    return build(RUBRIC, sample, boundary=CODE, limit=limit)


def asked(*messages: object, **request: object) -> Sample:
    """A sample with this conversation before the response."""
    return make_sample(request={"messages": list(messages), **request})


def test_the_sample_comes_first_and_the_task_after_it() -> None:
    """The question stands behind the sample, where the model reads it last."""
    user = prompt(make_sample(text="It is on its way.")).user
    assert user.startswith(f"=== sample {CODE} begins ===")
    assert user.index("It is on its way.") < user.index("ends ===") < user.index(RUBRIC.question)


def test_the_system_part_is_the_same_for_every_sample() -> None:
    """Nothing of a sample stands in the part that the provider caches."""
    one, other = prompt(make_sample(text="a")), prompt(make_sample(text="b"))
    assert one.system == other.system == system_text(RUBRIC)


def test_the_system_part_holds_the_whole_rubric() -> None:
    """Instructions, the meaning of both labels and each example reach the judge."""
    system = system_text(RUBRIC)
    parts = [RUBRIC.instructions.strip(), *RUBRIC.labels.values(), *(example.response for example in RUBRIC.examples)]
    assert all(part in system for part in parts)


def test_a_conversation_is_shown_turn_by_turn() -> None:
    """System prompt, turns, tool calls and tool results stand under titles of their own."""
    call = {"type": "tool_use", "name": "find_order", "input": {"id": 7}}
    result = {"type": "tool_result", "content": [{"type": "text", "text": "shipped"}]}
    sample = asked({"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}, system="Be kind.")
    lines = prompt(sample).user.splitlines()
    assert lines[1:7] == [
        "[request: system prompt]",
        "| Be kind.",
        "[request: assistant, calling a tool]",
        '| find_order {"id": 7}',
        "[request: user, result of a tool]",
        "| shipped",
    ]


def offering(*tools: object, calls: str) -> Sample:
    """A sample with these tools on offer, of which the response calls one."""
    call = {"type": "tool_use", "name": calls, "input": {"id": 7}}
    return make_sample(request={"tools": list(tools)}, response={"content": [call]})


def tool(name: str, description: str) -> dict[str, object]:
    """A tool with a required and an optional argument."""
    properties = {"id": {"type": "integer"}, "since": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["id"]}
    return {"name": name, "description": description, "input_schema": schema}


def test_a_judge_of_tool_use_reads_what_the_tools_say_of_themselves() -> None:
    """The tool that is called is shown with its schema, the others with their arguments and the gist of their words."""
    sample = offering(
        tool("find_order", "One\norder."), tool("list_orders", "All\n orders. " * 100), calls="find_order"
    )
    lines = build(shipped("tool_use"), sample, boundary=CODE).user.splitlines()
    assert lines[1:4] == ["[request: a tool on offer, one that the response calls]", "| find_order", "| One"]
    assert lines[5].startswith('| arguments: {"type": "object"')
    assert lines[7].startswith("| list_orders(id, since?): All orders. All")
    assert len(lines[7]) < 300


def test_other_judges_read_only_the_names_of_tools() -> None:
    """Descriptions cost tokens, and only a rubric that needs the tools gets them."""
    user = prompt(offering(tool("find_order", "One order."), calls="find_order")).user
    assert "[request: names of the tools on offer]\n| find_order\n[response" in user


def test_tools_that_were_not_recorded_are_said_to_be_so() -> None:
    """A client that tells of calls and not of tools must not make every call look like one of an unknown tool."""
    user = build(shipped("tool_use"), offering(calls="find_order"), boundary=CODE).user
    assert "[request: tools on offer, which were not recorded]\n(empty)\n" in user


def test_many_tools_leave_room_for_the_conversation() -> None:
    """A hundred tools with long descriptions stay within the limit, and what was asked is still there."""
    tools = [tool(f"tool_{n}", "x" * 2_000) for n in range(100)]
    sample = make_sample(request={"tools": tools, "messages": [{"role": "user", "content": "Which of them?"}]})
    shown = build(shipped("tool_use"), sample, boundary=CODE, limit=8_000)
    assert len(shown.user) < 12_000
    assert "| Which of them?" in shown.user
    assert shown.cut > 0


def test_the_reference_is_shown_when_there_is_one() -> None:
    """The known right answer helps the judge."""
    assert "| 42" in prompt(make_sample(reference="42")).user


def test_an_empty_response_is_shown_as_empty() -> None:
    """The judge sees that there was nothing, in words that no sample can forge."""
    user = prompt(make_sample(response={"content": []})).user
    assert "[response]\n(empty)\n" in user


def test_pictures_are_named_not_shown() -> None:
    """A block that is not text is mentioned, so that the judge knows what it cannot see."""
    sample = asked({"role": "user", "content": [{"type": "image", "source": {"data": "AAAA"}}]})
    assert "[request: user, something that is not text]\n| image" in prompt(sample).user
    assert "AAAA" not in prompt(sample).user


def test_who_the_user_is_stays_here() -> None:
    """Metadata, user and session ids are not the judge's business."""
    sample = make_sample(user_id="u-77", session_id="s-88", metadata={"plan": "gold-99"})
    assert not any(secret in prompt(sample).user for secret in ("u-77", "s-88", "gold-99"))


def test_a_short_sample_is_not_cut() -> None:
    """Within the limit nothing is left out and nothing is said about it."""
    found = prompt(make_sample())
    assert (found.cut, "left out" in found.user) == (0, False)


def test_a_long_response_is_cut_in_the_middle_and_says_so() -> None:
    """Both ends stay, the gap is marked with its size, and the task says that a gap is no fault."""
    found = prompt(make_sample(text="START" + "x" * 5_000 + "END"), limit=1_000)
    assert "START" in found.user
    assert "END" in found.user
    assert f"about {found.cut} characters were left out" in found.user
    assert 4_000 < found.cut < 4_200


def test_the_limit_holds_whatever_is_long() -> None:
    """System prompt, many turns, tool results and response together stay near the limit."""
    turns = [{"role": "user", "content": "x" * 3_000}, {"role": "assistant", "content": "y\n" * 3_000}] * 500
    sample = make_sample(request={"messages": turns, "system": "z" * 50_000}, text="w" * 50_000)
    shown = prompt(sample, limit=10_000).user
    assert len(shown) < 20_000
    assert prompt(sample, limit=10_000).cut > 4_000_000


def test_a_long_request_leaves_room_for_the_response() -> None:
    """At least half of the limit belongs to what is judged."""
    found = prompt(make_sample(ask="q" * 50_000, text="r" * 3_900), limit=8_000).user
    assert "r" * 3_900 in found


def test_a_short_response_leaves_room_for_the_request() -> None:
    """What the response does not need, the request may use."""
    found = prompt(make_sample(ask="q" * 7_000, text="short"), limit=8_000).user
    assert "q" * 7_000 in found


def test_a_boundary_must_be_128_bits_of_hex() -> None:
    """A short or empty code would be guessable: that is a programming error."""
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        build(RUBRIC, make_sample(), boundary="abc")


def test_what_else_decides_is_counted_by_the_rendering() -> None:
    """Whoever changes one of these counts `rendering` up in judges/prompt.py, and then this line."""
    deciding = [REPAIR, THINKING_TOKENS, MAX_TOKENS, LONG_MESSAGE, sorted(GIVEN)]
    assert version_of({"rendering": RENDERING, "deciding": deciding}) == "baff8c193fc0"
