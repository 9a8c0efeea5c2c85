"""Judging by batches in tests: a desk of the real parts over a store in memory and a Claude server on loopback."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from evaluator.batches import Batches
from evaluator.batches.means import Keep, Means
from evaluator.lane import Lane
from evaluator.pipeline import Pipeline
from evaluator.settings import SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.batch import BatchClient, Limits
from judges.budget import Limit
from judges.client import ClaudeClient, ClientSettings
from judges.llm import LlmJudge
from judges.registry import Entry
from judges.rubric import Rubric, shipped
from store import batches as batch_store
from store import verdicts as verdict_store
from store.batches import Batch, BatchItem
from store.records import Sample, Verdict
from store.samples import Key
from store.store import Store
from tests.conftest import Clock
from tests.fakes import FakeClaude
from tests.judging import resources

JUDGE = "smell_test"
HAIKU = "claude-haiku-5-5"


@dataclass
class Desk:
    """Everything around one rubric judge that judges by batches."""

    store: Store
    clock: Clock
    batches: Batches
    lane: Lane
    means: Means
    metrics: Metrics
    samples: list[Sample] = field(default_factory=list)

    def keep(self, *samples: Sample) -> None:
        """Stores samples."""
        self.store.append_samples(samples).result()
        self.samples += samples

    @property
    def keys(self) -> dict[str, list[Key]]:
        """The samples that were stored, as owed by the judge."""
        return {JUDGE: [(sample.sample_id, sample.ts) for sample in self.samples]}

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by sample."""
        with self.store.read() as c:
            found = verdict_store.find(c, verdict_store.VerdictFilter(limit=10_000))
        return {verdict.sample_id: verdict for verdict in found}

    @property
    def made(self) -> list[Batch]:
        """All batches, oldest first."""
        with self.store.read() as c:
            return batch_store.newest(c, 1_000)[::-1]

    @property
    def items(self) -> list[BatchItem]:
        """What all batches hold."""
        with self.store.read() as c:
            return [item for batch in self.made for item in batch_store.items(c, batch.batch_key)]


def rubric(**fields: Any) -> Rubric:
    """The shipped smell test, with what a test changes."""
    return shipped(JUDGE).model_copy(update=fields)


@asynccontextmanager
async def open_desk(
    store: Store,
    clock: Clock,
    claude: FakeClaude,
    *,
    limits: Limits | None = None,
    budget: Limit | None = None,
    repeat_rate: float = 0.0,
    keep: Keep | None = None,
    **fields: Any,
) -> AsyncIterator[Desk]:
    """A desk over this store; opening another one over it is a restart. `fields` are the rubric's."""
    reached = ClientSettings(api_key="sk-test", base_url=claude.url, max_attempts=1)
    model = ClaudeClient(reached, rng=random.Random(1))
    shared = resources(model, limit=budget, clock=clock, repeat_rate=repeat_rate)
    judge = LlmJudge(rubric(**fields), shared, rate=1.0, model=HAIKU)
    entry = Entry(name=judge.name, kind="llm", features=("*",), rate=1.0, judge=judge, batch=True)
    lane, metrics = Lane(entry, judge, SamplingSettings(), clock), Metrics()
    pipeline = Pipeline(store, [lane], Settings(), clock, metrics)
    client = BatchClient(reached, limits)
    means = Means(store=store, client=client, resources=shared, clock=clock, keep=keep or pipeline.keep, at_once=2)
    batches = Batches(means, [lane], submit_at=time(2), window_start=pipeline.window_start, show=metrics.show_batches)
    batches.recall()
    claude.batches.clock = clock
    try:
        yield Desk(store, clock, batches, lane, means, metrics)
    finally:
        await client.close()
        await model.close()
