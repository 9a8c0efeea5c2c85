"""Holding the plain rules against what is stored, look by look; what is over its limit becomes an alert."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np
import structlog

from evaluator.alerts import state
from evaluator.alerts.state import Action, State
from evaluator.alerts.views import alert_views
from evaluator.api.rule_shapes import FalseAlarms, RuleView
from evaluator.api.shapes import CheckReport
from evaluator.buckets import STEP, floor
from evaluator.monitors import views
from evaluator.monitors.reference import HISTORY
from evaluator.rules import alarms, evidence
from evaluator.rules.evidence import Facts
from evaluator.rules.subject import PREFIX, Subject, in_words, limit_of, shown, subjects, tally
from evaluator.rules.threshold import LONGEST, Judged, Tally, Threshold, Window, first_buckets, judge
from evaluator.settings import Settings
from evaluator.settings_rules import DropRule, QuantileRule
from store import alerts as alert_store
from store import monitors as monitor_store
from store import samples
from store.database import Connection
from store.records import Alert, Clock, DriftCheck, Series
from store.store import Store

log = structlog.get_logger(__name__)

Only = Callable[[Series], bool]


@dataclass(frozen=True, slots=True)
class Held:
    """One subject with what is stored of it, its limit, and its counts from `start` on."""

    subject: Subject
    check: DriftCheck | None
    alert: Alert | None
    normal: Window | None
    limit: Threshold


@dataclass(frozen=True, slots=True)
class Found:
    """What looks found: the checks to keep, the alerts that changed, and those of them that the channels hear of."""

    checks: list[DriftCheck]
    changed: list[Alert]
    told: list[Alert]


class Rules:
    """The plain rules of one store; looks never overlap. Made after the monitors' look, whose votes they count."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, *, closes: bool = False, quiet: bool = False):
        """`closes`: alerts of rules that are no longer configured end. `quiet`, where alerts reach nobody: no log."""
        self._store = store
        self._settings = settings
        self._clock = clock
        self._closes = closes
        self._quiet = quiet
        self._one_at_a_time = asyncio.Lock()
        self._rehearsed: dict[str, tuple[object, FalseAlarms | None]] = {}
        self._noted: list[RuleView] | None = None
        self._glimpsed: tuple[datetime, list[RuleView]] | None = None

    async def look(self, now: datetime, only: Only | None = None) -> list[Alert]:
        """The looks that are owed up to `now`, in order; the alerts that changed and are told."""
        if not (self._settings.rules or self._closes):
            return []
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._look, now, only)

    async def reported(self, report: CheckReport) -> CheckReport:
        """The report of a look at the monitors, with what the rules say at the same look; the present is noted."""
        changed = await self.look(report.looked_at)
        if not (self._settings.rules or changed):
            return report
        with self._store.read() as c:
            firing = [alert for alert in alert_store.firing(c) if alert.monitor_id.startswith(PREFIX)]
            found = [alert for alert in firing if alert.fired_at <= report.looked_at]
            shown = alert_views(c, found, self._settings, self._clock())
        known = {one.alert_id for one in report.firing}
        rules = await self.views(report.looked_at)
        if report.looked_at == floor(self._clock()):
            self._noted = rules
        told = {
            "rules": rules,
            "firing": [*report.firing, *(one for one in shown if one.alert_id not in known)],
            "fired": [*report.fired, *(one.alert_id for one in changed if one.state == State.FIRING)],
            "resolved": [*report.resolved, *(one.alert_id for one in changed if one.state == State.RESOLVED)],
        }
        return report.model_copy(update=told)

    async def views(self, now: datetime) -> list[RuleView]:
        """Every rule as it stands, with what it would raise for nothing."""
        return await asyncio.to_thread(self._views, now) if self._settings.rules else []

    async def noted(self) -> list[RuleView]:
        """Every rule as the last look left it; as it stands now when none was. Counting anew takes seconds for many."""
        return await self.views(self._clock()) if self._noted is None else self._noted

    async def glimpsed(self) -> list[RuleView]:
        """As `noted`; before the first look once each quarter hour, and without rehearsals, which take seconds."""
        if self._noted is not None or not self._settings.rules:
            return self._noted or []
        at = floor(self._clock())
        if self._glimpsed is None or self._glimpsed[0] != at:
            self._glimpsed = (at, await asyncio.to_thread(self._views, self._clock(), rehearses=False))
        return self._glimpsed[1]

    def _look(self, now: datetime, only: Only | None) -> list[Alert]:
        with self._store.read() as c:
            held = self._held(c)
            wanted = [one for one in held if only is None or only(one.subject.series)]
            found = [self._guarded(c, one, floor(now)) for one in wanted]
            gone = self._gone(c, {one.subject.rule_id for one in held}) if only is None else []
        found.append(Found([], gone, gone))
        for one in found:
            if one.checks or one.changed:
                self._store.run(partial(self._save, found=one)).result()
        return [alert for one in found for alert in one.told]

    def _held(self, c: Connection) -> list[Held]:
        checks = monitor_store.last_checks(c)
        firing = {alert.monitor_id: alert for alert in alert_store.firing(c)}
        chosen = subjects(self._settings.rules, samples.features(c), views.watched(c))
        return [self._one(c, one, checks.get(one.rule_id), firing.get(one.rule_id)) for one in chosen]

    def _one(self, c: Connection, subject: Subject, check: DriftCheck | None, alert: Alert | None) -> Held:
        base = subject.baseline
        normal = _whole(tally(c, subject, base.start_at, base.end_at)) if base else None
        return Held(subject, check, alert, normal, limit_of(subject.rule, normal.share if normal else None))

    def _gone(self, c: Connection, known: set[str]) -> list[Alert]:
        """Firing alerts whose rule, or whose judge version, is no more."""
        if not self._closes:
            return []
        now = self._clock()
        firing = [alert for alert in alert_store.firing(c) if alert.monitor_id.startswith(PREFIX)]
        return [state.resolved(alert, now, alert.evidence) for alert in firing if alert.monitor_id not in known]

    def _guarded(self, c: Connection, one: Held, until: datetime) -> Found:
        """The looks of one rule; one that cannot be held against what is stored must not blind the others."""
        try:
            return self._looks(c, one, until)
        except (ValueError, ArithmeticError, MemoryError) as error:
            log.error("look failed", rule=one.subject.rule.name, error=type(error).__name__)
            return Found([], [], [])

    def _looks(self, c: Connection, one: Held, until: datetime) -> Found:
        """The looks that one rule is owed; of the checks only the last is kept, the rest can be made again."""
        start, ends, table = self._owed(c, one, until)
        alert, changed = one.alert, list[Alert]()
        judged = judge(table, ends, one.limit, firing=alert is not None)
        for last in judged:
            looked_at = start + last.end * STEP
            if last.action is Action.FIRE:
                alert = self._fired(c, one, looked_at, last.window, _span(table, start, last.end, one.limit))
                changed.append(alert)
            elif last.action is Action.RESOLVE and alert is not None:
                now = evidence.recovery(one.subject, last.window)
                changed.append(state.resolved(alert, looked_at, {**alert.evidence, "recovery": now}))
                alert = None
        told = _told(one, changed)
        kept = [alert if alert in told else _untold(alert) for alert in changed]
        return Found([_check(one, start, last) for last in judged[-1:]], kept, told)

    def _owed(self, c: Connection, one: Held, until: datetime) -> tuple[datetime, range, Tally]:
        """Where the counts begin, the looks after which of them are owed, and the counts."""
        reach = (one.limit.for_looks + (one.limit.buckets or LONGEST)) * STEP
        since = one.check.looked_at if one.check else None
        base = one.subject.baseline
        if one.limit.inclusive and base is not None:
            # A drop counts from the baseline's end: there is nothing to compare with before.
            since = max(since or base.end_at, base.end_at)
        start = floor(until - HISTORY if since is None else min(since, until) - reach)
        table = tally(c, one.subject, start, until)
        if since is None:
            seen = np.flatnonzero(table.n)
            first = int(seen[0]) + 1 if len(seen) else len(table)
        else:
            first = max((since - start) // STEP, 0) + 1
        if one.limit.at is None:
            first = max(first, len(table))
        return start, range(first, len(table) + 1), table

    def _fired(
        self, c: Connection, one: Held, looked_at: datetime, window: Window, span: tuple[datetime, datetime]
    ) -> Alert:
        subject = one.subject
        facts = Facts(
            subject=subject,
            looked_at=looked_at,
            window=window,
            normal=one.normal,
            shown=shown(c, subject, window.share, span),
            limit=_limit(one),
            false_alarms=None if self._quiet else self._expected(c, one, looked_at),
            public_url=self._settings.ui_address,
        )
        # Only a drop is an alert against its baseline; for the others that says what is normal, and may come later.
        version = subject.baseline.version if subject.baseline and subject.bad_is_failed else 0
        return state.fired(subject.rule_id, version, looked_at, evidence.pack(facts))

    def _expected(self, c: Connection, one: Held, until: datetime) -> FalseAlarms | None:
        """The rehearsal, which is made once a day for each rule, baseline and limit."""
        asked = (floor(until).date(), one.subject, one.limit)
        known = self._rehearsed.get(one.subject.rule_id)
        if known is None or known[0] != asked:
            known = (asked, alarms.expected(c, one.subject, one.limit, floor(until)))
            self._rehearsed[one.subject.rule_id] = known
        return known[1]

    def _save(self, c: Connection, found: Found) -> None:
        """Checks and alerts: all or nothing."""
        monitor_store.append_checks(c, found.checks)
        for alert in found.changed:
            alert_store.save(c, alert)
        for alert in found.told:
            rule, feature = alert.evidence["rule"]["name"], alert.evidence["monitor"]["feature"]
            if not self._quiet:
                log.warning("alert", state=alert.state, alert_id=alert.alert_id, rule=rule, feature=feature)

    def _views(self, now: datetime, *, rehearses: bool = True) -> list[RuleView]:
        with self._store.read() as c:
            found = [self._seen(c, one, floor(now), rehearses) for one in self._held(c)]
        return [view for view in found if view]

    def _seen(self, c: Connection, one: Held, until: datetime, rehearses: bool) -> RuleView | None:
        """One that cannot be counted is left out: it must not hide the others."""
        try:
            expected = self._expected(c, one, until) if rehearses else None
            return self._view(c, one, until).model_copy(update={"false_alarms_per_30_days": expected})
        except (ValueError, ArithmeticError, MemoryError) as error:
            log.error("rule not shown", rule=one.subject.rule.name, error=type(error).__name__)
            return None

    def _view(self, c: Connection, one: Held, until: datetime) -> RuleView:
        """As of `until`: the window is counted anew, the state is that of the last look."""
        start = until - (one.limit.buckets or LONGEST) * STEP
        table = tally(c, one.subject, start, until)
        now = judge(table, range(len(table), len(table) + 1), replace(one.limit, for_looks=1), firing=False)[0]
        alert = one.alert if one.alert and one.alert.fired_at <= until else None
        known = one.check is not None and one.check.looked_at == until
        series = one.subject.series
        return RuleView(
            rule_id=one.subject.rule_id,
            name=one.subject.rule.name,
            kind=one.subject.rule.kind,
            in_words=in_words(one.subject.rule),
            feature=series.feature,
            judge=series.judge,
            judge_version=series.judge_version,
            state=State.FIRING if alert else State.OK if now.state is State.FIRING else now.state,
            reason=one.check.reason if one.check and known else now.reason,
            value=shown(c, one.subject, now.window.share, _span(table, start, len(table), one.limit)),
            limit=_limit(one),
            n=now.window.n,
            min_n=one.limit.min_n,
            looked_at=one.check and one.check.looked_at,
            alert_id=alert and alert.alert_id,
            fired_at=alert and alert.fired_at,
            false_alarms_per_30_days=None,
        )


def _told(one: Held, changed: list[Alert]) -> list[Alert]:
    """Which alerts the channels hear of; of a rule's first look, which goes through all that is stored, what fires."""
    return changed if one.check else [alert for alert in changed[-1:] if alert.state == State.FIRING]


def _untold(alert: Alert) -> Alert:
    return replace(alert, evidence={**alert.evidence, "told": False})


def _whole(table: Tally) -> Window:
    n, weight = float(table.n.sum()), float(table.weight.sum())
    return Window(n, float(table.bad.sum()) / weight if weight > 0 else None)


def _span(table: Tally, start: datetime, end: int, limit: Threshold) -> tuple[datetime, datetime]:
    """The window of the look after `end` quarter hours."""
    first = int(first_buckets(table.n, np.array([end]), limit)[0])
    return start + first * STEP, start + end * STEP


def _limit(one: Held) -> float | None:
    """The limit in the unit of what is shown."""
    if isinstance(one.subject.rule, QuantileRule):
        return one.subject.rule.limit
    at = one.limit.at
    return 1.0 - at if at is not None and isinstance(one.subject.rule, DropRule) else at


def _check(one: Held, start: datetime, last: Judged) -> DriftCheck:
    window, normal = evidence.rate(one.subject, last.window), evidence.rate(one.subject, one.normal)
    return DriftCheck(
        monitor_id=one.subject.rule_id,
        looked_at=start + last.end * STEP,
        state=last.state,
        reason=last.reason,
        votes=last.window.n,
        log_evidence=None,
        log_threshold=0.0,
        p_ref=normal.rate,
        p_now=window.rate,
        drop=None,
        drop_lo=None,
        drop_hi=None,
        onset_at=None,
        onset_lo_at=None,
        onset_hi_at=None,
        flags=(evidence.FLAG,),
    )
