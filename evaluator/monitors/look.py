"""Looking at one monitor: what the looks it is owed say, as drift checks, a baseline and alerts ready to be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import log

from evaluator.alerts import evidence, state
from evaluator.alerts.evidence import Facts
from evaluator.alerts.state import Action
from evaluator.api.shapes import Interval
from evaluator.monitors import baseline as windows
from evaluator.monitors.counts import Counts
from evaluator.monitors.follow import Look, Rule, Standing, due, follow
from evaluator.monitors.views import Watched, interval
from evaluator.settings import Settings
from store import rollup, samples, verdicts
from store.database import Connection
from store.records import Alert, Baseline, DriftCheck, Monitor, Sample, Verdict
from store.samples import SampleFilter


@dataclass(frozen=True, slots=True)
class Watching:
    """What every look needs: the rule, the settings, the UI's address for links, and the time of writing."""

    rule: Rule
    settings: Settings
    public_url: str
    now: datetime


@dataclass(slots=True)
class Findings:
    """What looking at one monitor found; written in one transaction."""

    monitor: Monitor
    baseline: Baseline | None = None
    checks: list[DriftCheck] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


def look_at(c: Connection, one: Watched, until: datetime, watching: Watching) -> Findings | None:
    """The looks that the monitor is owed up to `until`; None when it is owed none."""
    after = one.monitor.checked_until
    if after is not None and until <= after:
        return None
    counts = Counts.of(rollup.buckets(c, one.monitor.series, samples.EARLIEST, until), until)
    if not len(counts):
        return None
    base = one.baseline or _first_baseline(one.monitor, counts, watching)
    if base is None:
        return Findings(one.monitor)
    findings = Findings(one.monitor, baseline=None if one.baseline else base)
    alert = one.alert
    standing = _standing(counts, one, base)
    ends = due(counts, max(counts.index(after), standing.restart) if after else standing.restart)
    for look in follow(counts, standing, ends, watching.rule):
        check = _check(one.monitor, counts, look, watching.rule)
        findings.checks.append(check)
        if look.transition.action is Action.FIRE:
            alert = state.fired(one.monitor.monitor_id, check.looked_at, _pack(c, check, base, one.monitor, watching))
            findings.alerts.append(alert)
        elif look.transition.action is Action.RESOLVE and alert is not None:
            recovery = _level(counts, look.standing.restart, look.end)
            findings.alerts.append(
                state.resolved(alert, check.looked_at, evidence.with_recovery(alert.evidence, recovery))
            )
            alert = None
        standing = look.standing
    findings.monitor = _moved(one.monitor, counts, standing, findings.checks)
    return findings


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


def _first_baseline(monitor: Monitor, counts: Counts, watching: Watching) -> Baseline | None:
    given = watching.settings.feature(monitor.series.feature).baseline
    if given.end is not None:
        window = windows.given_window(counts, given)
        return window and make_baseline(monitor, 1, "config", window, (watching.now, ""))
    window = windows.first_window(counts, watching.settings.drift)
    return window and make_baseline(monitor, 1, "first_window", window, (watching.now, ""))


def _standing(counts: Counts, one: Watched, base: Baseline) -> Standing:
    restart = max(counts.index(base.end_at), counts.index(one.monitor.restart_at) if one.monitor.restart_at else 0)
    standing = Standing((counts.index(base.start_at), counts.index(base.end_at)), restart)
    if one.alert is None:
        return standing
    drop = one.alert.evidence["drop"]["at_alarm"]["size"] or 0.0
    return replace(standing, fired=counts.index(one.alert.fired_at), drop=drop)


def _moved(monitor: Monitor, counts: Counts, standing: Standing, checks: Sequence[DriftCheck]) -> Monitor:
    last = checks[-1] if checks else None
    return replace(
        monitor,
        state=last.state if last else monitor.state,
        checked_until=last.looked_at if last else monitor.checked_until,
        restart_at=counts.time(standing.restart),
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
        log_threshold=log(rule.arl),
        p_ref=decision.p_ref,
        p_now=decision.p_now,
        drop=decision.drop,
        drop_lo=decision.drop_lo,
        drop_hi=decision.drop_hi,
        onset_at=time(decision.onset),
        onset_lo_at=time(decision.onset_lo),
        onset_hi_at=time(None if decision.onset_hi is None else decision.onset_hi + 1),
        flags=decision.flags,
    )


def _pack(c: Connection, check: DriftCheck, base: Baseline, monitor: Monitor, watching: Watching) -> dict[str, object]:
    series, since = monitor.series, check.onset_at or base.end_at
    spans = [(series, base.start_at, base.end_at), (series, since, check.looked_at)]
    reference, current = rollup.windows(c, spans)
    return evidence.pack(
        Facts(
            monitor=monitor,
            check=check,
            baseline=base,
            reference=interval(reference.votes, reference.passes),
            current=interval(current.votes, current.passes),
            false_alarms_per_30_days=watching.settings.drift.false_alarms_per_30_days,
            examples=_examples(c, monitor, since, check.looked_at),
            public_url=watching.public_url,
        )
    )


def _examples(c: Connection, monitor: Monitor, start: datetime, end: datetime) -> list[tuple[Sample, Verdict]]:
    """The newest failing samples since the onset, with the judge's verdict."""
    series = monitor.series
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
        verdict.sample_id: verdict
        for verdict in verdicts.of_samples(c, [sample.sample_id for sample in found])
        if (verdict.judge, verdict.judge_version) == (series.judge, series.judge_version)
    }
    return [(sample, judged[sample.sample_id]) for sample in found if sample.sample_id in judged]


def _level(counts: Counts, start: int, end: int) -> Interval:
    total = counts.total(start, end)
    return interval(float(total["n"].sum()), float(total["x"].sum()))
