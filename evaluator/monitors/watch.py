"""Watching all series of one store: new ones get a monitor, each is looked at in turn, alarms become alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from evaluator.alerts import outbox
from evaluator.alerts.state import State
from evaluator.api.baseline_shapes import BaselineRequest, BaselineView
from evaluator.api.shapes import CheckReport, MonitorView
from evaluator.buckets import EPOCH, STEP, floor
from evaluator.errors import InputError
from evaluator.monitors import command, marks, reading, reference, views
from evaluator.monitors.budget import arls
from evaluator.monitors.counting import Counting, Unscored
from evaluator.monitors.follow import Rule
from evaluator.monitors.look import Findings, Watching, closed, looks, make_baseline, rebased, restart_of
from evaluator.monitors.metrics import metric_of
from evaluator.monitors.reading import Wanted
from evaluator.monitors.views import ENDED, Waits, Watched
from evaluator.monitors.words import RATE_OF_JUDGE
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store import alerts as alert_store
from store import cells
from store import monitors as monitor_store
from store.database import Connection
from store.feedback import KIND as FEEDBACK
from store.records import Alert, Clock, Monitor, Series
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
        unscored: Unscored = lambda _c, _done, _end: (),
        quiet: bool = False,
    ) -> None:
        """`judges` gives the version of each judge that is configured now, by name.

        `waiting` counts what they owe, `unscored` what they left unscored. `quiet`: alerts are not logged.
        """
        self._quiet = quiet
        self._judges = judges
        self._waiting = waiting
        self._store = store
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._counting = Counting(store, settings, unscored)
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

    async def look(self, now: datetime, only: Callable[[Series], bool] | None = None) -> list[Alert]:
        """As `check` without the report: the alerts that changed. Of the monitors, those of `only` these series."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._look, now, only)

    async def count(self) -> None:
        """Counts new verdicts and makes monitors for new series, so that they show before the next look."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._counting.bring_up_to_date, self._clock(), self._clock())

    async def set_baseline(self, asked: BaselineRequest) -> list[BaselineView]:
        """Gives monitors another reference window; watching starts again at its end.

        InputError: no such monitor, no such window, or one with too few votes.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._set_baseline, asked)

    def _check(self, now: datetime) -> CheckReport:
        return self._report(now, self._look(now))

    def _look(self, now: datetime, only: Callable[[Series], bool] | None = None) -> list[Alert]:
        self._counting.bring_up_to_date(now, self._clock())
        changed = self._end_and_return()
        changed += self._keep(self._rebase(floor(now)))
        with self._store.read() as c:
            known = [one for one in views.watched(c) if one.monitor.state not in ENDED]
        owed = [one for one in self._owed(known, floor(now)) if only is None or only(one[0].monitor.series)]
        for first in range(0, len(owed), reading.AT_ONCE):
            changed += self._keep(self._look_at(owed[first : first + reading.AT_ONCE]))
        return changed

    def _rebase(self, until: datetime) -> list[Findings]:
        """New baselines, where monitors need one and can have it; their features are cut into segments first."""
        with self._store.read() as c:
            known = [one for one in views.watched(c) if one.monitor.state not in ENDED]
            found = reference.missing(c, known, until, self._settings, marks.times(marks.of_features(c, known)))
        if self._counting.choose_segments(reference.by_feature(found), self._clock()):
            self._counting.bring_up_to_date(until, self._clock())
        now = self._clock()
        return [
            rebased(
                one,
                make_baseline(one.monitor, one.baseline.version + 1 if one.baseline else 1, origin, window, (now, "")),
                now,
            )
            for one, window, origin in found.values()
        ]

    def _owed(self, known: Sequence[Watched], until: datetime) -> Iterator[tuple[Watched, Wanted, Rule]]:
        """The monitors that are owed a look, with what it needs."""
        thresholds = arls(self._settings, [one.monitor for one in known])
        for one in known:
            if one.baseline is None:
                continue
            metric = metric_of(self._settings, one.monitor.series)
            looked, restart = one.monitor.checked_until, restart_of(one)
            if looked is not None and until - (until - EPOCH) % (metric.step * STEP) <= looked:
                continue
            rule = Rule(thresholds[one.monitor.monitor_id], metric.min_drop, metric.step)
            span = (restart, looked if looked and one.alert is None else restart, until)
            yield one, reading.wanted(one.monitor.series, metric, one.baseline, span=span), rule

    def _look_at(self, chunk: Sequence[tuple[Watched, Wanted, Rule]]) -> list[Findings]:
        watching = Watching(self._settings, self._clock())
        found = []
        with self._store.read() as c:
            strata, labels, told = cells.strata(c), cells.labels(c), marks.of_features(c, [one for one, _, _ in chunk])
            for (one, wanted, rule), rows in zip(
                chunk, reading.read(c, [wanted for _, wanted, _ in chunk]), strict=True
            ):
                try:
                    if counts := reading.counts(wanted, rows, strata, labels):
                        ours = told[one.monitor.series.feature]
                        marked = marks.indices(ours, counts.start, len(counts), arl=rule.arl)
                        found.append(looks(c, one, counts, replace(rule, markers=marked), watching))
                except (ValueError, ArithmeticError, MemoryError) as error:
                    # One series that cannot be looked at must not blind the others.
                    log.error("look failed", monitor_id=one.monitor.monitor_id, error=type(error).__name__)
        return found

    def _end_and_return(self) -> list[Alert]:
        """Monitors of a judge that now has another version, or that are switched off, end with their alerts.

        They return with their version, or when they are switched on.
        """
        with self._store.read() as c:
            known = views.watched(c)
        now, found = self._clock(), []
        for one in known:
            state = self._ended(one.monitor)
            if one.monitor.state == state or (state is None and one.monitor.state not in ENDED):
                continue
            # A monitor that returns is watched from now on: what fired before was told then.
            back = replace(one.monitor, state=State.OK if one.baseline else State.INSUFFICIENT, restart_at=floor(now))
            monitor = back if state is None else replace(one.monitor, state=state)
            found.append(Findings(monitor, alerts=closed(one, now)))
        return self._keep(found)

    def _ended(self, monitor: Monitor) -> State | None:
        """Why a monitor is not watched; None when it is. People are no configured judge, whatever they are called."""
        series = monitor.series
        current = self._judges.get(series.judge, series.judge_version)
        if series.judge and monitor.kind != FEEDBACK and current != series.judge_version:
            return State.SUPERSEDED
        return None if metric_of(self._settings, series).enabled else State.OFF

    def _keep(self, found: Sequence[Findings]) -> list[Alert]:
        """Stores what was found, in one transaction; the alerts that changed."""
        if found:
            self._store.run(partial(self._save, found=found)).result()
        return [alert for findings in found for alert in findings.alerts]

    def _save(self, c: Connection, found: Sequence[Findings]) -> None:
        """Monitors, baselines, checks, alerts and what is owed to the channels: all or nothing."""
        monitor_store.save_monitors(c, [findings.monitor for findings in found])
        monitor_store.append_baselines(c, [findings.baseline for findings in found if findings.baseline])
        monitor_store.append_checks(c, [check for findings in found for check in findings.checks])
        for findings in found:
            for alert in findings.alerts:
                alert_store.save(c, alert)
                outbox.enqueue(c, alert, alert.state, self._channels, self._clock())
                series, told = findings.monitor.series, {"state": alert.state, "alert_id": alert.alert_id}
                if not self._quiet:
                    log.warning("alert", **told, feature=series.feature, judge=series.judge, metric=series.metric)

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
            if one.metric == RATE_OF_JUDGE:
                self._metrics.show_rate(one.feature, one.judge, one.current)
        self._metrics.show_shares(one for one in monitors if one.metric != RATE_OF_JUDGE)

    def _set_baseline(self, asked: BaselineRequest) -> list[BaselineView]:
        now = self._clock()
        self._counting.bring_up_to_date(now, now)
        with self._store.read() as c:
            found = command.commanded(c, asked, self._settings, now)
        self._keep([rebased(one, made, now) for one, made, _ in found])
        return [view for _, _, view in found]
