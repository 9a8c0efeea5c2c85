"""Which records are one call, and what that call tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evaluator.intake.assemble import Call, assemble
from evaluator.intake.parts import Part
from tests.builders import NOON
from tests.parts import ANSWERED, ASKED, call, content, context

BEFORE = NOON - timedelta(minutes=5)


def calls(*parts: Part) -> list[Call]:
    return assemble(parts).calls


def only(*parts: Part) -> Call:
    (found,) = calls(*parts)
    return found


def keys(*parts: Part) -> list[str]:
    return sorted(one.key for one in calls(*parts))


def test_a_record_that_comes_twice_is_one() -> None:
    """The same record sent again adds nothing."""
    assert len(calls(call("a"), call("a"))) == 1


def test_two_calls_of_a_trace_are_two() -> None:
    """Siblings without a common name are calls of their own, also when they tell the same."""
    assert keys(context("root"), call("a", parent_id="root"), call("b", parent_id="root")) == ["a", "b"]


@pytest.mark.parametrize("links", [("response:msg_1",), ("request:req_1",)])
def test_siblings_of_one_name_are_one(links: tuple[str, ...]) -> None:
    """Two instrumentations beside each other that name the same response or request tell of one call."""
    assert len(calls(call("a", links=links), call("b", links=links, text=False))) == 1


def test_a_name_that_is_used_again_later_is_another_call() -> None:
    """A server that gives every answer the same id does not make one call of many: they follow each other."""
    later = {"started_at": NOON + timedelta(seconds=1), "ended_at": NOON + timedelta(seconds=2)}
    assert len(calls(call("a", links=("response:1",)), call("b", links=("response:1",), **later))) == 2


def test_clocks_of_two_machines_need_not_agree() -> None:
    """The API's own record of a call is the same call, though its clock is off."""
    theirs = {"started_at": NOON + timedelta(seconds=9), "ended_at": NOON + timedelta(seconds=10), "instance": "api"}
    assert len(calls(call("a", links=("response:1",)), call("b", links=("response:1",), text=False, **theirs))) == 1


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ({}, {}),
        ({"input_tokens": None, "output_tokens": None}, {}),
        ({"input_tokens": 21, "output_tokens": None}, {}),
        ({"input_tokens": 21}, {"input_tokens": 1, "cache_read_tokens": 20}),
        ({"output_tokens": 9, "links": ("response:1",)}, {"links": ("response:1",)}),
        ({"error": "429", "output_tokens": None}, {"error": "rate limit", "input_tokens": None, "output_tokens": None}),
        ({"output_tokens": 900}, {"text": False}),
    ],
    ids=["same", "none above", "half above", "cached", "same name", "both failed", "text above only"],
)
def test_parent_and_child_of_one_call(upper: dict[str, Any], lower: dict[str, Any]) -> None:
    """A record above one other is of the same call when it counts nothing, or the same, or both failed …"""
    assert keys(call("a", **upper), call("b", parent_id="a", **lower)) == ["a"]


def test_a_parent_that_counts_more_is_no_call() -> None:
    """A record above one call with more tokens and text on both sums up what was not told: the leaf counts."""
    assert keys(call("a", output_tokens=900), call("b", parent_id="a")) == ["b"]


def test_a_parent_of_two_calls_is_no_call() -> None:
    """A record above two calls is context to both, even with the name of the last; they inherit from it."""
    upper = call("a", output_tokens=16, session_id="s1", links=("response:2",))
    below = [call("b", parent_id="a", links=("response:1",)), call("c", parent_id="a", links=("response:2",))]
    assert [(one.key, one.facts.session_id) for one in calls(upper, *below)] == [("b", "s1"), ("c", "s1")]


def test_attempts_that_failed_are_not_the_call() -> None:
    """A call above a failed attempt and one with the same tokens is the latter; the failed one stays a call."""
    failed = call("b", parent_id="a", text=False, error="overloaded", input_tokens=None, output_tokens=None)
    found = {one.key: one for one in calls(call("a"), failed, call("c", parent_id="a", text=False))}
    assert set(found) == {"a", "b"}
    assert (found["a"].facts.error, found["b"].facts.error) == (None, "overloaded")


def test_grandparents_over_other_spans() -> None:
    """Records of one call may have other spans between them, and three of them are one call too."""
    chain = [call("a"), context("x", parent_id="a"), call("b", parent_id="x"), call("c", parent_id="b", text=False)]
    assert keys(*chain) == ["a"]


