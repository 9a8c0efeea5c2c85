"""Checks meet what anybody may send: nothing raises, nothing is told at length."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from judges.judge import Judge, Judgement
from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import make_judge

JUDGES: dict[str, dict[str, Any]] = {
    "no_leaks": {},
    "same_language": {},
    "cut_off_heuristic": {},
    "not_repeating": {},
    "forbidden_phrases": {"phrases": ["as an AI", "a", "日本"]},
    "required_phrases": {"phrases": ["as an AI", "a", "日本"]},
    "valid_json": {"on": "fenced"},
    "tool_calls": {},
    "known_numbers": {"least_context": 0, "ignore_below": 0},
    "known_citations": {"least_context": 0},
}
MADE = {kind: make_judge(kind, **definition) for kind, definition in JUDGES.items()}
PIECES = st.sampled_from(
    ["<EMAIL_1>", "<IP_12>", "```json\n", "```", "{", "[", "]", '"', "\\", "1,250", "1.2.3", "12 %", "[1]", "[1-999]",
     "【3†】", "https://", "http://[", "www.a.b", "and", "the ", ". ", "\n", "\u202e", "\ud800", "\0", "日本", "𝟘", "٣",
     "½", "e\u0301"]
)  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=12), max_size=30).map("".join)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SCHEMA = st.dictionaries(
    st.sampled_from(
        ["type", "properties", "items", "anyOf", "allOf", "$ref", "required", "enum", "pattern", "if", "not"]
    ),
    VALUE | st.just("#") | st.just({"a": {"$ref": "#"}}) | st.just([{"$ref": "#"}]),
    max_size=4,
)
BLOCK = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool_use", "document", "tool_result"]) | TEXT},
    optional={"text": TEXT | VALUE, "name": st.just("t") | VALUE, "input": VALUE, "content": VALUE},
)


def decide(judge: Judge, sample: Sample) -> Judgement:
    """What the judge says, in an event loop of its own."""
    return asyncio.run(judge.judge(sample))


@pytest.mark.parametrize("kind", sorted(JUDGES))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    system=TEXT | VALUE,
    messages=st.lists(
        st.fixed_dictionaries({"role": TEXT | st.just("user"), "content": TEXT | st.lists(BLOCK)}), max_size=3
    )
    | VALUE,
    tools=st.lists(st.fixed_dictionaries({"name": st.just("t") | VALUE, "input_schema": SCHEMA | VALUE}), max_size=2)
    | VALUE,
    content=TEXT | st.lists(BLOCK, max_size=4) | VALUE,
)
def test_nothing_raises(kind: str, system: Any, messages: Any, tools: Any, content: Any) -> None:
    """Whatever the blocks, schemas and texts are, there is a judgement, with a short explanation."""
    request = {"system": system, "messages": messages, "tools": tools}
    judgement = decide(MADE[kind], make_sample(request=request, response={"content": content}))
    assert judgement.status in Status
    assert 0 < len(judgement.explanation or "") < 1000


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schema=SCHEMA, value=VALUE)
def test_no_schema_of_a_stranger_raises(schema: Any, value: Any) -> None:
    """A call against any schema is judged or skipped."""
    request = {"tools": [{"name": "t", "input_schema": schema}]}
    call = {"type": "tool_use", "name": "t", "input": value}
    judgement = decide(MADE["tool_calls"], make_sample(request=request, response={"content": [call]}))
    assert judgement.status in (Status.OK, Status.SKIPPED)
