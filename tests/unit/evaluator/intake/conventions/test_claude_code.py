"""Claude Code: spans with counts, events with texts, with traces and without."""

from __future__ import annotations

from typing import Any

from evaluator.intake.assemble import assemble
from evaluator.intake.conventions import registry
from evaluator.intake.otlp.records import Resource
from evaluator.intake.parts import Kind, Part
from tests.builders import NOON
from tests.spans import NAMING, facts, make_log, read

SCOPE = "com.anthropic.claude_code.events"
REQUEST: dict[str, Any] = {"model": "claude", "input_tokens": "21", "output_tokens": "5", "cache_read_tokens": "2048"}
SPAN = REQUEST | {"request_id": "req_1", "success": True, "duration_ms": 84}


def _event(name: str, log_id: str = "1", /, *, trace: bool = False, **attributes: Any) -> Part | None:
    place = {"trace_id": "7" * 32, "span_id": "a" * 16} if trace else {}
    told = {"prompt.id": "p1", "session.id": "s1", **attributes}
    order = int(NOON.timestamp() * 1e9) + int(log_id)
    log = make_log(name, f"claude_code.{name}", scope=SCOPE, attributes=told, log_id=log_id, order=order, **place)
    return registry.read_log(log, NAMING)


def _turn(*, trace: bool = False) -> list[Part]:
    """One prompt, two requests: a tool's result came in between."""
    told: list[Part | None] = [
        _event("user_prompt", "1", prompt="Where?", trace=trace),
        _event("api_request", "2", request_id="req_1", **REQUEST, trace=trace),
        _event("api_request", "3", request_id="req_2", **REQUEST, trace=trace),
        _event("assistant_response", "4", request_id="req_2", response="There.", trace=trace),
    ]
    return [part for part in told if part is not None]


def test_a_request_is_a_call() -> None:
    """Its counts are the API's: the input leaves the cache out. They may be texts."""
    part = read(SPAN, name="claude_code.llm_request")
    assert (part.kind, part.links) == (Kind.CALL, ("request:req_1",))
    assert (part.facts.input_tokens, part.facts.cache_read_tokens, part.facts.latency_ms) == (21, 2048, 84)


def test_a_turn_is_context() -> None:
    """The turn's span is above several calls."""
    part = read({"span.type": "interaction", "gen_ai.operation.name": "chat"}, name="claude_code.interaction")
    assert part.kind is Kind.CONTEXT


def test_a_prompt_that_was_kept_back_is_none() -> None:
    """Without OTEL_LOG_USER_PROMPTS the event has a placeholder."""
    assert _event("user_prompt", prompt="<REDACTED>") is None


def test_only_the_applications_attributes_are_metadata() -> None:
    """What an operator puts into OTEL_RESOURCE_ATTRIBUTES; Claude Code's own names are not."""
    told = facts(SPAN | {"speed": "fast"}, name="claude_code.llm_request", resource={"team": "web", "os.type": "linux"})
    assert told.metadata == {"team": "web"}


def test_without_traces_events_give_calls() -> None:
    """The events of a turn are one group: two calls, the first with the prompt, the second with the answer."""
    parts = _turn()
    calls = sorted(assemble(parts).calls, key=lambda call: call.links)
    assert {part.group_id for part in parts} == {"i:p1"}
    assert [call.links for call in calls] == [("request:req_1",), ("request:req_2",)]
    assert [bool(call.facts.request.get("messages")) for call in calls] == [True, False]
    assert [bool(call.facts.response.get("content")) for call in calls] == [False, True]


def test_with_traces_events_and_spans_are_the_same_calls() -> None:
    """Span and event of a request have the same id: two calls, not four."""
    spans = [
        read(SPAN | {"request_id": f"req_{n}"}, name="claude_code.llm_request", span_id=str(n) * 16, parent_id="a" * 16)
        for n in (1, 2)
    ]
    turn = read({"user_prompt": "Where?"}, name="claude_code.interaction", span_id="a" * 16)
    calls = assemble([*_turn(trace=True), turn, *spans]).calls
    assert sorted(call.key for call in calls) == ["1" * 16, "2" * 16]


def test_a_failed_request() -> None:
    """Without traces it is a call with an error; in a trace without its id the span tells it."""
    failed = _event("api_error", error="Overloaded", status_code="529", model="claude")
    assert failed is not None
    assert (failed.kind, failed.facts.error) == (Kind.CALL, "HTTP 529: Overloaded")
    assert _event("api_error", trace=True, error="Overloaded") is None
    assert facts({"success": False}, name="claude_code.llm_request").error == "error"


def test_other_events_are_nothing() -> None:
    """Plugins, settings, tools."""
    log = make_log("", "claude_code.plugin_loaded", resource=Resource(scope=SCOPE))
    assert registry.read_log(log, NAMING) is None
