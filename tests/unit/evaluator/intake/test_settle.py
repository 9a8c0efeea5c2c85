"""When parts become samples, and what is written with them."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from evaluator.intake.parts import Part
from evaluator.intake.protection import AsSent
from store.coverage import traffic
from store.errors import StoreUnavailable
from store.records import Outcome, Sample, TextState
from store.store import Store
from tests.builders import NOON
from tests.conftest import Clock
from tests.parts import ANSWERED, ASKED, call, content, context
from tests.unit.evaluator.intake.settling import Bench, Marking, Withholding


@pytest.fixture
def bench(store: Store, clock: Clock) -> Bench:
    return Bench(store, clock)


async def test_a_quiet_call_becomes_a_sample(bench: Bench) -> None:
    """Ten seconds after its last part a call is a sample, judged, and its parts are gone."""
    await bench.add(call("a", session_id="s1"))
    assert (await bench.settle(after=9), bench.spans) == (0, [])
    assert (await bench.settle(after=1), bench.spans) == (1, ["a"])
    assert [sample.session_id for sample in bench.judged] == ["s1"]
    assert bench.count("part") == 0


async def test_what_is_added_is_durable(bench: Bench, store: Store, clock: Clock) -> None:
    """Parts are in the store when `add` returns: another settler makes the sample."""
    await bench.add(call("a"))
    assert (await Bench(store, clock).settle(), bench.spans) == (1, ["a"])


async def test_a_busy_trace_waits(bench: Bench) -> None:
    """A new part of the group puts the settling off."""
    await bench.add(call("a"))
    await bench.add(call("b"), after=8)
    assert await bench.settle(after=9) == 0
    assert await bench.settle(after=1) == 2


@pytest.mark.parametrize(
    "part", [call("a", parent_id="lost"), call("a", ended_at=None)], ids=["a span above is missing", "its end is"]
)
async def test_what_is_open_waits_longer(bench: Bench, part: Part) -> None:
    """A call with something still to come waits a minute."""
    await bench.add(part)
    assert await bench.settle(after=59) == 0
    assert await bench.settle(after=1) == 1


async def test_a_parent_that_arrives_ends_the_waiting(bench: Bench) -> None:
    """The span above arrives in another request, and the call inherits from it."""
    await bench.add(call("a", parent_id="r"))
    await bench.add(context("r", session_id="s1"), after=20)
    assert await bench.settle(after=0) == 1
    assert bench.stored[0].session_id == "s1"


async def test_a_remote_parent_is_not_waited_for(bench: Bench) -> None:
    """A span of another process above may never come."""
    await bench.add(call("a", parent_id="far", parent_is_remote=True))
    assert await bench.settle() == 1


async def test_a_trace_that_never_rests_is_settled(bench: Bench) -> None:
    """After five minutes what has been there for ten seconds is settled, the rest later."""
    for n in range(34):
        await bench.add(call(f"c{n:02}"), after=9 if n else 0)
    assert await bench.settle(after=2) == 0
    assert await bench.settle(after=1) == 33
    assert await bench.settle(after=7) == 1


async def test_what_lies_above_is_still_inherited_later(bench: Bench) -> None:
    """A trace told ahead hands down to calls that come after the first were settled."""
    trace = {"group_id": "lf:trace-1"}
    await bench.add(context("t", session_id="s1", feature="chat", **trace), call("a", parent_id="t", **trace))
    await bench.settle()
    await bench.add(call("b", parent_id="t", **trace), after=600)
    await bench.settle()
    assert {(one.span_id, one.session_id, one.feature) for one in bench.stored} == {
        ("a", "s1", "chat"),
        ("b", "s1", "chat"),
    }


async def test_what_lies_above_is_not_kept_for_ever(bench: Bench) -> None:
    """Spans above calls are forgotten some minutes later."""
    await bench.add(context("r"))
    await bench.settle()
    assert bench.count("part") == 1
    await bench.settle(after=300)
    assert bench.count("part") == 0


async def test_what_is_not_kept_is_counted_once(store: Store, clock: Clock) -> None:
    """A call outside the rate, and a judge's own, are counted, remembered and not stored, also when they come again."""
    bench = Bench(store, clock, sampling={"rate": 0.0})
    for _ in range(2):
        await bench.add(call("a"), call("own", self_traffic=True))
        await bench.settle()
    with store.read() as c:
        counted = {row.outcome: row.n for row in traffic(c, NOON - timedelta(days=1), NOON + timedelta(days=1))}
    assert (counted, bench.stored) == ({Outcome.RATE: 1, Outcome.SELF_TRAFFIC: 1, Outcome.DUPLICATE: 2}, [])
    assert bench.outcomes == {"rate": 1, "self_traffic": 1, "duplicate": 2}


