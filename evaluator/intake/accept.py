"""Items → samples → one durable write → a result per item."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from evaluator import sampler
from evaluator.api.shapes import IngestReport, ItemResult
from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.decode import Item
from evaluator.intake.traffic import Tally
from evaluator.settings import Settings
from store.records import Clock, Outcome, Sample
from store.store import Store

SELF_MARKER = "leadline.judge"
OnAccepted = Callable[[Sequence[Sample]], object]
OnReport = Callable[[IngestReport], object]
LARGE_BATCH = 200


class Intake:
    """The way into the store. `on_accepted` gets the new samples of a write after its COMMIT, `on_report` its result.

    A sample whose metadata has the key `leadline.judge` is one of Leadline's own judge calls: counted, never kept.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        on_accepted: OnAccepted,
        on_report: OnReport = lambda _: None,
    ) -> None:
        self._store = store
        self._sampling = settings.sampling
        self._clock = clock
        self._on_accepted = on_accepted
        self._on_report = on_report

    async def accept(self, items: Sequence[Item], *, source: str = "webhook") -> IngestReport:
        """What became of every item, answered after the commit; StoreUnavailable when nothing can be written now."""
        batch = _Batch(self._clock())
        if len(items) > LARGE_BATCH:
            await asyncio.to_thread(self._read_all, items, batch, source)
        else:
            self._read_all(items, batch, source)
        await self._write(batch)
        report = batch.report()
        self._on_report(report)
        return report

    def _read_all(self, items: Sequence[Item], batch: _Batch, source: str) -> None:
        for item in items:
            self._read(item, batch, source)

    def _read(self, item: Item, batch: _Batch, source: str) -> None:
        try:
            if item.error is not None:
                raise item.error
            sample = public.read(item.value, received_at=batch.received_at, source=source)
            if item.value.get("id") in (None, ""):
                sample = replace(sample, sample_id=batch.repeats.numbered(sample.sample_id))
        except InputError as error:
            batch.reject(item, error)
        else:
            self._draw(item.index, sample, batch)

    def _draw(self, index: int, sample: Sample, batch: _Batch) -> None:
        if SELF_MARKER in sample.metadata:
            batch.leave_out(index, sample, Outcome.SELF_TRAFFIC)
            return
        draw = sampler.decide(self._sampling, sample)
        if not draw.kept:
            batch.leave_out(index, sample, Outcome.RATE)
            return
        drawn = replace(
            sample,
            sampling_class=draw.sampling_class,
            sampling_probability=draw.probability,
            sampling_u=draw.u,
        )
        batch.keep(index, drawn)

    async def _write(self, batch: _Batch) -> None:
        """One write for samples and counts. It goes on when the caller goes away: its retry is then a duplicate."""
        traffic = batch.tally.counts()
        if not batch.samples and not traffic:
            return
        written = self._store.append_samples(batch.samples, traffic)
        outcomes: list[Outcome] = await asyncio.shield(asyncio.wrap_future(written))
        batch.settle(outcomes)
        self._pass_on(batch)

    def _pass_on(self, batch: _Batch) -> None:
        """New samples go to the judges; repeated ones, which only the writer can tell, are counted without waiting."""
        fresh, repeated = batch.split()
        if repeated:
            tally = Tally()
            for sample in repeated:
                tally.add(sample, Outcome.DUPLICATE)
            self._store.append_samples([], tally.counts())
        if fresh:
            self._on_accepted(fresh)


class _Batch:
    """The items of one call on their way: what is kept, what is only counted, and each one's result."""

    def __init__(self, received_at: datetime) -> None:
        self.received_at = received_at
        self.samples: list[Sample] = []
        self.tally = Tally()
        self.repeats = public.Repeats()
        self._places: list[int] = []
        self._outcomes: list[Outcome] = []
        self._results: list[ItemResult] = []

    def reject(self, item: Item, error: InputError) -> None:
        self.tally.add_rejected(item.value, self.received_at)
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
        self._outcomes = list(outcomes)
        for place, outcome in zip(self._places, outcomes, strict=True):
            self._results[place].outcome = outcome.value

    def split(self) -> tuple[list[Sample], list[Sample]]:
        """The samples that are new, and those that were stored before."""
        pairs = list(zip(self.samples, self._outcomes, strict=True))
        fresh = [sample for sample, outcome in pairs if outcome is Outcome.ACCEPTED]
        return fresh, [sample for sample, outcome in pairs if outcome is not Outcome.ACCEPTED]

    def report(self) -> IngestReport:
        accepted = self._outcomes.count(Outcome.ACCEPTED)
        rejected = sum(result.outcome == Outcome.REJECTED for result in self._results)
        return IngestReport(
            accepted=accepted,
            duplicate=len(self._outcomes) - accepted,
            not_kept=len(self._results) - len(self._outcomes) - rejected,
            rejected=rejected,
            items=self._results,
        )

    def _add(self, index: int, sample_id: str | None, outcome: Outcome, error: str | None = None) -> None:
        self._results.append(ItemResult(index=index, id=sample_id, outcome=outcome.value, error=error))


def _given_id(value: object) -> str | None:
    """The id as its sender wrote it, when it is a text of usable length."""
    given = value.get("id") if isinstance(value, dict) else None
    return given if isinstance(given, str) and len(given) <= public.MAX_ID else None
