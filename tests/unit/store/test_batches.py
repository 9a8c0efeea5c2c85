"""Batches as the store keeps them: what is under way, what ended, and what is still owed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from store import batches, verdicts
from store.batches import Batch, BatchItem, BatchState
from store.database import Connection
from store.records import Opinion, Status
from store.store import Store
from store.verdicts import PendingQuery
from tests.builders import NOON, make_sample, make_verdict

T = TypeVar("T")
SERIES = ("smell_test", "v1")
PAID = Opinion(via="batch", status=Status.OK, passed=True, score=1.0, label="PASS", explanation="Fine.", cost_usd=0.001)


def batch(batch_key: str = "b1", /, **fields: object) -> Batch:
    """A batch of one request of the smell test."""
    named: dict[str, Any] = {"judge": "smell_test", "judge_version": "v1", "provider": "api.anthropic.com"}
    plain = Batch(batch_key=batch_key, **named, submitted_at=NOON, requests=1, bytes=100)
    return replace(plain, **fields)  # type: ignore[arg-type]


def item(sample_id: str = "s1", /, **fields: object) -> BatchItem:
    """The first vote on a sample of noon, in batch b1."""
    plain = BatchItem(
        batch_key="b1", position=0, sample_id=sample_id, ts=NOON, vote=0, tries=1, cut=0, content_hash="h" + sample_id
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def begun(store: Store, one: Batch, *items: BatchItem) -> Batch:
    store.run(lambda c: batches.begin(c, one, items)).result()
    return one


def ended(store: Store, one: Batch, *left: BatchItem) -> None:
    over = replace(one, state=BatchState.ENDED, ended_at=NOON + timedelta(hours=1), spent_usd=0.5, succeeded=1)
    store.run(lambda c: batches.end(c, over, left)).result()


def asked(store: Store, question: Callable[[Connection], T]) -> T:
    with store.read() as c:
        return question(c)


def pending(store: Store, judge: str = "smell_test", version: str = "v1") -> Sequence[str]:
    query = PendingQuery(judge=judge, judge_version=version, since=NOON)
    with store.read() as c:
        found = [sample_id for sample_id, _ in verdicts.pending(c, query)]
        assert verdicts.pending_count(c, query)[0] == len(found)
    return found


def test_a_batch_is_read_as_it_was_written(store: Store) -> None:
    """With its items, in the order of their samples and votes."""
    one = begun(store, batch(estimate_usd=0.25), item("s2"), item("s1", vote=1), item("s1"))
    assert asked(store, batches.open_batches) == [one]
    assert [(found.sample_id, found.vote) for found in asked(store, lambda c: batches.items(c, "b1"))] == [
        ("s1", 0),
        ("s1", 1),
        ("s2", 0),
    ]


def test_what_was_paid_for_is_read_as_it_was_written(store: Store) -> None:
    """An answer that waits for others keeps all that it says."""
    begun(store, batch(), item(opinion=PAID, position=None))
    (found,) = asked(store, lambda c: batches.items(c, "b1"))
    assert (found.opinion, found.position) == (PAID, None)


@pytest.mark.parametrize("state", [BatchState.SUBMITTING, BatchState.IN_PROGRESS])
def test_samples_in_an_open_batch_are_not_pending(store: Store, state: BatchState) -> None:
    """Nobody else asks about them, whether the provider has the batch or that is not known."""
    store.append_samples([make_sample("s1"), make_sample("s2")]).result()
    begun(store, batch(state=state), item("s1"))
    assert pending(store) == ["s2"]
    assert asked(store, lambda c: batches.under_way(c, [("s1", NOON), ("s2", NOON)])) == {("s1", NOON, *SERIES)}


def test_other_judges_owe_them_all_the_same(store: Store) -> None:
    """A batch is one judge version's."""
    store.append_samples([make_sample("s1")]).result()
    begun(store, batch(), item("s1"))
    assert pending(store, judge="tone") == pending(store, version="v2") == ["s1"]