def test_a_loop_of_parents_ends() -> None:
    """Spans that are each other's parents are still calls."""
    assert len(calls(call("a", parent_id="b"), call("b", parent_id="a"))) >= 1


def test_the_record_with_text_wins() -> None:
    """Text comes from the record that has it, gaps are filled from the other, tokens are one record's set."""
    rich = {"input_tokens": 1, "cache_read_tokens": 20, "cache_write_tokens": 0, "output_tokens": 8}
    inner = call("b", parent_id="a", text=False, model="claude", stop_reason="end_turn", source="anthropic-sdk", **rich)
    told = only(call("a", stop_reason="stop", source="openllmetry"), inner).facts
    assert (told.source, told.model, told.stop_reason) == ("openllmetry", "claude", "end_turn")
    assert (told.input_tokens, told.cache_read_tokens, told.request, told.response) == (1, 20, ASKED, ANSWERED)


def test_whole_text_goes_before_cut_text() -> None:
    """Of two records with text, the one that is whole is taken, and the call is whole."""
    cut = call("a", incomplete="cut_json", response={"content": [{"type": "text", "text": "It is on"}]})
    told = only(cut, call("b", parent_id="a")).facts
    assert (told.response, told.incomplete) == (ANSWERED, None)


def test_the_outermost_names_the_call() -> None:
    """Sample id and time come from the outermost record, the latency is the longest."""
    outer = call("a", ended_at=NOON + timedelta(seconds=1), latency_ms=2000.0)
    found = only(call("b", parent_id="a", latency_ms=900.0), outer)
    assert (found.key, found.ended_at, found.facts.latency_ms) == ("a", NOON + timedelta(seconds=1), 2000.0)


def test_an_answered_call_takes_no_error_from_around_it() -> None:
    """What failed after the answer, in the application, is no error of the call."""
    assert only(call("a", text=False, error="KeyError"), call("b", parent_id="a")).facts.error is None


def test_updates_of_one_record_merge_in_order() -> None:
    """Of what is told twice of one span the later holds, whichever arrived first; what is told once stays."""
    made = call("g", response={}, model="draft", metadata={"a": "1", "b": "1"}, ended_at=None, order=1)
    done = call("g", request={}, model="final", metadata={"b": "2"}, order=2, stop_reason="end_turn")
    told = only(replace(done, part_id="e:2"), replace(made, part_id="e:1"))
    assert (told.facts.model, told.facts.metadata, told.ended_at) == ("final", {"a": "1", "b": "2"}, NOON)
    assert (told.facts.request, told.facts.response, told.facts.incomplete) == (ASKED, ANSWERED, None)


def test_inheritance_is_nearest_first() -> None:
    """A call takes what it lacks from the nearest span that has it, and metadata key by key."""
    root = context("r", session_id="far", user_id="u", metadata={"plan": "free", "region": "eu"})
    near = context("n", parent_id="r", session_id="near", metadata={"plan": "pro"})
    told = only(call("a", parent_id="n", metadata={"own": "1"}), near, root).facts
    assert (told.session_id, told.user_id) == ("near", "u")
    assert told.metadata == {"own": "1", "plan": "pro", "region": "eu"}


def test_a_call_keeps_what_it_says_itself() -> None:
    """What a call tells is not replaced from above, and the service's name does not go before a feature above."""
    root = context("r", session_id="far", feature="chat", service="gateway")
    told = only(call("a", parent_id="r", session_id="own", service="web"), root).facts
    assert (told.session_id, told.feature, told.service) == ("own", "chat", "web")


def test_a_broken_chain_takes_what_is_the_same_anyway() -> None:
    """When a span on the way up is missing, values that all tops of the trace agree on are taken, others are not."""
    tops = [context("r", session_id="s", user_id="u1"), context("q", session_id="s", user_id="u2")]
    told = only(call("a", parent_id="lost"), *tops).facts
    assert (told.session_id, told.user_id) == ("s", None)


def test_a_call_beside_a_trace_inherits_nothing() -> None:
    """A call with no parent at all takes nothing from other spans of its trace."""
    assert only(call("a"), context("r", session_id="s")).facts.session_id is None


def test_own_calls_are_known_by_any_record_or_span_above() -> None:
    """A judge's call is self traffic when one record, or a span above, says so."""
    assert only(call("a"), call("b", parent_id="a", self_traffic=True)).facts.self_traffic
    assert only(call("a", parent_id="r"), context("r", self_traffic=True)).facts.self_traffic


