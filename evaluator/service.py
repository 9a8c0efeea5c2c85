"""The one place that builds objects: new, start, stop. Failure and shutdown share the cleanup."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

import structlog

from evaluator.alerts import channels
from evaluator.alerts.attaching import Attacher
from evaluator.alerts.incidents import Incidents
from evaluator.alerts.outbox import Courier, Means
from evaluator.backlog import Backlog
from evaluator.export import target as export_target
from evaluator.export.exporter import Exporter
from evaluator.feedback import Feedbacks
from evaluator.intake.accept import Intake, OnAccepted, OnCounted
from evaluator.intake.settle import Settler
from evaluator.judge_setup import judge_client, judge_entries, judge_resources, present_versions, providers
from evaluator.lane import Lane
from evaluator.pacing import Pacing
from evaluator.pipeline import Pipeline
from evaluator.redact import key as redaction_key
from evaluator.redact.keep import TextPolicy
from evaluator.redact.redactor import Redactor
from evaluator.remembered import Remembered
from evaluator.retention import BATCH_PATIENCE, PATIENCE, Retention
from evaluator.scheduler import Scheduler
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from evaluator.waiting import Waiting
from judges.client import ClientSettings
from judges.registry import Entry
from store import export as export_store
from store import judge_versions
from store import verdicts as verdict_store
from store.records import Clock
from store.store import Store

if TYPE_CHECKING:
    from evaluator.api.shapes import CheckReport
    from evaluator.batches import Batches
    from evaluator.monitors.watch import Monitors
    from evaluator.rules.watch import Rules

log = structlog.get_logger(__name__)

DELIVER_SECONDS = 5
SETTLE_ALERTS_SECONDS = 60
REFRESH_SECONDS = 60
DIGEST_SECONDS = 60
COUNT_SECONDS = 20
SETTLE_SECONDS = 1
ATTACH_SECONDS = 5
SWEEP_SECONDS = 60
SCRUB_SECONDS = 86_400
PACE_SECONDS = 900
MEASURE_SECONDS = 60
SUBMIT_SECONDS = 60


def utc_now() -> datetime:
    """The clock of a real run."""
    return datetime.now(UTC)


class Service:
    """Store, intake, judges, monitors and alerts of one database file. Everything but HTTP and the UI.

    `scheduled` turns the scheduler on; without it (commands that work on the file) nothing happens by itself. With
    `batched` no LLM judge judges as samples come: all of them wait for `batches`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        rng: random.Random | None = None,
        environ: Mapping[str, str] = os.environ,
        scheduled: bool = True,
        batched: bool = False,
    ) -> None:
        self.settings = settings
        self.version = version("leadline")
        self.metrics = Metrics()
        self.remembered = Remembered()
        self.backlog = Backlog()
        self.clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not secrets
        self._environ = environ
        self._scheduled = scheduled
        self._batched = batched
        self._cleanup = AsyncExitStack()
        self.started_at = clock()
        self.looked_at: datetime | None = None
        self.scheduler = Scheduler()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Opens the file and starts the workers; on failure, what had started is stopped again."""
        async with AsyncExitStack() as starting:
            self._cleanup = starting
            await self._start()
            self._cleanup = starting.pop_all()

    async def stop(self) -> None:
        """Stops in the reverse order of starting; what was not judged or delivered yet stays owed in the store."""
        await self._cleanup.aclose()

    def list_judges(self) -> list[Entry]:
        """The judges that the settings ask for, without opening the file."""
        client = judge_client(self.settings, self._environ, self._rng)
        return judge_entries(self.settings, judge_resources(self.settings, client, self.clock), self._environ)

    def intake_for(self, on_accepted: OnAccepted, on_counted: OnCounted = lambda _: None) -> Intake:
        """A way into the store with the settings' redaction and text policy; it tells who is named what it accepted."""
        return Intake(
            self.store,
            self.settings,
            self.clock,
            on_accepted,
            on_counted,
            redactor=self.redactor,
            policy=TextPolicy(self.settings),
            answered=self.client.answered if self.client else lambda _: False,
            wanted=lambda sample: self.feedbacks.wants(sample),
        )

    @cached_property
    def monitors(self) -> Monitors:
        """The watched series; made when first asked for, because who only judges can do without the statistics."""
        from evaluator.monitors.watch import Monitors

        judges = {lane.judge.name: lane.judge.version for lane in self.pipeline.lanes}
        return Monitors(
            self.store,
            self.settings,
            self.clock,
            self.metrics,
            judges,
            waiting=self.waiting.in_spans,
            unscored=self.waiting.unscored,
        )

    @cached_property
    def rules(self) -> Rules:
        """The plain rules. A service ends the alerts of rules that are gone; a command may run without them."""
        from evaluator.rules.watch import Rules

        return Rules(self.store, self.settings, self.clock, closes=self._scheduled)

    async def look(self, now: datetime | None = None) -> CheckReport:
        """Looks at every monitor and rule as of `now`, and owes what is to be told. InputError: `now` lies ahead."""
        began_at = self.clock()
        report = await self.rules.reported(await self.monitors.check(now))
        await self.incidents.settle(now)
        if now is None:
            self.looked_at = self.clock()
            self.metrics.looked(began_at, self.looked_at)
        return report

    async def _look(self) -> None:
        await self.look()

    def _tell_who_waits(self) -> None:
        """Judges of the configuration that cannot judge yet are told where the service starts."""
        named = {judge.name for judge in self.settings.judges}
        for entry in self.entries:
            if self._scheduled and entry.judge is None and entry.name in named:
                log.warning("judge not ready", judge=entry.name, detail=entry.detail)

    async def _remember_versions(self) -> None:
        """Before the first verdict of a version: afterwards its rubric may be gone."""
        present = present_versions(self.entries, self.clock())
        with self.store.read() as c:
            new = judge_versions.lacking(c, present)
        if new:
            await asyncio.wrap_future(self.store.run(lambda c: judge_versions.remember(c, new)))

    async def _start(self) -> None:
        self.store = await asyncio.to_thread(Store.open, self.settings.database, clock=self.clock)
        self._cleanup.push_async_callback(asyncio.to_thread, self.store.close)
        self.exporter = await self._exporter()
        self.redactor = Redactor.build(self.settings.redaction, redaction_key.load(self.settings))
        self.client = client = judge_client(self.settings, self._environ, self._rng, self.metrics.calls)
        self.resources = resources = judge_resources(self.settings, client, self.clock)
        self.entries = self._entries()
        self._tell_who_waits()
        await self._remember_versions()
        lanes = [Lane(entry, entry.judge, self.settings.sampling, self.clock) for entry in self.entries if entry.judge]
        night = time.fromisoformat(self.settings.judge.batch_at)
        self.pacing = Pacing(self.store, lanes, resources.budgets if resources else None, self.clock, night=night)
        await asyncio.to_thread(self._recall, lanes)
        self.pipeline = Pipeline(self.store, lanes, self.settings, self.clock, self.metrics)
        self.pipeline.start()
        self._cleanup.push_async_callback(self.pipeline.stop)
        if client:
            self._cleanup.push_async_callback(lambda: self.pipeline.run(client.close()))
        self.batches = await self._batches(lanes)
        self.intake = self.intake_for(self.pipeline.submit, self.metrics.count_items)
        self.settler = Settler(
            self.store, self.settings, self.clock, self.redactor, self.intake, on_lost=self.metrics.count_lost
        )
        self.feedbacks = Feedbacks(self.store, self.settings, self.clock, self.redactor, self.metrics.count_feedback)
        patience = PATIENCE if all(lane.live for lane in lanes) else BATCH_PATIENCE
        self.retention = Retention(self.store, self.settings, self.clock, self.pipeline.wanted, patience)
        targets = channels.build(self.settings.alerts, self._environ, every=self._scheduled)
        means = Means(self.clock, self._rng, attach=Attacher(self.store), count=self.metrics.count_delivery)
        self.courier = Courier(self.store, targets, means, self.settings.alerts)
        self.incidents = Incidents(self.store, self.settings, self.clock)
        self.waiting = Waiting(lanes, self.settings.pipeline.window_days, self.clock)
        if self._scheduled:
            self._schedule()

    def _batch_provider(self) -> ClientSettings | None:
        """The first provider that may have the Message Batches API; the clouds have another one."""
        found = providers(self.settings.judge, self._environ)
        return next((one for one in found if one.kind in ("anthropic", "custom")), None)

    def _entries(self) -> list[Entry]:
        """The judges; those judge by batches that should, or all with a model, if there are batches at all."""
        entries = judge_entries(self.settings, self.resources, self._environ)
        if self._batch_provider() is None:
            for one in entries:
                if one.batch and one.judge:
                    log.warning("no provider has batches, so the judge is called", judge=one.name)
            return [replace(one, batch=False) for one in entries]
        return [replace(one, batch=one.batch or (self._batched and one.kind == "llm")) for one in entries]

    async def _batches(self, lanes: Sequence[Lane]) -> Batches | None:
        """Judging by batches; None without LLM judges, or without a provider that has batches."""
        reached = self._batch_provider()
        if reached is None or self.resources is None:
            return None
        from evaluator.batches.means import Means
        from evaluator.batches.runner import Batches
        from judges.batch import BatchClient

        client = BatchClient(reached)
        self._cleanup.push_async_callback(lambda: self.pipeline.run(client.close()))
        means = Means(
            store=self.store,
            client=client,
            resources=self.resources,
            clock=self.clock,
            keep=self.pipeline.keep,
            at_once=self.settings.judge.concurrency,
        )
        batches = Batches(
            means,
            lanes,
            submit_at=time.fromisoformat(self.settings.judge.batch_at),
            window_start=self.pipeline.window_start,
            show=self.metrics.show_batches,
        )
        await asyncio.to_thread(batches.recall)
        return batches

    def _recall(self, lanes: Sequence[Lane]) -> None:
        """What earlier runs spent, how they thinned the sampling, and verdicts that can be given again."""
        self.pacing.recall()
        if self.resources:
            versions = [lane.judge.version for lane in lanes if lane.judge.kind == "llm"]
            with self.store.read() as c:
                self.resources.reuse.learn(verdict_store.reusable(c, versions, self.resources.reuse.capacity))

    async def _exporter(self) -> Exporter | None:
        """Before the judges start: their first verdict is owed. When exporting was switched off, nothing is."""
        target = export_target.build(self.settings.export, self._environ, self.clock)
        if target is None:
            if self._scheduled:
                await asyncio.wrap_future(self.store.run(export_store.end))
            return None
        self._cleanup.push_async_callback(target.close)
        exporter = Exporter(
            self.store,
            target,
            self.settings.export,
            version=self.version,
            clock=self.clock,
            rng=self._rng,
            metrics=self.metrics,
        )
        if self._scheduled:
            await exporter.begin()
        return exporter

    def _schedule(self) -> None:
        scheduler = self.scheduler
        scheduler.every(self.settings.drift.every_minutes * 60, "look for drift", self._look, aligned=True)
        if self.pacing.limited:
            scheduler.every(PACE_SECONDS, "spread the budget", self._pace, aligned=True)
        scheduler.every(MEASURE_SECONDS, "measure coverage", self._measure, at_start=True)
        scheduler.every(COUNT_SECONDS, "count votes", self.monitors.count, at_start=True)
        scheduler.every(SETTLE_SECONDS, "put calls together", self.settler.settle)
        scheduler.every(ATTACH_SECONDS, "give feedback to its sample", self.feedbacks.attach, at_start=True)
        scheduler.every(SWEEP_SECONDS, "delete texts", self.retention.sweep, at_start=True)
        scheduler.every(SCRUB_SECONDS, "overwrite deleted texts", self.retention.scrub)
        # What a crash left unjudged is judged at once, not at the next tick.
        # A judge that takes long must not keep the others waiting: one more round than judges may be under way.
        scheduler.every(
            self.settings.pipeline.recover_seconds,
            "find unjudged samples",
            self._recover,
            at_start=True,
            at_once=len(self.pipeline.lanes) + 1,
        )
        if self.batches:
            poll_seconds = self.settings.judge.batch_poll_seconds
            scheduler.every(poll_seconds, "take batches in", self._poll, at_start=True)
            scheduler.every(SUBMIT_SECONDS, "submit the batches of the day", self._submit, at_start=True)
        # Silences end, quiet hours pass and what goes on is told again between looks, too.
        scheduler.every(SETTLE_ALERTS_SECONDS, "settle alerts", self.incidents.settle, at_start=True)
        if any(isinstance(one, channels.Refreshing) for one in self.courier.channels.values()):
            scheduler.every(REFRESH_SECONDS, "say again what fires", self._refresh)
        if self.settings.alerts.digest.every:
            scheduler.every(DIGEST_SECONDS, "send the report", self._send_report, at_start=True)
        # A channel that hangs must not keep the others waiting: one more round than channels may be under way.
        rounds = len(self.courier.channels) + 1
        scheduler.every(DELIVER_SECONDS, "deliver alerts", self._deliver, at_once=rounds)
        if self.exporter:
            scheduler.every(self.settings.export.every_seconds, "export verdicts", self.exporter.export)
        scheduler.start()
        self._cleanup.callback(scheduler.stop)

    async def _deliver(self) -> None:
        self.metrics.deliveries.inc(await self.courier.deliver_due())

    async def _send_report(self) -> None:
        # It tells what the API tells, which is made of a started service.
        from evaluator.report import digest

        await digest.send_due(self)

    async def _refresh(self) -> None:
        await self.courier.refresh(await self.incidents.burning())

    async def _measure(self) -> None:
        # What the API tells is made of a started service, so it cannot be imported before there is one.
        from evaluator.api import gauges

        await gauges.measure(self)

    async def _pace(self) -> None:
        # In the judges' loop, where the budgets live.
        await self.pipeline.run(self.pacing.adapt())

    async def _poll(self) -> None:
        if self.batches:
            await self.pipeline.run(self.batches.poll())

    async def _submit(self) -> None:
        if self.batches:
            await self.pipeline.run(self.batches.submit_due())

    async def _recover(self) -> None:
        found = await self.pipeline.recover()
        if found:
            log.info("judged samples that had no verdict", verdicts=found)
