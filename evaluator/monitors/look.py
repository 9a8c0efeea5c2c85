"""Looking at one monitor: what the looks it is owed say, as drift checks, a baseline and alerts ready to be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import log as ln

import structlog

from evaluator.alerts import evidence, state
from evaluator.alerts.evidence import Facts
from evaluator.alerts.state import Action, State
from evaluator.api.shapes import Interval
from evaluator.buckets import ceil
from evaluator.drift.drop import Drop
from evaluator.explanation.explain import Explanation, explain
from evaluator.explanation.question import question
from evaluator.monitors import baseline as windows
from evaluator.monitors import levels, marks, refreshed
from evaluator.monitors.counts import Counts
from evaluator.monitors.follow import Look, Rule, Standing, due, follow
from evaluator.monitors.levels import MISSING_DATA
from evaluator.monitors.metrics import JUDGED, Metric, metric_of, worse
from evaluator.monitors.spans import Waits
from evaluator.monitors.views import Watched
from evaluator.settings import Settings
from store import rollup, samples, verdicts
from store.database import Connection
from store.monitors import Current
from store.records import Alert, Baseline, DriftCheck, Monitor, Sample, Verdict
from store.rollup import Window
from store.samples import SampleFilter
from store.votes import OF_NO_SAMPLE

log = structlog.get_logger(__name__)

HISTORIC = timedelta(days=3)
"""An alert that ended longer ago than this when it is found belongs to the past: longer than a weekend of downtime."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What every look needs: the settings, the time of writing, up to where was counted, what waits for its verdict,
    and the monitors whose judge fails at the last look."""

    settings: Settings
    now: datetime
    counted: int
    waiting: Waits
    broken: frozenset[str] = frozenset()


@dataclass(slots=True)
class Findings:
    """What looking at one monitor found; written in one transaction.

    `before` is how the monitor stood when it was read, `counted` up to where was counted then (None: counts do not
    matter): when either has moved on by the time of writing, somebody else was faster and the findings are dropped.
    """

    before: Watched
    monitor: Monitor
    baseline: Baseline | None = None
    checks: list[DriftCheck] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    counted: int | None = None

    def hold(self, now: Mapping[str, Current], counted: int) -> bool:
        """Whether the monitor and its counts are `now` still as they were when it was looked at."""
        one = self.before
        current = now.get(one.monitor.monitor_id)
        then = Current(one.monitor, one.baseline.version if one.baseline else None)
        return current == then and self.counted in (None, counted)


def rebased(one: Watched, baseline: Baseline, now: datetime) -> Findings:
    """The monitor with another baseline: its watching starts again, its alert against the old one is closed."""
    monitor = replace(one.monitor, state=State.OK, checked_until=None, restart_at=None)
    return Findings(one, monitor, baseline, alerts=closed(one, now))


def closed(one: Watched, now: datetime) -> list[Alert]:
    """The monitor's firing alert, if any, ended by something else than a recovery."""
    return [state.resolved(one.alert, now, one.alert.evidence)] if one.alert else []


def looks(c: Connection, one: Watched, counts: Counts, rule: Rule, watching: Watching) -> Findings:
    """The looks that the monitor is owed at these counts; they begin where the last one that was taken needs them."""
    base, alert, after = one.baseline, one.alert, one.monitor.checked_until
    assert base is not None
    findings = Findings(one, one.monitor, counted=watching.counted)
    standing = _standing(counts, one)
    ends = due(counts, max(counts.index(after), standing.restart) if after else standing.restart, rule.every, rule.turn)
    for look in follow(counts, standing, ends, rule):
        check = _check(one.monitor, counts, look, rule)
        if look.transition.action is Action.FIRE:
            check, told = _pack(c, check, base, one.monitor, watching)
            alert = state.fired(one.monitor.monitor_id, base.version, check.looked_at, told)
            findings.alerts.append(alert)
        elif look.transition.action is Action.RESOLVE and alert is not None:
            level, drop = _level(c, one.monitor, counts, look), _since(counts, standing, look)
            told = evidence.with_recovery(alert.evidence, level, drop)
            if one.alert is None and check.looked_at < watching.now - HISTORIC:
                # Found and over in old data: nobody is told what nobody can act on.
                told["told"] = False
                findings.alerts[-1] = replace(alert, evidence={**alert.evidence, "told": False})
            findings.alerts.append(state.resolved(alert, check.looked_at, told))
            alert = None
        findings.checks.append(check)
        standing = look.standing
    if findings.checks:
        findings.checks[-1] = _seen(findings.checks[-1], broken=one.monitor.monitor_id in watching.broken)
    findings.monitor = _moved(one, counts, standing, findings.checks)
    return findings


def _seen(last: DriftCheck, *, broken: bool) -> DriftCheck:
    """The last look as it is to be read: without a working judge it says nothing."""
    said = state.seen(State(last.state), broken=broken)
    return replace(last, state=said[0], reason=said[1]) if said else last


def make_baseline(
    monitor: Monitor, version: int, origin: str, window: windows.Window, made: tuple[datetime, str]
) -> Baseline:
    """A baseline record; `made` is when and why."""
    return Baseline(
        monitor_id=monitor.monitor_id,
        version=version,
        origin=origin,
        start_at=window[0],
        end_at=window[1],
        created_at=made[0],
        note=made[1],
    )


def restart_of(one: Watched) -> datetime:
    """Where the monitor's evidence begins: after the baseline, or after the last recovery.

    Baselines that were chosen before they had to be whole quarter hours may end within one.
    """
    assert one.baseline is not None
    return ceil(max(one.baseline.end_at, one.monitor.restart_at or one.baseline.end_at))


