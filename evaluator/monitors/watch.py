"""Watching all series of one store: new ones get a monitor, each is looked at in turn, alarms become alerts."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from evaluator.alerts import outbox
from evaluator.alerts.state import State
from evaluator.api.shapes import CheckReport
from evaluator.errors import InputError
from evaluator.monitors import baseline as windows
from evaluator.monitors import views
from evaluator.monitors.counts import STEP, Counts, floor
from evaluator.monitors.follow import Rule
from evaluator.monitors.look import Findings, Watching, look_at, make_baseline
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store import alerts as alert_store
from store import monitors as monitor_store
from store import rollup, samples, verdicts
from store.database import Connection
from store.records import Alert, Baseline, Clock, Monitor, Series
from store.store import Store

log = structlog.get_logger(__name__)


class Monitors:
    """The watch over all series; looks never overlap."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, metrics: Metrics, public_url: str) -> None:
        self.public_url = public_url
        self._store = store
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._channels = [channel.name for channel in settings.alerts.channels]
        self._one_at_a_time = asyncio.Lock()

    async def check(self, now: datetime | None = None) -> CheckReport:
        """Looks at every monitor as of `now`, making up for missed looks; only buckets that ended by then count."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._check, now or self._clock())

    async def set_baseline(
        self, feature: str, judge: str, window: tuple[datetime | None, datetime], *, note: str
    ) -> list[Baseline]:
        """Gives the judge's monitors on the feature another reference window; watching starts again at its end.

        InputError: no such monitor, or a window with too few votes.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._set_baseline, (feature, judge), window, note)

    def _check(self, now: datetime) -> CheckReport:
        self._prepare(now)
        with self._store.read() as c:
            known = views.watched(c)
        rule = Rule(arl=views.threshold(self._settings, len(known)), delta=self._settings.drift.min_drop)
        watching = Watching(rule, self._settings, self.public_url, self._clock())
        changed: list[Alert] = []
        for one in known:
            with self._store.read() as c:
                findings = look_at(c, one, floor(now), watching)
            if findings is not None:
                self._store.run(partial(self._save, findings=findings)).result()
                changed += findings.alerts
        return self._report(now, changed)

    def _prepare(self, now: datetime) -> None:
        """Brings the rollup and the monitors up to date with the verdicts."""
        self._store.run(partial(_refresh, segments=self._segments(), now=now)).result()

    def _segments(self) -> dict[str, tuple[str, ...]]:
        with self._store.read() as c:
            return {feature: self._settings.feature(feature).segments for feature in samples.features(c)}

    def _save(self, c: Connection, findings: Findings) -> None:
        """Monitor, baseline, checks, alerts and what is owed to the channels: all or nothing."""
        monitor_store.save_monitors(c, [findings.monitor])
        if findings.baseline:
            monitor_store.append_baseline(c, findings.baseline)
        monitor_store.append_checks(c, findings.checks)
        for alert in findings.alerts:
            alert_store.save(c, alert)
            outbox.enqueue(c, alert, alert.state, self._channels, self._clock())
            log.warning("alert", state=alert.state, alert_id=alert.alert_id, monitor_id=alert.monitor_id)

    def _report(self, now: datetime, changed: list[Alert]) -> CheckReport:
        with self._store.read() as c:
            monitors = views.views(c, self._settings, now)
            firing = [views.alert_view(c, alert) for alert in alert_store.find(c, state=State.FIRING)]
        self._metrics.checks.inc()
        self._metrics.firing.set(len(firing))
        for one in monitors:
            if one.current.rate is not None:
                self._metrics.pass_rate.labels(feature=one.feature, judge=one.judge).set(one.current.rate)
        return CheckReport(
            looked_at=floor(now),
            monitors=monitors,
            firing=firing,
            fired=[alert.alert_id for alert in changed if alert.state == State.FIRING],
            resolved=[alert.alert_id for alert in changed if alert.state == State.RESOLVED],
        )

    def _set_baseline(self, of: tuple[str, str], window: tuple[datetime | None, datetime], note: str) -> list[Baseline]:
        now = self._clock()
        self._prepare(now)
        with self._store.read() as c:
            chosen = [one for one in views.watched(c) if (one.monitor.series.feature, one.monitor.series.judge) == of]
            if not chosen:
                raise InputError(f"There is no monitor of judge {of[1]!r} on feature {of[0]!r}; see `leadline check`.")
            replaced = [_replaced(c, one, window, (now, note)) for one in chosen]
        for findings in replaced:
            self._store.run(partial(self._save, findings=findings)).result()
        return [findings.baseline for findings in replaced if findings.baseline]


def _replaced(
    c: Connection, one: views.Watched, window: tuple[datetime | None, datetime], made: tuple[datetime, str]
) -> Findings:
    """The monitor with a new baseline, its watching started again, its alert (against the old one) closed."""
    until = floor(made[0]) + STEP
    counts = Counts.of(rollup.buckets(c, one.monitor.series, samples.EARLIEST, until), until)
    start, end = window[0] or counts.start, window[1]
    votes = windows.votes_in(counts, (start, end))
    if votes < windows.MIN_VOTES:
        raise InputError(
            f"The window holds {votes:.0f} votes; a baseline needs at least {windows.MIN_VOTES}. Choose a longer one."
        )
    version = one.baseline.version + 1 if one.baseline else 1
    monitor = replace(one.monitor, state=State.OK, checked_until=None, restart_at=None)
    closed = [replace(one.alert, state=State.RESOLVED, resolved_at=made[0])] if one.alert else []
    return Findings(monitor, make_baseline(monitor, version, "command", (start, end), made), alerts=closed)


def _refresh(c: Connection, segments: dict[str, tuple[str, ...]], now: datetime) -> None:
    """Counts new verdicts. In the same transaction, new series get a monitor and late ones call their looks back."""
    if not rollup.refresh(c, segments):
        return
    known = {one.series: one for one in monitor_store.monitors(c)}
    unknown = set(rollup.series(c)) - set(known)
    kinds = verdicts.kinds(c) if unknown else {}
    new = [_monitor(series, kind, now) for series, kind in kinds.items() if series in unknown]
    late = [_called_back(known[series], first) for series, first in rollup.changed(c).items() if series in known]
    monitor_store.save_monitors(c, [*new, *late])


def _called_back(monitor: Monitor, first: datetime) -> Monitor:
    """Late verdicts change buckets that were looked at: such looks are taken anew. A firing alarm looks ahead only."""
    if monitor.checked_until is None or monitor.state == State.FIRING:
        return monitor
    return replace(monitor, checked_until=min(monitor.checked_until, first))


def _monitor(series: Series, kind: str, now: datetime) -> Monitor:
    identity = "\n".join((series.feature, series.judge, series.judge_version))
    monitor_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return Monitor(monitor_id=monitor_id, series=series, kind=kind, created_at=now)
