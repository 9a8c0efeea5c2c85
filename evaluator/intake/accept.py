"""Items → samples → one durable write → a result per item."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from evaluator import sampler
from evaluator.api.shapes import IngestReport, ItemResult
from evaluator.errors import InputError
from evaluator.intake import own_calls, public
from evaluator.intake.decode import Item
from evaluator.intake.measure import measured
from evaluator.intake.protection import AS_SENT, Redactor, TextPolicy
from evaluator.intake.traffic import Tally
from evaluator.settings import FEEDBACK_CLASS, Settings
from store.records import Clock, Outcome, Sample
from store.store import Store

CONTENT_ID = "h-"
"""How ids begin that public.content_id made of an item's content."""
OnAccepted = Callable[[Sequence[Sample]], object]
OnCounted = Callable[[Mapping[str, int]], object]


class Reader(Protocol):
    """Makes a sample of an item; InputError says in words why it cannot be one."""

    def __call__(self, item: Any, /, *, received_at: datetime, source: str) -> Sample: ...


class Intake:
    """The way into the store. `on_accepted` gets the new samples of a write after its COMMIT.

    `on_counted` is told how many items came to which outcome. `answered` knows the ids of responses that our own
    judges got, `wanted` which samples are kept whatever the rate.

    What is stored and judged has gone through the redactor. The judges get samples whole; the policy says how much of
    their text is stored. Leadline's own judge calls are counted, never kept.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        on_accepted: OnAccepted,
        on_counted: OnCounted = lambda _: None,
        *,
        redactor: Redactor = AS_SENT,
        policy: TextPolicy = AS_SENT,
        answered: Callable[[str | None], bool] = lambda _: False,
        wanted: Callable[[Sample], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._sampling = settings.sampling
        self._clock = clock
        self._on_accepted = on_accepted
        self._on_counted = on_counted
        self._redactor = redactor
        self.policy = policy
        self._answered = answered
        self._wanted = wanted

    async def accept(
        self, items: Sequence[Item], *, read: Reader = public.read, source: str = "webhook"
    ) -> IngestReport:
        """What became of every item, answered after the commit; StoreUnavailable when nothing can be written now."""
        batch = _Batch(self._clock())
        made = partial(read, received_at=batch.received_at, source=source)
        # Looking for what must not be stored takes its time with long texts: others are answered meanwhile.
        await asyncio.to_thread(self._read_all, items, batch, made)
        await self._write(batch)
        report = batch.report()
        self._on_counted(Counter(result.outcome for result in report.items))
        return report

    def draw(self, sample: Sample, *, is_own: bool = False) -> tuple[Sample, Outcome]:
        """The sample with what the sampler decided, and whether it is kept: accepted, rate or self traffic."""
        if is_own or self._answered(sample.response_id) or own_calls.is_own(sample.request, sample.metadata):
            return sample, Outcome.SELF_TRAFFIC
        draw = sampler.decide(self._sampling, sample)
        drawn = replace(
            sample,
            sampling_class=draw.sampling_class,
            sampling_probability=draw.probability,
            sampling_u=draw.u,
        )
        if draw.kept:
            return drawn, Outcome.ACCEPTED
        if self._wanted(sample):
            return replace(drawn, sampling_class=FEEDBACK_CLASS, sampling_probability=1.0), Outcome.ACCEPTED
        return drawn, Outcome.RATE

    def pass_on(self, samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> None:
        """New samples go to the judges; repeated ones, which only the writer can tell, are counted without waiting."""
        tally = Tally()
        fresh = []
        for sample, outcome in zip(samples, outcomes, strict=True):
            if outcome is Outcome.ACCEPTED:
                fresh.append(sample)
            else:
                tally.add(sample, outcome)
        if len(fresh) < len(samples):
            self._store.append_samples([], tally.counts())
        if fresh:
            self._on_accepted(fresh)

    def stored(self, sample: Sample) -> Sample:
        """The sample as the store gets it: measured, and with as much of its text as the policy keeps."""
        return self.policy.stored(measured(sample))

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Reports what became of samples that came another way than by `accept`."""
        self._on_counted(Counter(outcomes))

    def _read_all(self, items: Sequence[Item], batch: _Batch, read: Callable[[Any], Sample]) -> None:
        for item in items:
            self._read(item, batch, read)

    def _read(self, item: Item, batch: _Batch, read: Callable[[Any], Sample]) -> None:
        try:
            if item.error is not None:
                raise item.error
            sample = self._redactor.sample(read(item.value))
        except InputError as error:
            batch.reject(item, error, self._redactor.text)
            return
        if _has_no_id(item.value) and sample.sample_id.startswith(CONTENT_ID):
            sample = replace(sample, sample_id=batch.repeats.numbered(sample.sample_id))
        drawn, outcome = self.draw(sample)
        if outcome is Outcome.ACCEPTED:
            batch.keep(item.index, drawn)
        else:
            batch.leave_out(item.index, drawn, outcome)

    async def _write(self, batch: _Batch) -> None:
        """One write for samples and counts. It goes on when the caller goes away: its retry is then a duplicate."""
        traffic = batch.tally.counts()
        if not batch.samples and not traffic:
            return
        written = self._store.append_samples([self.stored(sample) for sample in batch.samples], traffic)
        outcomes: list[Outcome] = await asyncio.shield(asyncio.wrap_future(written))
        batch.settle(outcomes)
        self.pass_on(batch.samples, outcomes)


class _Batch:
    """The items of one call on their way: what is kept, what is only counted, and each one's result."""

    def __init__(self, received_at: datetime) -> None:
        self.received_at = received_at
        self.samples: list[Sample] = []
        self.tally = Tally()
        self.repeats = public.Repeats()
        self._places: list[int] = []
        self._results: list[ItemResult] = []

    def reject(self, item: Item, error: InputError, cleaned: Callable[[str], str]) -> None:
        self.tally.add_rejected(item.value, self.received_at, cleaned)
        self._add(item.index, _given_id(item.value), Outcome.REJECTED, str(error))

    def leave_out(self, index: int, sample: Sample, outcome: Outcome) -> None:
        self.tally.add(sample, outcome)
        self._add(index, sample.sample_id, outcome)

    def keep(self, index: int, sample: Sample) -> None:
        self._places.append(len(self._results))
        self.samples.append(sample)
        self._add(index, sample.sample_id, Outcome.ACCEPTED)

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Takes the writer's answer: accepted or duplicate, per kept sample."""
        for place, outcome in zip(self._places, outcomes, strict=True):
            self._results[place].outcome = outcome.value

    def report(self) -> IngestReport:
        return _report(self._results)

    def _add(self, index: int, sample_id: str | None, outcome: Outcome, error: str | None = None) -> None:
        self._results.append(ItemResult(index=index, id=sample_id, outcome=outcome.value, error=error))


def _report(results: list[ItemResult]) -> IngestReport:
    counts = Counter(result.outcome for result in results)
    accepted, duplicate, rejected = (counts[one] for one in (Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.REJECTED))
    return IngestReport(
        accepted=accepted,
        duplicate=duplicate,
        not_kept=len(results) - accepted - duplicate - rejected,
        rejected=rejected,
        items=results,
    )


def _given_id(value: object) -> str | None:
    """The id as its sender wrote it, when it is a text of usable length."""
    given = value.get("id") if isinstance(value, dict) else None
    return given if isinstance(given, str) and len(given) <= public.MAX_ID else None


def _has_no_id(value: object) -> bool:
    return not isinstance(value, dict) or value.get("id") in (None, "")