def _standing(counts: Counts, one: Watched) -> Standing:
    standing = Standing(counts.index(restart_of(one)))
    if one.alert is None:
        return standing
    told = one.alert.evidence
    drop, reading = told["drop"]["at_alarm"]["size"] or 0.0, counts.indicators.told(told)
    return replace(standing, fired=counts.index(one.alert.fired_at), drop=drop, reading=reading)


def _moved(one: Watched, counts: Counts, standing: Standing, checks: Sequence[DriftCheck]) -> Monitor:
    """The monitor after these looks. Its evidence begins anew only with a recovery, however late the counts begin."""
    last, restart = checks[-1] if checks else None, restart_of(one)
    return replace(
        one.monitor,
        state=last.state if last else one.monitor.state,
        checked_until=last.looked_at if last else one.monitor.checked_until,
        restart_at=restart if standing.restart == counts.index(restart) else counts.time(standing.restart),
    )


def _check(monitor: Monitor, counts: Counts, look: Look, rule: Rule) -> DriftCheck:
    decision = look.decision

    def time(index: int | None) -> datetime | None:
        return None if index is None else counts.time(look.origin + index)

    return DriftCheck(
        monitor_id=monitor.monitor_id,
        looked_at=counts.time(look.end),
        state=look.transition.state,
        reason=look.transition.reason,
        votes=decision.votes,
        log_evidence=decision.log_evidence,
        log_threshold=ln(rule.arl),
        p_ref=decision.p_ref,
        p_now=decision.p_now,
        drop=decision.drop,
        drop_lo=decision.drop_lo,
        drop_hi=decision.drop_hi,
        onset_at=time(decision.onset),
        onset_lo_at=time(decision.onset_lo),
        onset_hi_at=time(None if decision.onset_hi is None else decision.onset_hi + 1),
        flags=decision.flags,
        reading=decision.reading,
        says=counts.indicators.says[decision.reading],
        share=counts.indicators.shares[decision.reading],
    )


def _pack(
    c: Connection, check: DriftCheck, base: Baseline, monitor: Monitor, watching: Watching
) -> tuple[DriftCheck, dict[str, object]]:
    """The evidence of an alert, and the check with the flag that it may be nothing but missing verdicts."""
    series, since = monitor.series, check.onset_at or base.end_at
    spans = [(base.start_at, base.end_at), (since, check.looked_at)]
    before, now = rollup.totals(c, [Window(series, start, end, check.share) for start, end in spans])
    [waits] = watching.waiting(c, [(series, since, check.looked_at)])
    metric, reference = metric_of(watching.settings, series), levels.shown(series, before)
    current = levels.bounded(levels.shown(series, now), now.errors + waits)
    if levels.missing_data(reference, current, metric):
        check = replace(check, flags=(*check.flags, MISSING_DATA))
    told = evidence.pack(
        Facts(
            monitor=monitor,
            check=check,
            baseline=base,
            reference=reference,
            current=current,
            false_alarms_per_30_days=watching.settings.drift.false_alarms_per_30_days,
            bad=worse(metric, check),
            failed=(before.errors, now.errors),
            examples=_examples(c, monitor, since, check.looked_at),
            marker=marks.beside(c, series.feature, check),
            explanation=_explained(c, monitor, base, check, metric),
            public_url=watching.settings.ui_address,
        )
    )
    return check, told


def _explained(
    c: Connection, monitor: Monitor, base: Baseline, check: DriftCheck, metric: Metric
) -> Explanation | None:
    """What happened; None when that cannot be said, which must not cost the alert."""
    now = (check.onset_at or base.end_at, check.looked_at)
    asked = question(monitor, base, check, now=now, firing=True, bad=worse(metric, check))
    if asked is None or monitor.series.metric in OF_NO_SAMPLE:
        return None
    try:
        return explain(c, asked)
    except (ValueError, ArithmeticError, MemoryError) as error:
        log.error("change not explained", monitor_id=monitor.monitor_id, error=type(error).__name__)
        return None


def _examples(c: Connection, monitor: Monitor, start: datetime, end: datetime) -> list[tuple[Sample, Verdict]]:
    """The newest failing samples since the onset, with the judge's verdict; none where no judge spoke."""
    series = monitor.series
    if series.metric not in JUDGED:
        return []
    failing = SampleFilter(
        feature=series.feature,
        judge=series.judge,
        judge_version=series.judge_version,
        passed=False,
        start_at=start,
        end_at=end,
        limit=evidence.EXAMPLES,
    )
    found = samples.search(c, failing)
    judged = {
        (verdict.sample_id, verdict.ts): verdict
        for verdict in verdicts.of_samples(c, [sample.sample_id for sample in found], from_ts=start, until_ts=end)
        if (verdict.judge, verdict.judge_version) == (series.judge, series.judge_version)
    }
    keyed = [(sample, judged.get((sample.sample_id, sample.ts))) for sample in found]
    return [(sample, verdict) for sample, verdict in keyed if verdict is not None]


def _level(c: Connection, monitor: Monitor, counts: Counts, look: Look) -> Interval:
    start, end = counts.time(look.standing.restart), counts.time(look.end)
    share = counts.indicators.shares[look.standing.reading]
    [total] = rollup.totals(c, [Window(monitor.series, start, end, share)])
    return levels.shown(monitor.series, total)


def _since(counts: Counts, standing: Standing, look: Look) -> Drop | None:
    """The drop of the votes from the alarm to the recovery."""
    assert standing.fired is not None
    return refreshed.between(counts, standing.fired, look.standing.restart, standing.reading)
