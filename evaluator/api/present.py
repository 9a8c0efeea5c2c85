"""Store records as the JSON shapes of the API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from evaluator.api.shapes import BatchView, SampleView, SummaryRow, VerdictView
from evaluator.monitors.levels import bounded, interval
from store import verdicts as verdict_store
from store.batches import Batch
from store.database import Connection
from store.records import Sample, Verdict
from store.samples import Key
from store.verdicts import VerdictSummary


def samples(c: Connection, found: Sequence[Sample]) -> list[SampleView]:
    """Samples with their verdicts, in the given order."""
    if not found:
        return []
    by_sample = verdicts(c, [(sample.sample_id, sample.ts) for sample in found])
    return [SampleView.model_validate({**asdict(s), "verdicts": by_sample[s.sample_id, s.ts]}) for s in found]


def verdicts(c: Connection, keys: Sequence[Key]) -> dict[Key, list[VerdictView]]:
    """The verdicts on each of these samples."""
    ids, times = zip(*keys, strict=True)
    found: dict[Key, list[VerdictView]] = defaultdict(list)
    judged = verdict_store.of_samples(c, ids, from_ts=min(times), until_ts=max(times))
    for one in verdict_store.with_opinions(c, judged):
        found[one.sample_id, one.ts].append(verdict(one))
    return found


def verdict(one: Verdict) -> VerdictView:
    """One verdict."""
    return VerdictView.model_validate(asdict(one))


def batch(one: Batch, now: datetime) -> BatchView:
    """One batch of judgements."""
    age = ((one.ended_at or now) - one.submitted_at).total_seconds()
    told = {**asdict(one), "id": one.batch_key, "age_seconds": age, "detail": one.reason or ""}
    return BatchView.model_validate(told)


def summary(counts: VerdictSummary, waiting: int) -> SummaryRow:
    """One judge on one feature, with the interval of its pass rate, and its bounds with what failed or waits."""
    rate = bounded(interval(counts.n, counts.passed), counts.errors + waiting).model_dump()
    return SummaryRow.model_validate({**asdict(counts), **rate, "waiting": waiting})
