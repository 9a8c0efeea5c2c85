"""Intake: items are stored, counted or rejected, and answered after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.intake.accept import Intake
from evaluator.intake.decode import Item
from evaluator.settings import SamplingRule, SamplingSettings, Settings
from judges.prompt import MARK
from store import samples as sample_store
from store.errors import StoreUnavailable
from store.records import Outcome, Sample
from store.store import Store
from tests.builders import NOON
from tests.conftest import Clock


class Judging:
    """Stands for the pipeline: remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def __call__(self, samples: Sequence[Sample]) -> None:
        self.given.append([sample.sample_id for sample in samples])


class FullStore:
    """A store that cannot write now."""

    def append_samples(self, samples: Sequence[Sample], traffic: Sequence[object]) -> Future[list[Outcome]]:
        future: Future[list[Outcome]] = Future()
        future.set_exception(StoreUnavailable("the disk is full"))
        return future


def made(store: Any, clock: Clock, judging: Judging | None = None, **sampling: Any) -> Intake:
    settings = Settings(sampling=SamplingSettings(**sampling))
    return Intake(store, settings, clock, judging or Judging())


def batch(*values: Any) -> list[Item]:
    return [Item(index, value) for index, value in enumerate(values)]


def traffic(store: Store) -> dict[tuple[str, str], int]:
    store.run(lambda c: None).result()
    with store.read() as c:
        rows = c.execute("SELECT feature, outcome, sum(n)::BIGINT FROM traffic GROUP BY ALL").fetchall()
    return {(feature, outcome): n for feature, outcome, n in rows}


async def test_every_item_gets_its_result(store: Store, clock: Clock) -> None:
    """Good items are accepted, repeated ones are duplicates, broken ones are rejected with the reason, in order."""
    items = [
        *batch({"id": "a", "response": "x"}, {"id": "a", "response": "x"}, {"id": "b"}),
        Item(3, error=InputError("broken")),
    ]
    report = await made(store, clock).accept(items)
    assert [(r.index, r.id, r.outcome) for r in report.items] == [
        (0, "a", "accepted"),
        (1, "a", "duplicate"),
        (2, "b", "rejected"),
        (3, None, "rejected"),
    ]
    assert report.items[3].error == "broken"
    assert (report.accepted, report.duplicate, report.not_kept, report.rejected) == (1, 1, 0, 2)


async def test_an_accepted_sample_is_stored(store: Store, clock: Clock) -> None:
    """When the report is there the sample can be read, with what the sampler decided."""
    rule = SamplingRule(name="pro", when={"metadata.plan": "pro"}, rate=0.9)
    await made(store, clock, rules=(rule,)).accept(
        batch({"id": "a", "session_id": "s1", "response": "x", "metadata": {"plan": "pro"}})
    )
    with store.read() as c:
        kept = sample_store.get(c, "a")
    assert kept is not None
    assert (kept.sampling_class, kept.sampling_probability, kept.ts) == ("pro", 0.9, NOON)
    assert kept.sampling_u == pytest.approx(0.5376171977566001)


async def test_a_retry_is_a_duplicate(store: Store, clock: Clock) -> None:
    """The same item sent again later, with or without an id, is stored once."""
    intake = made(store, clock)
    items = batch(
        {"id": "a", "response": "x"}, {"response": "no id"}, {"id": "t", "response": "x", "timestamp": NOON.isoformat()}
    )
    await intake.accept(items)
    clock.advance(minutes=10)
    assert (await intake.accept(items)).duplicate == 3


async def test_what_is_not_kept_is_counted(store: Store, clock: Clock) -> None:
    """A sample outside the rate is answered with `rate`, is not stored, and is counted for its feature."""
    report = await made(store, clock, rate=0.0).accept(batch({"id": "a", "feature": "chat", "response": "x"}))
    assert (report.items[0].outcome, report.not_kept) == ("rate", 1)
    assert traffic(store) == {("chat", "rate"): 1}
    with store.read() as c:
        assert sample_store.get(c, "a") is None


async def test_rejected_and_repeated_items_are_counted(store: Store, clock: Clock) -> None:
    """Bad and repeated items leave a count under their feature."""
    item = {"id": "a", "feature": "chat", "response": "x"}
    await made(store, clock).accept(batch(item, item, {"feature": "chat"}, 5))
    assert traffic(store) == {("chat", "duplicate"): 1, ("chat", "rejected"): 1, ("(unknown)", "rejected"): 1}


async def test_own_judge_calls_are_never_kept(store: Store, clock: Clock) -> None:
    """A sample marked as one of Leadline's own judge calls is counted as self traffic, so no judge judges a judge."""
    report = await made(store, clock).accept(
        batch({"id": "a", "response": "x", "metadata": {"leadline.judge": "tone"}})
    )
    assert report.items[0].outcome == "self_traffic"
    assert traffic(store) == {("default", "self_traffic"): 1}


async def test_a_gateway_that_tells_of_a_judge_call_is_not_heard(store: Store, clock: Clock) -> None:
    """A judge's call is known by the words of its system prompt, and by the response that our client got."""
    intake = Intake(store, Settings(), clock, Judging(), answered=lambda response: response == "msg_ours")
    asked = {"system": f"{MARK}\nYou are a judge.", "messages": [{"role": "user", "content": "Judge."}]}
    told = [{"request": asked, "response": "PASS"}, {"response": "PASS", "response_id": "msg_ours"}, {"response": "Hi"}]
    report = await intake.accept(batch(*told))
    assert [item.outcome for item in report.items] == ["self_traffic", "self_traffic", "accepted"]


async def test_only_new_samples_go_to_the_judges(store: Store, clock: Clock) -> None:
    """The judges are told of what was stored now, once, and of nothing else."""
    judging = Judging()
    intake = made(store, clock, judging)
    await intake.accept(batch({"id": "a", "response": "x"}, {"id": "a", "response": "x"}, {}))
    await intake.accept(batch({"id": "a", "response": "x"}))
    assert judging.given == [["a"]]


async def test_nothing_is_answered_when_nothing_is_stored(clock: Clock) -> None:
    """When the store cannot write, the error reaches the caller and no judge hears of the samples."""
    judging = Judging()
    with pytest.raises(StoreUnavailable):
        await made(FullStore(), clock, judging).accept(batch({"id": "a", "response": "x"}))
    assert judging.given == []


async def test_a_large_batch_keeps_its_order(store: Store, clock: Clock) -> None:
    """A batch that is read in a thread gets the same results in the same order."""
    report = await made(store, clock).accept(batch(*({"id": str(n), "response": "x"} for n in range(300))))
    assert [result.id for result in report.items] == [str(n) for n in range(300)]
    assert report.accepted == 300


async def test_an_empty_batch_is_an_empty_report(store: Store, clock: Clock) -> None:
    """No items are no work and no error."""
    assert (await made(store, clock).accept([])).items == []


async def test_equal_answers_of_one_body_are_several_samples(store: Store, clock: Clock) -> None:
    """A model that gives one canned answer loses no vote; the same body sent again adds none."""
    intake = made(store, clock)
    canned = [{"feature": "chat", "response": "I cannot help with that."}] * 10
    first, again = await intake.accept(batch(*canned)), await intake.accept(batch(*canned))
    assert (first.accepted, again.accepted, again.duplicate) == (10, 0, 10)
