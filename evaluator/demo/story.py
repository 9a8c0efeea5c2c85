"""The demo's week, day by day: send the traffic, let it be judged, look, and say what was found beside the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from evaluator.api.shapes import AlertView, CheckReport, MonitorView
from evaluator.demo.traffic import Change, Feature, Item, Script, week
from evaluator.errors import LeadlineError

Say = Callable[[str], None]
BATCH = 100


class Api(Protocol):
    """The running service, over HTTP."""

    async def get(self, path: str, **params: Any) -> Any: ...
    async def post(self, path: str, body: Any) -> Any: ...
    @property
    def sleep(self) -> Callable[[float], Awaitable[object]]: ...


@dataclass(slots=True)
class Findings:
    """What fired, by feature and judge; the monitors as last seen; and whether what fired is exactly what is true."""

    expected: set[tuple[str, str]]
    fired: dict[tuple[str, str], AlertView] = field(default_factory=dict)
    monitors: dict[tuple[str, str], MonitorView] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        return set(self.fired) == self.expected

    def note(self, report: CheckReport) -> None:
        self.monitors = {(view.feature, view.judge): view for view in report.monitors}
        for alert in report.firing:
            self.fired.setdefault((alert.feature, alert.judge), alert)

    def overall(self, feature: str, judge: str) -> str:
        """How far the rate over all segments moved: what a threshold on it would have seen."""
        view = self.monitors.get((feature, judge))
        if view is None or view.baseline is None or view.baseline.rate is None or view.current.rate is None:
            return ""
        return f", though its overall pass rate went {100 * view.baseline.rate:.1f} % → {100 * view.current.rate:.1f} %"


async def play(api: Api, script: Script, end: datetime, say: Say) -> Findings:
    """Lives the week that ends at `end` and returns what was found."""
    start = end - timedelta(days=script.days)
    changes = script.changes()
    findings = Findings({(feature.name, change.judge) for feature, change in changes if change.regression})
    items = week(script, end)
    volume = f"{len(items):,} samples of {len(script.features)} features"
    say(f"{volume} over {script.days} days, from {start:%a %d %b %H:%M} UTC\n")
    for day in range(1, script.days + 1):
        until = start + timedelta(days=day)
        batch = [item for item in items if until - timedelta(days=1) <= _ts(item) < until]
        say(f"Day {day}, until {until:%a %d %b %H:%M}: {len(batch):,} samples")
        _say_truth(changes, (start, until), say)
        await _send(api, batch)
        report = CheckReport.model_validate(await api.post("/v1/checks", {"now": until.isoformat()}))
        findings.note(report)
        _say_found(report, say)
    _say_verdict(findings, changes, start, say)
    return findings


async def _send(api: Api, items: Sequence[Item]) -> None:
    """Through the webhook in batches, then waits until every judge is done with them."""
    for first in range(0, len(items), BATCH):
        answer = await api.post("/v1/samples", list(items[first : first + BATCH]))
        if answer["rejected"]:
            raise LeadlineError(f"the webhook rejected items of the demo: {answer['items'][:3]}")
    while any(judge["pending"] for judge in await api.get("/v1/judges") if judge["state"] == "ready"):
        await api.sleep(0.05)


def _say_truth(changes: Sequence[tuple[Feature, Change]], window: tuple[datetime, datetime], say: Say) -> None:
    start, until = window
    begun = [(f, c) for f, c in changes if until - timedelta(days=1) <= _at(c, start) < until]
    for feature, change in begun:
        kind = "a regression" if change.regression else "no regression"
        say(f"  true:  {_at(change, start):%H:%M} {feature.name}: {change.says} ({kind})")
    if not begun:
        say("  true:  nothing new happens")


def _say_found(report: CheckReport, say: Say) -> None:
    new = [view for view in report.monitors if view.alert_id and view.alert_id in report.fired]
    for view in new:
        say(f"  found: REGRESSION in {view.feature}, judge {view.judge}: {_numbers(view)}")
        example = next((alert for alert in report.firing if alert.alert_id == view.alert_id), None)
        if text := example and _example(example):
            say(f"         for example: {text}")
    watching = [view for view in report.monitors if view.state == "firing" and view not in new]
    for view in watching:
        say(f"  found: still firing: {view.feature}, judge {view.judge}: {_numbers(view)}")
    learning = sum(view.state == "insufficient" for view in report.monitors)
    if learning:
        say(f"  found: nothing to compare with yet, {learning} monitors collect their baseline")
    elif not (new or watching):
        say(f"  found: nothing wrong ({len(report.monitors)} monitors)")


def _numbers(view: MonitorView) -> str:
    before, now = view.baseline, view.current
    if before is None or before.rate is None or now.rate is None or now.lo is None or now.hi is None:
        return "no numbers"
    since = f", since {view.onset:%a %H:%M}" if view.onset else ""
    if view.onset_lo and view.onset_hi:
        since += f" (90 % interval {view.onset_lo:%a %H:%M} to {view.onset_hi:%a %H:%M})"
    return (
        f"pass rate {100 * before.rate:.1f} % → {100 * now.rate:.1f} % [{100 * now.lo:.1f}, {100 * now.hi:.1f}]"
        f", n = {now.n:.0f}{since}"
    )


def _example(alert: AlertView) -> str:
    examples = alert.evidence.get("examples") or []
    return str(examples[0].get("explanation", ""))[:160] if examples else ""


def _say_verdict(findings: Findings, changes: Sequence[tuple[Feature, Change]], start: datetime, say: Say) -> None:
    say("\nThe week in short:")
    for feature, change in changes:
        alert = findings.fired.get((feature.name, change.judge))
        truth = (
            f"{feature.name}: {'a regression' if change.regression else 'a mix shift'} at {_at(change, start):%a %H:%M}"
        )
        found = f"found at {alert.fired_at:%a %H:%M}, {_delay(change, start, alert)}" if alert else "not flagged"
        overall = "" if alert else findings.overall(feature.name, change.judge)
        say(f"  {'right' if bool(alert) == change.regression else 'WRONG'}  {truth}: {found}{overall}")
    for name, judge in sorted(set(findings.fired) - {(f.name, c.judge) for f, c in changes}):
        say(f"  WRONG  {name}: a false alarm of {judge}")


def _delay(change: Change, start: datetime, alert: AlertView) -> str:
    hours = (alert.fired_at - _at(change, start)) / timedelta(hours=1)
    return f"{hours:.1f} hours after it began"


def _at(change: Change, start: datetime) -> datetime:
    return start + timedelta(hours=change.at_hours)


def _ts(item: Item) -> datetime:
    return datetime.fromisoformat(item["timestamp"]).astimezone(UTC)
