"""Watching all series of one store: new ones get a monitor, each is looked at in turn, alarms become alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from functools import partial

import structlog

from evaluator.alerts.state import State
from evaluator.alerts.views import alert_views
from evaluator.api.baseline_shapes import BaselineRequest, BaselineView
from evaluator.api.shapes import CheckReport, MonitorView
from evaluator.buckets import floor, latest
from evaluator.errors import InputError
from evaluator.monitors import command, gauges, marks, reading, reference, views
from evaluator.monitors.budget import arls
from evaluator.monitors.counting import Counting, Unscored
from evaluator.monitors.counts import buckets
from evaluator.monitors.follow import Rule, turn_of
from evaluator.monitors.judge_health import broken
from evaluator.monitors.look import Findings, Watching, closed, looks, make_baseline, rebased, restart_of
from evaluator.monitors.metrics import GRADES, metric_of
from evaluator.monitors.reading import Wanted
from evaluator.monitors.spans import Waits
from evaluator.monitors.views import ENDED, Watched
from evaluator.monitors.words import RATE_OF_JUDGE
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store import alerts as alert_store
from store import monitors as monitor_store
from store import rollup
from store.database import Connection
from store.feedback import KIND as FEEDBACK
from store.records import Alert, Clock, Marker, Monitor, Series
from store.rollup import Source, source
from store.store import Store

log = structlog.get_logger(__name__)

ATTEMPTS = 3
"""How often looks are taken anew that another scheduler overtook; after that the next check takes them."""
OVERTAKEN = "Another process looks at these monitors at the same moment; give the same command again."

Also = Callable[[Connection, Sequence[Findings]], None]
"""What is written together with findings, of those that were not overtaken."""
AlsoOfBaseline = Callable[[Connection, BaselineView], None]
AlsoOfEnd = Callable[[Connection, datetime, int], None]


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
        self._strata = reading.Strata()
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

    async def show(self) -> None:
        """Tells the metrics how the monitors stand without looking, as when a service has just started."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._show)

    async def set_baseline(
        self, asked: BaselineRequest, also: AlsoOfBaseline = lambda _c, _one: None
    ) -> list[BaselineView]:
        """Gives monitors another reference window; watching starts again at its end, and is made up for at once.

        What is `also` to be written of each baseline is written together with it. InputError: no such monitor, no such
        window, or one with too few votes.
        """
        async with self._one_at_a_time:
            made = await asyncio.to_thread(self._set_baseline, asked, also)
            ours = {(one.feature, one.judge, one.judge_version, one.metric) for one in made}
            await asyncio.to_thread(self._look_at_all, floor(self._clock()), lambda series: astuple(series) in ours)
            return made

    async def close(self, alert_ids: Collection[str], also: AlsoOfEnd) -> None:
        """Ends those of these alerts that fire, by hand: evidence is gathered anew from now on.

        What is `also` to be written of so many alerts, ended at that time, is written together with their end.
        InputError: another scheduler looks at their monitors at the same moment.
        """
        async with self._one_at_a_time:
            await asyncio.to_thread(self._close, alert_ids, also)

    def _check(self, now: datetime) -> CheckReport:
        return self._report(now, self._look(now))

    def _look(self, now: datetime, only: Callable[[Series], bool] | None = None) -> list[Alert]:
        self._counting.bring_up_to_date(now, self._clock())
        kept = self._keep(self._end_and_return()) + self._keep(self._rebase(floor(now)))
        for _ in range(ATTEMPTS):
            looked, overtaken = self._look_at_all(floor(now), only)
            kept += looked
            if not overtaken:
                break
        return [alert for findings in kept for alert in findings.alerts]

    def _look_at_all(self, until: datetime, only: Callable[[Series], bool] | None) -> tuple[list[Findings], bool]:
        """The looks that are owed now, and whether another scheduler overtook some of them."""
        with self._store.read() as c:
            known = [one for one in views.watched(c) if one.monitor.state not in ENDED]
            marked = marks.of_features(c, known)
        owed = [one for one in self._owed(known, until, marked) if only is None or only(one[0].monitor.series)]
        overtaken = False
        kept: list[Findings] = []
        for first in range(0, len(owed), reading.AT_ONCE):
            found = self._look_at(owed[first : first + reading.AT_ONCE], until)
            saved = self._keep(found)
            kept += saved
            overtaken = overtaken or len(saved) < len(found)
        return kept, overtaken

    def _rebase(self, until: datetime) -> list[Findings]:
        """New baselines, where monitors need one and can have it; their features are cut into segments first."""
        with self._store.read() as c:
            known = [one for one in views.watched(c) if one.monitor.state not in ENDED]
            found = reference.missing(c, known, until, self._settings, marks.times(marks.of_features(c, known)))
        if self._counting.choose_segments(reference.by_feature(found), self._clock()):
            # What is counted anew changes the monitors, too: findings about those that were read would be dropped.
            self._counting.bring_up_to_date(until, self._clock())
            return self._rebase(until)
        now = self._clock()
        return [
            rebased(
                one,
                make_baseline(one.monitor, one.baseline.version + 1 if one.baseline else 1, origin, window, (now, "")),
                now,
            )
            for one, window, origin in found.values()
        ]

    def _owed(
        self, known: Sequence[Watched], until: datetime, marked: Mapping[str, Sequence[Marker]]
    ) -> Iterator[tuple[Watched, Wanted, Rule]]:
        """The monitors that are owed a look, with what it needs."""
        thresholds = arls(self._settings, [one.monitor for one in known])
        for one in known:
            if one.baseline is None:
                continue
            series = one.monitor.series
            metric = metric_of(self._settings, series)
            looked, restart = one.monitor.checked_until, restart_of(one)
            turn = turn_of(series.feature, metric.step)
            if looked is not None and latest(until, metric.step, turn) <= looked:
                continue
            first = one.alert.fired_at if one.alert else looked or restart
            wanted = reading.wanted(series, metric, one.baseline, span=(restart, first, until))
            arl = thresholds[one.monitor.monitor_id]
            ours = marks.indices(marked[series.feature], wanted.stretch.start_at, buckets(wanted.stretch), arl=arl)
            yield one, wanted, Rule(arl, metric.min_drop, metric.step, turn, markers=ours)

    def _look_at(self, chunk: Sequence[tuple[Watched, Wanted, Rule]], until: datetime) -> list[Findings]:
        found: dict[int, Findings] = {}
        with self._store.read() as c:
            failing = broken(c, [one.monitor for one, _, _ in chunk], until, self._waiting)
            watching = Watching(self._settings, self._clock(), rollup.counted_until(c), self._waiting, failing)
            for place, rows in reading.read(c, [wanted for _, wanted, _ in chunk], self._strata):
                one, _, rule = chunk[place]
                try:
                    found[place] = looks(c, one, self._strata.counts(rows), rule, watching)
                except (ValueError, ArithmeticError, MemoryError) as error:
                    # One series that cannot be looked at must not blind the others.
                    log.error("look failed", monitor_id=one.monitor.monitor_id, error=type(error).__name__)
        return [found[place] for place in sorted(found)]

    def _end_and_return(self) -> list[Findings]:
        """Monitors end, with their alerts, when their judge has another version or is counted by another metric now, or
        when they are switched off. They return with their version, or when they are switched on.
        """
        with self._store.read() as c:
            known, graded = views.watched(c), rollup.graded(c)
        now, found = self._clock(), []
        for one in known:
            state = self._ended(one.monitor, graded)
            if one.monitor.state == state or (state is None and one.monitor.state not in ENDED):
                continue
            # A monitor that returns is watched from now on: what fired before was told then.
            back = replace(one.monitor, state=State.OK if one.baseline else State.INSUFFICIENT, restart_at=floor(now))
            monitor = back if state is None else replace(one.monitor, state=state)
            found.append(Findings(one, monitor, alerts=closed(one, now)))
        return found

    def _close(self, alert_ids: Collection[str], also: AlsoOfEnd) -> None:
        for _ in range(ATTEMPTS):
            with self._store.read() as c:
                known = [one for one in views.watched(c) if one.alert and one.alert.alert_id in alert_ids]
            now = self._clock()
            if not known:
                self._store.run(partial(_none_ended, also=also, now=now)).result()
                return
            found = [
                Findings(one, replace(one.monitor, state=State.OK, restart_at=floor(now)), alerts=closed(one, now))
                for one in known
            ]

            def note(c: Connection, kept: Sequence[Findings], now: datetime = now) -> None:
                also(c, now, len(kept))

            if len(self._keep(found, note)) == len(found):
                return
        raise InputError(OVERTAKEN)

    def _ended(self, monitor: Monitor, graded: Mapping[Source, str]) -> State | None:
        """Why a monitor is not watched; None when it is. People are no configured judge, whatever they are called."""
        series = monitor.series
        current = self._judges.get(series.judge, series.judge_version)
        if series.judge and monitor.kind != FEEDBACK and current != series.judge_version:
            return State.SUPERSEDED
        if series.metric in GRADES and graded.get(source(series), series.metric) != series.metric:
            return State.SUPERSEDED
        return None if metric_of(self._settings, series).enabled else State.OFF

    def _keep(self, found: Sequence[Findings], also: Also | None = None) -> list[Findings]:
        """Stores what was found, in one transaction; that of it which was not overtaken by another scheduler."""
        if not found:
            return []
        kept = self._store.run(partial(self._save, found=found, also=also)).result()
        if len(kept) < len(found):
            log.info("overtaken by another scheduler: looks dropped", dropped=len(found) - len(kept))
        return kept

    def _save(self, c: Connection, found: Sequence[Findings], also: Also | None) -> list[Findings]:
        """Monitors, baselines, checks and alerts, and what is `also` to be written: all or nothing of each monitor.

        The one place that decides between two schedulers: what was found holds only while nobody else has written of
        the monitor since it was read, nor counted anew.
        """
        counted = rollup.counted_until(c)
        now = monitor_store.current(c, [findings.monitor.monitor_id for findings in found])
        found = [findings for findings in found if findings.hold(now, counted)]
        monitor_store.save_monitors(c, [findings.monitor for findings in found])
        monitor_store.append_baselines(c, [findings.baseline for findings in found if findings.baseline])
        monitor_store.append_checks(c, [check for findings in found for check in findings.checks])
        for findings in found:
            for alert in findings.alerts:
                alert_store.save(c, alert)
                series, told = findings.monitor.series, {"state": alert.state, "alert_id": alert.alert_id}
                if not self._quiet:
                    log.warning("alert", **told, feature=series.feature, judge=series.judge, metric=series.metric)
        if also and found:
            also(c, found)
        return list(found)

    def _report(self, now: datetime, changed: list[Alert]) -> CheckReport:
        with self._store.read() as c:
            monitors = views.views(c, views.Showing(self._settings, self._waiting), now)
            found = [alert for alert in alert_store.firing(c) if alert.fired_at <= now]
            firing = alert_views(c, found, self._settings, self._clock())
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

    def _show(self) -> None:
        with self._store.read() as c:
            monitors = views.views(c, views.Showing(self._settings, self._waiting), self._clock())
            firing = len(alert_store.firing(c))
        self._measure(monitors, firing)

    def _measure(self, monitors: list[MonitorView], firing: int) -> None:
        """The gauges tell the present; a look back leaves them alone."""
        self._metrics.firing.set(firing)
        for one in monitors:
            if one.metric == RATE_OF_JUDGE:
                self._metrics.show_rate(one.feature, one.judge, one.current)
        self._metrics.show_shares(one for one in monitors if one.metric != RATE_OF_JUDGE)
        self._metrics.watching.show(gauges.watched(monitors))

    def _set_baseline(self, asked: BaselineRequest, also: AlsoOfBaseline) -> list[BaselineView]:
        now = self._clock()
        self._counting.bring_up_to_date(now, now)
        made: dict[str, BaselineView] = {}
        for _ in range(ATTEMPTS):
            with self._store.read() as c:
                found = command.commanded(c, asked, self._settings, now)
            found = [one for one in found if one[0].monitor.monitor_id not in made]
            kept = self._rebase_by_hand(found, also)
            made |= kept
            if len(kept) == len(found):
                return list(made.values())
        raise InputError(OVERTAKEN)

    def _rebase_by_hand(self, found: Sequence[command.Made], also: AlsoOfBaseline) -> dict[str, BaselineView]:
        """The baselines that were kept, by monitor id."""
        shown = {one.monitor.monitor_id: view for one, _, view in found}

        def note(c: Connection, kept: Sequence[Findings]) -> None:
            for findings in kept:
                also(c, shown[findings.monitor.monitor_id])

        kept = self._keep([rebased(one, baseline, self._clock()) for one, baseline, _ in found], note)
        return {one.monitor.monitor_id: shown[one.monitor.monitor_id] for one in kept}


def _none_ended(c: Connection, also: AlsoOfEnd, now: datetime) -> None:
    also(c, now, 0)
