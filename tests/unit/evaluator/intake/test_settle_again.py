"""What comes again, or late, changes nothing, but may bring a text that was missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluator.intake.parts import Part
from judges.prompt import MARK
from store.records import TextState
from store.store import Store
from tests.builders import NOON
from tests.conftest import Clock
from tests.parts import ANSWERED, ASKED, call, content, context
from tests.unit.evaluator.intake.settling import Bench

LINK: dict[str, Any] = {"links": ("response:msg_1",)}
TRACE = [
    context("r", session_id="s1"),
    call("a", parent_id="r", text=False, **LINK),
    content("1", span_id="a", order=1, request=ASKED),
    content("2", span_id="a", order=2, response=ANSWERED),
    call("sdk", parent_id="a", text=False, source="anthropic-sdk", **LINK),
]


@pytest.fixture
def bench(store: Store, clock: Clock) -> Bench:
    return Bench(store, clock)


@pytest.mark.parametrize("again", [TRACE, TRACE[::-1], *([part] for part in TRACE)], ids=lambda parts: str(len(parts)))
async def test_what_comes_again_is_no_sample(bench: Bench, again: list[Part]) -> None:
    """All of a settled trace, or any piece of it, sent again makes no second sample and changes none."""
    await bench.add(*TRACE)
    await bench.settle()
    before = bench.stored
    await bench.add(*again, after=3600)
    await bench.settle()
    await bench.settle(after=400)
    assert (bench.stored, len(before), len(bench.judged)) == (before, 1, 1)
    assert bench.count("part WHERE kind = 'call'") == 0


async def test_while_it_waits(bench: Bench) -> None:
    """Sent again before it is settled, a call counts once."""
    for _ in range(3):
        await bench.add(*TRACE)
    await bench.settle()
    assert (bench.spans, bench.outcomes) == (["a"], {"accepted": 1})


@pytest.mark.parametrize(
    "late",
    [
        call("b", text=False, **LINK),
        call("b", parent_id="a", text=False, links=("response:chatcmpl-2",)),
        call("r", text=False),
        call("b", group_id="t:2", text=False, source="anthropic-sdk", **LINK),
    ],
    ids=["same name", "below it", "above it", "another trace"],
)
async def test_another_record_of_a_settled_call_is_absorbed(bench: Bench, late: Part) -> None:
    """A record that comes only after its call was settled is no call of its own."""
    await bench.add(call("a", parent_id="r", **LINK))
    await bench.settle(after=61)
    await bench.add(late, after=3600)
    await bench.settle(after=61)
    assert (bench.spans, bench.count("part")) == (["a"], 0)


@pytest.mark.parametrize(
    "late",
    [
        call("b", parent_id="r"),
        call("b", parent_id="a", output_tokens=999),
        call("b", group_id="t:2", **LINK),
        call("b", ended_at=NOON + timedelta(seconds=9), started_at=NOON + timedelta(seconds=8), **LINK),
    ],
    ids=["sibling", "other tokens below", "same convention elsewhere", "the name again"],
)
async def test_another_call_is_not_absorbed(bench: Bench, late: Part) -> None:
    """A late record that tells of something else is a sample."""
    await bench.add(call("a", parent_id="r", latency_ms=1000.0, **LINK))
    await bench.settle(after=61)
    await bench.add(late, after=3600)
    await bench.settle(after=61)
    assert bench.spans == ["a", "b"]


async def test_a_late_sum_of_several_calls_is_none(bench: Bench) -> None:
    """A span above two settled calls is no call, though it arrives alone."""
    await bench.add(call("a", parent_id="p"), call("b", parent_id="p"))
    await bench.settle(after=61)
    await bench.add(call("p", output_tokens=16), after=100)
    await bench.settle(after=61)
    assert bench.spans == ["a", "b"]


@pytest.mark.parametrize(
    "late",
    [call("b", **LINK), content("1", span_id="a", request=ASKED, response=ANSWERED)],
    ids=["record", "log"],
)
async def test_late_text_completes_a_sample_without(bench: Bench, late: Part) -> None:
    """A stored sample whose text is missing gains that of a late record, and is judged."""
    await bench.add(call("a", text=False, session_id="s1", **LINK))
    await bench.settle()
    await bench.add(late, after=3600)
    await bench.settle()
    (sample,) = bench.stored
    assert (sample.span_id, sample.session_id, sample.text) == ("a", "s1", TextState.KEPT)
    assert (sample.request, sample.response["content"]) == (ASKED, ANSWERED["content"])
    assert [one.text for one in bench.judged] == [TextState.MISSING, TextState.KEPT]


async def test_late_text_of_our_own_judges_is_not_judged(bench: Bench) -> None:
    """A call that only its late text shows to be a judge's stays without it."""
    await bench.add(call("a", text=False))
    await bench.settle()
    await bench.add(content("1", span_id="a", request={**ASKED, "system": f"{MARK} Judge."}, response=ANSWERED))
    await bench.settle()
    assert [one.text for one in (*bench.stored, *bench.judged)] == [TextState.MISSING] * 2


async def test_late_text_replaces_none(bench: Bench) -> None:
    """A sample with text keeps it, whatever comes later."""
    await bench.add(call("a", **LINK))
    await bench.settle()
    await bench.add(call("b", response={"content": [{"type": "text", "text": "other"}]}, **LINK), after=60)
    await bench.settle()
    assert [one.response["content"] for one in bench.stored] == [ANSWERED["content"]]


async def test_after_its_time_a_record_is_forgotten(bench: Bench) -> None:
    """What was settled is remembered for two days."""
    await bench.add(call("a", text=False))
    await bench.settle()
    assert bench.count("settled") > 0
    await bench.settle(after=49 * 3600)
    assert bench.count("settled") == 0


async def test_a_prompt_that_comes_again_is_not_the_next_calls(bench: Bench) -> None:
    """A turn's prompt, sent again together with the turn's second call, neither hides that call nor gives it text."""
    turn: dict[str, Any] = {"parent_id": "turn", "parent_is_remote": True, "text": False}
    prompt = content("p", span_id="turn", request=ASKED)
    await bench.add(prompt, call("a", **turn))
    await bench.settle()
    await bench.add(prompt, call("b", **turn), after=10)
    await bench.settle()
    assert [(one.span_id, one.text) for one in bench.stored] == [("a", TextState.KEPT), ("b", TextState.MISSING)]
    assert bench.count("part") == 0