async def test_a_call_without_text_is_stored(bench: Bench) -> None:
    """A call without text is a sample whose text is missing."""
    await bench.add(call("a", text=False))
    await bench.settle()
    assert (bench.stored[0].text, bench.stored[0].input_tokens) == (TextState.MISSING, 21)


async def test_redaction_happens_before_the_disk(store: Store, clock: Clock) -> None:
    """What the redactor takes out of a record is never in the store, and marks become numbers in the sample."""
    bench = Bench(store, clock, redactor=Marking())
    await bench.add(call("a", error="a secret"))
    with store.read() as c:
        assert "secret" not in str(c.execute("SELECT body FROM part").fetchall())
    await bench.settle()
    assert (bench.stored[0].error, bench.judged[0].error) == ("a <1>", "a <1>")


async def test_withheld_text_never_reaches_the_disk(store: Store, clock: Clock) -> None:
    """Text of a feature that keeps none is judged from memory and stored nowhere."""
    bench = Bench(store, clock, policy=Withholding())
    await bench.add(call("a", feature="secret"), call("b", feature="chat"))
    with store.read() as c:
        bodies = [body for (body,) in c.execute("SELECT body FROM part ORDER BY part_id").fetchall()]
    assert ["on its way" in body for body in bodies] == [False, True]
    await bench.settle()
    assert [one.text for one in bench.stored] == [TextState.WITHHELD, TextState.KEPT]
    assert sorted((str(one.span_id), one.response["content"]) for one in bench.judged) == [
        ("a", ANSWERED["content"]),
        ("b", ANSWERED["content"]),
    ]


async def test_withheld_text_is_gone_after_a_kill(store: Store, clock: Clock) -> None:
    """A call whose text was in memory alone survives without it, and that is told."""
    await Bench(store, clock, policy=Withholding()).add(call("a", feature="secret"))
    after = Bench(store, clock, policy=Withholding())
    await after.settle()
    assert (after.stored[0].text, after.stored[0].response, after.lost) == (
        TextState.WITHHELD,
        {},
        {"withheld_text": 1},
    )


async def test_text_without_a_call_is_given_up(bench: Bench) -> None:
    """Text whose call never comes waits five minutes, then it is dropped and told."""
    await bench.add(content("1", span_id="a", request=ASKED), content("2", group_id="i:p", request=ASKED))
    await bench.settle()
    assert bench.count("part") == 2
    await bench.settle(after=300)
    assert (bench.count("part"), bench.lost) == (0, {"text_without_call": 2})


async def test_text_waits_for_its_call(bench: Bench) -> None:
    """Logs that come before their span are joined to it, however long the call took."""
    await bench.add(content("1", span_id="a", order=1, request=ASKED))
    for _ in range(4):
        await bench.settle(after=30)
    await bench.add(content("2", span_id="a", order=2, response=ANSWERED), call("a", text=False))
    await bench.settle()
    assert (bench.stored[0].request, bench.stored[0].response) == (ASKED, ANSWERED)
    assert bench.count("part") == 0


