"""A call becomes a sample within the limits of the public shape: cut to fit, never rejected."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from evaluator.intake import finish
from evaluator.intake.assemble import assemble
from evaluator.intake.parts import Part
from store.records import Sample, TextState
from tests.builders import NOON
from tests.parts import call


def sample(part: Part) -> Sample:
    (found,) = assemble([part]).calls
    return finish.sample(found, arrived_at=NOON + timedelta(seconds=3), received_at=NOON + timedelta(seconds=13))


def test_a_call_keeps_its_names() -> None:
    """Trace, span and response id are kept, and the stop reason in one vocabulary beside the client's word."""
    made = sample(call("a", links=("response:msg_1",), stop_reason="tool_calls"))
    assert made.sample_id == "0af7651916cd43dd8448eb211c80319c:a"
    assert (made.trace_id, made.span_id, made.response_id) == ("0af7651916cd43dd8448eb211c80319c", "a", "msg_1")
    assert (made.stop_reason, made.stop_reason_raw, made.response["stop_reason"]) == (
        "tool_use",
        "tool_calls",
        "tool_use",
    )
    assert (made.ts, made.text) == (NOON, TextState.KEPT)


@pytest.mark.parametrize(
    ("facts", "feature"),
    [({"feature": "chat", "service": "web"}, "chat"), ({"service": "web"}, "web"), ({}, "default")],
)
def test_the_feature_is_told_or_stands_in(facts: dict[str, str], feature: str) -> None:
    """A feature's own name goes before the service's, and that before `default`."""
    assert sample(call("a", **facts)).feature == feature


@pytest.mark.parametrize(
    ("ended_at", "ts"),
    [
        (NOON + timedelta(minutes=4), NOON + timedelta(minutes=4)),
        (NOON + timedelta(minutes=6), NOON + timedelta(seconds=3)),
        (NOON.replace(year=1970), NOON + timedelta(seconds=3)),
        (None, NOON + timedelta(seconds=3)),
    ],
)
def test_a_clock_that_is_wrong_gives_way_to_the_arrival(ended_at: datetime | None, ts: datetime) -> None:
    """A time that cannot be (far ahead, long ago, none) is replaced by the arrival."""
    assert sample(call("a", ended_at=ended_at, started_at=None)).ts == ts


def test_long_ids_stay_apart() -> None:
    """Two long session ids with the same beginning are cut to different ones, always the same."""
    one, other = (sample(call("a", session_id="s" * 500 + last)).session_id for last in "ab")
    assert one != other
    assert one == sample(call("a", session_id="s" * 500 + "a")).session_id
    assert len(str(one)) == 256


def test_hostile_names_are_cut_and_cleaned() -> None:
    """Long and unprintable names, metadata and counts that no column holds are made to fit."""
    hostile = {f"k{n:03}\n": "v" * 9000 for n in range(100)}
    part = call("a\x00b", feature="f\n" * 300, model="m" * 999, metadata=hostile, input_tokens=2**70, output_tokens=-1)
    made = sample(replace(part, facts=replace(part.facts, latency_ms=float("inf"))))
    assert (len(made.feature), len(str(made.model)), made.sample_id.isprintable()) == (100, 256, True)
    assert (len(made.metadata), set(map(len, made.metadata.values()))) == (64, {4000})
    assert (made.input_tokens, made.output_tokens, made.latency_ms) == (None, None, None)


@pytest.mark.parametrize(("facts", "state"), [({}, TextState.KEPT), ({"text": False}, TextState.MISSING)])
def test_a_call_without_text_says_so(facts: dict[str, Any], state: TextState) -> None:
    """Text that the client did not send is missing."""
    assert sample(call("a", **facts)).text is state