@pytest.mark.parametrize(
    ("facts", "incomplete"),
    [({}, "no_response"), ({"error": "timeout"}, None), ({"stop_reason": "content_filter"}, None)],
)
def test_a_request_without_an_end_is_half_a_call(facts: dict[str, Any], incomplete: str | None) -> None:
    """A request with neither answer nor error nor refusal is marked."""
    assert only(call("a", response={}, **facts)).facts.incomplete == incomplete


def test_no_text_is_not_half_a_call() -> None:
    """A call whose text was not sent at all is not called incomplete."""
    assert only(call("a", text=False)).facts.incomplete is None


def test_a_streamed_answer_beside_its_request() -> None:
    """An answer that was logged in a moment beside the same request without one is its answer, each its own."""
    asked = [call(f"r{n}", parent_id="p", response={}, input_tokens=None, output_tokens=None) for n in (1, 2)]
    told = [call(f"s{n}", parent_id="p", started_at=NOON, ended_at=NOON) for n in (1, 2)]
    found = calls(context("p"), *asked, *told)
    assert [(one.key, one.facts.response) for one in found] == [("r1", ANSWERED), ("r2", ANSWERED)]


def test_two_conventions_in_two_traces() -> None:
    """Records of one call in two traces are one when name, process and time agree and the conventions differ."""
    other = {"group_id": "t:2", "links": ("response:1",), "text": False}
    mine = call("a", links=("response:1",))
    assert len(calls(mine, call("b", source="anthropic-sdk", **other))) == 1
    assert len(calls(mine, call("b", **other))) == 2
    assert len(calls(mine, call("b", source="anthropic-sdk", instance="elsewhere", **other))) == 2


def test_a_failed_call_is_named_in_its_error() -> None:
    """The request's id in an error's text joins the records of a failed call in two traces."""
    failed = {"input_tokens": None, "output_tokens": None}
    told = call("a", response={}, error="Error code: 429 - {'request_id': 'req_011C1b1810c600a341bfaee7'}", **failed)
    sdk = call("b", group_id="t:2", text=False, source="anthropic-sdk", links=("request:req_011C1b1810c600a341bfaee7",))
    assert len(calls(told, replace(sdk, facts=replace(sdk.facts, **failed, error="rate_limit_error")))) == 1


def test_logs_of_one_span_are_calls_of_their_own() -> None:
    """Several requests logged on one span above them are several calls; with the span's names they are its calls."""
    logged = [
        replace(call("i", links=(f"request:{n}",), text=False), part_id=f"l:{n}", started_at=None) for n in (1, 2)
    ]
    spans = [call(f"c{n}", parent_id="i", links=(f"request:{n}",)) for n in (1, 2)]
    assert len(calls(*logged, context("i"))) == 2
    assert keys(*logged, context("i"), *spans) == ["c1", "c2"]


def test_text_is_joined_to_its_span() -> None:
    """Pieces of text are joined to the span they name, in their order."""
    first = content("1", span_id="a", order=1, request=ASKED)
    second = content("2", span_id="a", order=2, request={"messages": [{"role": "assistant", "content": "Which?"}]})
    answer = content("3", span_id="a", order=3, response=ANSWERED, stop_reason="stop")
    told = only(answer, second, call("a", text=False), first).facts
    assert [message["role"] for message in told.request["messages"]] == ["user", "assistant"]
    assert (told.response, told.stop_reason, told.input_tokens, told.incomplete) == (ANSWERED, "stop", 21, None)


def test_text_is_joined_by_name_before_span() -> None:
    """Text that names a request goes to that call, though it was told on the span above both."""
    parts = [context("i"), *(call(n, parent_id="i", text=False, links=(f"request:{n}",)) for n in "ab")]
    answer = content("1", span_id="i", links=("request:b",), response=ANSWERED)
    assert {one.key: one.facts.has_text for one in calls(*parts, answer)} == {"a": False, "b": True}


def test_a_prompt_above_calls_is_the_first_ones() -> None:
    """A prompt told on a span above several calls is the first one's that has none."""
    later = {"started_at": NOON, "ended_at": NOON + timedelta(seconds=1)}
    parts = [context("i"), call("b", parent_id="i", text=False, **later), call("a", parent_id="i", text=False)]
    found = {one.key: one.facts.request for one in calls(*parts, content("1", span_id="i", request=ASKED))}
    assert found == {"a": ASKED, "b": {}}
