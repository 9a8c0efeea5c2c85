"""Watching all series of one store: new ones get a monitor, each is looked at in turn, alarms become alerts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from evaluator.alerts import outbox
from evaluator.alerts.state import State
from evaluator.api.shapes import CheckReport, MonitorView
from evaluator.buckets import STEP, floor
from evaluator.errors import InputError
from evaluator.monitors import baseline as windows
from evaluator.monitors import views
from evaluator.monitors.counts import Counts
from evaluator.monitors.follow import Rule
from evaluator.monitors.look import HISTORY, Findings, Watching, closed, look_at, make_baseline, rebased
from evaluator.monitors.views import Waits, Watched
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store import alerts as alert_store
from store import monitors as monitor_store
from store import rollup, samples, verdicts
from store.database import Connection
from store.feedback import KIND as FEEDBACK
from store.records import Alert, Baseline, Clock, Monitor, Series
from store.store import Store

log = structlog.get_logger(__name__)


class Monitors:
    """The watch over all series; looks never overlap."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        judges: Mapping[str, str],
        *,
        waiting: Waits,
    ) -> None:
        """`judges` gives the version of each judge that is configured now, by name; `waiting` counts what they owe."""
        self._judges = judges
        self._waiting = waiting
        self._store = store
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._channels = [channel.name for channel in settings.alerts.channels]
        self._one_at_a_time = asyncio.Lock()

    async def check(self, now: datetime | None = None) -> CheckReport:
        """Looks at every monitor as of `now`, making up for missed looks; only buckets that ended by then count.

        InputError: `now` lies in the future, where samples are still to come.
        """
        present = self._clock()
        if now is not None and now > present:
            raise InputError(f"{now.isoformat()} lies in the future: a look sees only what has happened.")
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._check, now or present)

    async def count(self) -> None:
        """Counts new verdicts and makes monitors for new series, so that they show before the next look."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._prepare, self._clock())

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
        changed = self._supersede()
        with self._store.read() as c:
            known = views.watched(c)
        rule = Rule(arl=views.threshold(self._settings, known), delta=self._settings.drift.min_drop)
        watching = Watching(rule, self._settings, self._clock())
        for one in known:
            if one.monitor.state != State.SUPERSEDED:
                changed += self._keep(self._look_at(one, floor(now), watching))
        return self._report(now, changed)

    def _look_at(self, one: Watched, until: datetime, watching: Watching) -> Findings | None:
        try:
            with self._store.read() as c:
                return look_at(c, one, until, watching)
        except (ValueError, ArithmeticError, MemoryError) as error:
            # One series that cannot be looked at must not blind the others.
            log.error("look failed", monitor_id=one.monitor.monitor_id, error=type(error).__name__)
            return None

    def _supersede(self) -> list[Alert]:
        """Monitors of a judge that now has another version end, with their alerts; they return with their version."""
        with self._store.read() as c:
            known = views.watched(c)
        changed: list[Alert] = []
        for one in known:
            ended = one.monitor.state == State.SUPERSEDED
            if ended == self._is_replaced(one.monitor):
                continue
            now = self._clock()
            # A version that returns is watched from now on: what fired before was told then.
            back = replace(one.monitor, state=State.OK if one.baseline else State.INSUFFICIENT, restart_at=floor(now))
            monitor = back if ended else replace(one.monitor, state=State.SUPERSEDED)
            changed += self._keep(Findings(monitor, alerts=closed(one, now)))
        return changed

    def _is_replaced(self, monitor: Monitor) -> bool:
        """Whether its judge has another version now. People are no configured judge, whatever they are called."""
        series = monitor.series
        current = self._judges.get(series.judge, series.judge_version)
        return monitor.kind != FEEDBACK and current != series.judge_version

    def _keep(self, findings: Findings | None) -> list[Alert]:
        """Stores what was found; the alerts that changed."""
        if findings is None:
            return []
        self._store.run(partial(self._save, findings=findings)).result()
        return findings.alerts

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
            series = findings.monitor.series
            log.warning("alert", state=alert.state, alert_id=alert.alert_id, feature=series.feature, judge=series.judge)

    def _report(self, now: datetime, changed: list[Alert]) -> CheckReport:
        with self._store.read() as c:
            monitors = views.views(c, self._settings, now, self._waiting)
            firing = [views.alert_view(c, alert) for alert in alert_store.firing(c) if alert.fired_at <= now]
        self._metrics.checks.inc()
        if floor(now) == floor(self._clock()):
            self._measure(monitors, len(firing))
        return CheckReport(
            looked_at=floor(now),
            monitors=monitors,
            firing=firing,
            fired=[alert.alert_id for alert in changed if alert.state == State.FIRING],
            resolved=[alert.alert_id for alert in changed if alert.state == State.RESOLVED],
        )

    def _measure(self, monitors: list[MonitorView], firing: int) -> None:
        """The gauges tell the present; a look back leaves them alone."""
        self._metrics.firing.set(firing)
        for one in monitors:
            self._metrics.show_rate(one.feature, one.judge, one.current)

    def _set_baseline(self, of: tuple[str, str], window: tuple[datetime | None, datetime], note: str) -> list[Baseline]:
        now = self._clock()
        self._prepare(now)
        with self._store.read() as c:
            found = [one for one in views.watched(c) if one.monitor.state != State.SUPERSEDED]
            chosen = [one for one in found if (one.monitor.series.feature, one.monitor.series.judge) == of]
            if not chosen:
                raise InputError(f"There is no monitor of judge {of[1]!r} on feature {of[0]!r}; see `leadline check`.")
            replaced = [_replaced(c, one, window, (now, note)) for one in chosen]
        for findings in replaced:
            self._keep(findings)
        return [findings.baseline for findings in replaced if findings.baseline]


def _replaced(
    c: Connection, one: Watched, window: tuple[datetime | None, datetime], made: tuple[datetime, str]
) -> Findings:
    """The monitor with a new baseline, its watching started again, its alert (against the old one) closed."""
    until = floor(made[0]) + STEP
    counts = Counts.of(rollup.buckets(c, one.monitor.series, until - HISTORY, until), until)
    start, end = window[0] or counts.start, window[1]
    if end <= start:
        raise InputError(f"The window ends ({end.isoformat()}) before it starts ({start.isoformat()}).")
    votes = windows.votes_in(counts, (start, end))
    if votes < windows.MIN_VOTES:
        raise InputError(
            f"The window holds {votes:.0f} votes; a baseline needs at least {windows.MIN_VOTES}. Choose a longer one."
        )
    version = one.baseline.version + 1 if one.baseline else 1
    return rebased(one, make_baseline(one.monitor, version, "command", (start, end), made), made[0])


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
