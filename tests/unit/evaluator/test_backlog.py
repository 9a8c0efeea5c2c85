"""What judges owe is the same, counted from the oldest that was owed or from the beginning."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evaluator import owed
from evaluator.backlog import Backlog
from evaluator.lane import Lane
from evaluator.owed import Span
from evaluator.settings import SamplingSettings
from store import batches
from store.batches import Batch, BatchItem
from store.records import TextState
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

WINDOW = timedelta(hours=6)
BATCH = Batch(batch_key="k", judge="tone", judge_version="v1", provider="api", submitted_at=NOON, requests=2, bytes=9)
LATE_TEXT = "UPDATE sample SET text = 'kept', seq = $seq WHERE sample_id = 'early'"
"""As complete_samples does (store/sql/parts.sql)."""


@pytest.mark.parametrize("seed", range(4))
def test_it_counts_what_a_look_at_everything_counts(store: Store, clock: Clock, seed: int) -> None:
    """Whatever comes, is judged, or grows too old, in whatever order."""
    rng, backlog = random.Random(seed), Backlog()
    lane = Lane(FakeJudge(name="tone").entry, FakeJudge(name="tone"), SamplingSettings(), clock)
    unjudged: list[str] = []
    for step in range(25):
        for number in range(rng.randrange(3)):
            name = f"s{step}-{number}"
            late = timedelta(minutes=rng.randrange(120))
            store.append_samples([make_sample(name, ts=NOON, received_at=clock.now - late)]).result()
            unjudged.append(name)
        rng.shuffle(unjudged)
        for _ in range(rng.randrange(3)):
            if unjudged:
                store.append_verdicts([make_verdict(unjudged.pop(), judge="tone", judge_version="v1")]).result()
        clock.advance(minutes=rng.randrange(90))
        span = Span(clock.now - WINDOW, clock.now)
        with store.read() as c:
            assert backlog.count(c, lane, span) == owed.count(c, lane, span)


def test_a_text_that_comes_late_is_owed(store: Store, clock: Clock) -> None:
    """A sample without text is owed nothing; when its text comes, it is, though it arrived before all others."""
    backlog, judge = Backlog(), FakeJudge(name="tone")
    lane = Lane(judge.entry, judge, SamplingSettings(), clock)
    without = replace(make_sample("early", received_at=NOON - timedelta(hours=1)), text=TextState.MISSING)
    store.append_samples([without, make_sample("late")]).result()
    span = Span(NOON - WINDOW, NOON)
    with store.read() as c:
        assert backlog.count(c, lane, span) == (1, NOON)
    store.run_numbered(lambda c, seq: (c.execute(LATE_TEXT, {"seq": seq + 1}), seq + 1)).result()
    with store.read() as c:
        assert backlog.count(c, lane, span) == (2, NOON - timedelta(hours=1))


def test_what_comes_back_from_a_batch_is_owed(store: Store, clock: Clock) -> None:
    """While it is in a batch nothing waits; when the batch is given up, it waits again, though nothing new came."""
    backlog, judge = Backlog(), FakeJudge(name="tone")
    lane = Lane(judge.entry, judge, SamplingSettings(), clock)
    store.append_samples([make_sample("a"), make_sample("b")]).result()
    plain: dict[str, Any] = {"batch_key": "k", "ts": NOON, "vote": 0, "tries": 1, "cut": 0, "content_hash": "hash"}
    given = [BatchItem(position=i, sample_id=name, **plain) for i, name in enumerate("ab")]
    store.run(lambda c: batches.begin(c, BATCH, given)).result()
    span = Span(NOON - WINDOW, NOON)
    with store.read() as c:
        assert backlog.count(c, lane, span) == (0, None)
    store.run(lambda c: batches.discard(c, "k")).result()
    with store.read() as c:
        assert backlog.count(c, lane, span) == (2, NOON)
