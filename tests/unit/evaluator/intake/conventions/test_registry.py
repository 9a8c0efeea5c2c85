"""Records become parts: their identity, who sent them, whose traffic they are; whatever is in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.intake.conventions import genai, names, registry
from evaluator.intake.parts import PART, Kind
from tests.builders import NOON
from tests.spans import HOSTILE, NAMING, facts, hostile, make_log, make_span, read

CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude"}
SYSTEM = "gen_ai.system_instructions"
NAMES = (
    *genai.PARAMETERS,
    *genai.INPUT_TOKENS,
    *genai.CACHE_READ,
    *genai.STOPPED,
    *names.SESSION[:3],
    *names.TAGS[:2],
    genai.INPUT,
    genai.OUTPUT,
    SYSTEM,
    "gen_ai.usage.raw",
    "gen_ai.tool.definitions",
    "model_request_parameters",
    "events",
    "metadata.requester_metadata",
    "anthropic.thinking.type",
    "error.type",
    "tenant",
)


def test_a_span_becomes_a_part() -> None:
    """Group, id, parent and times are the span's; it is told when it ends, after records that came before."""
    part = read(CALL, parent_id="4" * 16, parent_is_remote=True)
    assert (part.group_id, part.part_id) == (f"t:{'7' * 32}", f"s:{'5' * 16}")
    assert (part.parent_id, part.parent_is_remote, part.started_at) == ("4" * 16, True, NOON)
    assert part.order == int((NOON + timedelta(seconds=1)).timestamp()) * 10**9


def test_a_span_without_identity_is_nothing() -> None:
    """Neither a trace's id nor a span's can be made up."""
    assert registry.read_span(make_span(CALL, trace_id=""), NAMING) is None
    assert registry.read_span(make_span(CALL, span_id=""), NAMING) is None


def test_a_span_of_the_application_hands_down_what_it_knows() -> None:
    """Session, user and the rest are there for the calls below; its own failure and length are not theirs."""
    part = read({"session.id": "s1", "user_id": "u1", "tenant": "acme"}, status_code=2)
    assert (part.kind, part.facts.session_id, part.facts.user_id) == (Kind.CONTEXT, "s1", "u1")
    assert (part.facts.metadata, part.facts.error, part.facts.latency_ms) == ({"tenant": "acme"}, None, None)


@pytest.mark.parametrize(
    ("attributes", "resource"),
    [
        ({SYSTEM: '[{"type": "text", "content": "[leadline.judge] You judge."}]'}, {}),
        ({"leadline.judge": "tone"}, {}),
        ({}, {"service.name": "leadline", "leadline.judge": True}),
    ],
    ids=["prompt", "span", "resource"],
)
def test_our_own_calls_are_known(attributes: dict[str, Any], resource: dict[str, Any]) -> None:
    """A judge's prompt begins with its mark, or its span or process says so; other calls are not ours."""
    assert facts(CALL | attributes, resource=resource).self_traffic
    assert not facts(CALL | {SYSTEM: "You write about leadline.judge"}).self_traffic


def test_logs_of_anything_else_are_nothing() -> None:
    """An application's ordinary logs."""
    assert registry.read_log(make_log("", "started in 3 s"), NAMING) is None
    assert registry.read_log(make_log("gen_ai.evaluation.result", {"score": 1}), NAMING) is None


@given(hostile(NAMES), st.sampled_from(("", "litellm", "logfire.openai", "pydantic-ai", "com.anthropic.sdk.go")))
def test_no_attribute_breaks_a_span(attributes: dict[str, Any], scope: str) -> None:
    """Whatever is under the known names, the part can be stored and comes back as it was."""
    part = read(CALL | attributes, scope=scope)
    assert PART.validate_json(PART.dump_json(part)) == part


@given(
    st.sampled_from(("gen_ai.user.message", "gen_ai.choice", "user_prompt", "api_request", "api_error", genai.DETAILS)),
    HOSTILE,
    hostile(("prompt", "response", "request_id", "duration_ms", "input_tokens", "gen_ai.operation.name", genai.INPUT)),
)
def test_no_body_breaks_a_log(name: str, body: Any, attributes: dict[str, Any]) -> None:
    """Whatever a log record holds, it is a part that can be stored, or nothing."""
    scope = "com.anthropic.claude_code.events" if "gen_ai" not in name else ""
    part = registry.read_log(make_log(name, body, scope=scope, attributes=attributes), NAMING)
    assert part is None or PART.validate_json(PART.dump_json(part)) == part