async def test_text_of_no_span_is_joined_over_requests(bench: Bench) -> None:
    """Text that names no span finds the call of its process that ran then, in another group."""
    told = NOON - timedelta(milliseconds=500)
    await bench.add(content("1", group_id="i:p", request=ASKED, started_at=told))
    await bench.add(call("a", text=False))
    await bench.settle()
    assert (bench.stored[0].request, bench.count("part")) == (ASKED, 0)


async def test_a_call_that_waits_elsewhere_is_a_rival(bench: Bench) -> None:
    """Text that names no span is nobody's while another silent call of its time waits to be settled."""
    told = NOON - timedelta(milliseconds=500)
    await bench.add(content("1", group_id="i:p", request=ASKED, started_at=told))
    await bench.add(call("a", text=False), call("b", text=False, group_id="t:2", parent_id="lost"))
    await bench.settle()
    await bench.settle(after=60)
    assert [one.text for one in bench.stored] == [TextState.MISSING] * 2
    assert bench.lost == {"ambiguous_text": 1}


async def test_one_that_cannot_be_read_does_not_stop_the_rest(bench: Bench) -> None:
    """A row that is no part (of a version to come, say) is given up and told; those due with it are settled."""
    await bench.add(call("a"), call("b"))
    bench.store.run(lambda c: c.execute("UPDATE part SET body = '{}' WHERE part_id = 's:b'")).result()
    assert (await bench.settle(), bench.spans, bench.count("part")) == (1, ["a"], 0)
    assert bench.lost == {"unreadable": 1}


async def test_one_that_cannot_be_stored_does_not_stop_the_rest(store: Store, clock: Clock) -> None:
    """A call that the store refuses is given up and told; those due with it are stored."""
    bench = Bench(store, clock, redactor=Poisoning())
    await bench.add(call("a"), call("b", group_id="t:2", error="poison"), call("c", group_id="t:3"))
    assert (await bench.settle(), bench.spans, bench.count("part")) == (2, ["a", "c"], 0)
    assert bench.lost == {"unstorable": 1}


class Poisoning(AsSent):
    """Makes a sample that no column holds of one with the error `poison`."""

    def number(self, sample: Sample, /) -> Sample:
        return replace(sample, input_tokens=2**70) if sample.error else sample


class FullStore:
    """A store that cannot write now."""

    def append_parts(self, _rows: Any) -> Future[object]:
        future: Future[object] = Future()
        future.set_exception(StoreUnavailable("the disk is full"))
        return future


async def test_nothing_is_acknowledged_that_is_not_durable(clock: Clock) -> None:
    """When the store cannot write, the caller hears it."""
    with pytest.raises(StoreUnavailable):
        await Bench(cast("Store", FullStore()), clock).add(call("a"))


async def test_hostile_text_is_taken(bench: Bench) -> None:
    """Lone surrogates, NUL and numbers that are none reach the store as something near."""
    hostile = {"messages": [{"role": "user", "content": "a\ud800\x00"}], "temperature": float("nan")}
    await bench.add(call("a\ud800", request=hostile, session_id="s\ud800", metadata={"k\x00": "v\ud800"}))
    await bench.settle()
    (sample,) = bench.stored
    assert isinstance(sample, Sample)
    assert sample.response["content"] == ANSWERED["content"]


async def test_one_long_text_does_not_part_a_trace(store: Store, clock: Clock) -> None:
    """A trace with one call of 2 MB is settled whole: all of its calls inherit from the span above."""
    bench = Bench(store, clock)
    long: dict[str, Any] = {"messages": [{"role": "user", "content": "x" * 2_000_000}]}
    calls = [call(f"c{n:02}", parent_id="r", output_tokens=n) for n in range(20)]
    await bench.add(call("long", parent_id="r", request=long), *calls, context("r", session_id="s1"))
    await bench.settle()
    assert [one.session_id for one in bench.stored] == ["s1"] * 21