def test_what_a_batch_left_undone_is_pending_again(store: Store) -> None:
    """And what was paid for is still known."""
    store.append_samples([make_sample("s1"), make_sample("s2")]).result()
    one = begun(store, batch(), item("s1"), item("s2"))
    left = item("s1", outcome="expired")
    ended(store, one, left)
    store.append_verdicts([make_verdict("s2", judge="smell_test")]).result()
    assert pending(store) == ["s1"]
    assert asked(store, lambda c: batches.undone(c, SERIES, [("s1", NOON), ("s2", NOON)])) == [left]
    assert asked(store, lambda c: batches.owed_again(c, SERIES, ["canceled"])) == [("s1", NOON)]
    assert asked(store, lambda c: batches.owed_again(c, SERIES, ["expired"])) == []


def test_the_next_batch_takes_over_when_it_ends(store: Store) -> None:
    """Until then what is left of the one before stays known, and is owed by nobody else."""
    ended(store, begun(store, batch(), item("s1")), item("s1", outcome="expired"))
    second = begun(store, batch("b2"), item("s1", batch_key="b2", tries=2))
    assert asked(store, lambda c: batches.owed_again(c, SERIES, [])) == []
    ended(store, second)
    assert asked(store, lambda c: batches.undone(c, SERIES, [("s1", NOON)])) == []


@pytest.mark.parametrize("failed", [True, False])
def test_a_batch_that_came_to_nothing_changes_nothing(store: Store, failed: bool) -> None:
    """Its samples are owed what they were before it: the tries, and what was paid for."""
    left = item("s1", outcome="answered", opinion=PAID)
    ended(store, begun(store, batch(), item("s1")), left)
    second = begun(store, batch("b2"), item("s1", batch_key="b2"))
    over = replace(second, state=BatchState.FAILED, ended_at=NOON)
    store.run(lambda c: batches.fail(c, over) if failed else batches.discard(c, "b2")).result()
    assert asked(store, lambda c: batches.owed_again(c, SERIES, [])) == [("s1", NOON)]
    assert asked(store, lambda c: batches.undone(c, SERIES, [("s1", NOON)])) == [left]


def test_an_ended_batch_says_what_it_cost(store: Store) -> None:
    """It stays listed with its counts, and is not open any more."""
    ended(store, begun(store, batch(), item()))
    assert asked(store, batches.open_batches) == []
    (found,) = asked(store, lambda c: batches.newest(c, 10))
    assert (found.state, found.spent_usd, found.succeeded) == (BatchState.ENDED, 0.5, 1)


def test_a_batch_that_never_was_leaves_nothing(store: Store) -> None:
    """Its samples are pending again."""
    store.append_samples([make_sample("s1")]).result()
    begun(store, batch(), item())
    store.run(lambda c: batches.discard(c, "b1")).result()
    assert (asked(store, lambda c: batches.newest(c, 10)), pending(store)) == ([], ["s1"])


def test_the_provider_knows_it_by_another_name(store: Store) -> None:
    """From then on it is in progress."""
    begun(store, batch(), item())
    store.run(lambda c: batches.submitted(c, "b1", "msgbatch_1")).result()
    (found,) = asked(store, batches.open_batches)
    assert (found.state, found.provider_id) == (BatchState.IN_PROGRESS, "msgbatch_1")
    assert asked(store, batches.provider_ids) == {"msgbatch_1"}


def test_trouble_is_told(store: Store) -> None:
    """A batch that cannot be asked about says why, and is open still."""
    begun(store, batch(), item())
    store.run(lambda c: batches.troubled(c, "b1", "no answer")).result()
    assert [found.reason for found in asked(store, batches.open_batches)] == ["no answer"]


def test_what_waits_is_counted_by_sample(store: Store) -> None:
    """Three votes on one sample are one sample; ended batches hold none."""
    begun(store, batch(), item("s1"), item("s1", vote=1), item("s2"))
    ended(store, begun(store, batch("b2"), item("s3", batch_key="b2")))
    assert asked(store, batches.waiting) == {"smell_test": 2}
    assert asked(store, lambda c: batches.contents_under_way(c, SERIES)) == {"hs1", "hs2"}


def test_what_is_long_over_is_forgotten(store: Store) -> None:
    """What was left undone is not kept for ever."""
    ended(store, begun(store, batch(), item()), item(outcome="canceled"))
    store.run(lambda c: batches.forget(c, NOON + timedelta(days=1))).result()
    assert asked(store, lambda c: batches.undone(c, SERIES, [("s1", NOON)])) == []
