"""The demo's week, day by day: send the traffic, let it be judged, look, and say what was found beside the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from evaluator.api.alert_shapes import AlertView
from evaluator.api.shapes import CheckReport, MonitorView
from evaluator.demo.traffic import Change, Feature, Item, Script, week
from evaluator.errors import LeadlineError
from evaluator.monitors.words import RATE_OF_JUDGE, changed, share, what

Say = Callable[[str], None]
Key = tuple[str, str, str]
"""Feature, judge (empty where the metric is the feature's alone) and metric."""
BATCH = 100


class Api(Protocol):
    """The running service, over HTTP."""

    async def get(self, path: str, **params: Any) -> Any: ...
    async def post(self, path: str, body: Any) -> Any: ...
    @property
    def sleep(self) -> Callable[[float], Awaitable[object]]: ...


@dataclass(slots=True)
class Findings:
    """What fired and the monitors as last seen, by feature, judge and metric, and whether all of it is true.

    `expected` says when each true regression began. It moves other metrics of its feature too: such companions are no
    false alarms, unless they fired before it.
    """

    expected: Mapping[Key, datetime]
    fired: dict[Key, AlertView] = field(default_factory=dict)
    monitors: dict[Key, MonitorView] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        return self.expected.keys() <= self.fired.keys() and not self.false

    @property
    def false(self) -> list[AlertView]:
        """Alerts of features where nothing had got worse by then."""
        return [alert for alert in self.fired.values() if not self._is_true(alert)]

    def companions(self, of: Key) -> list[AlertView]:
        """What else moved with a true regression, in the order in which it fired."""
        found = [alert for key, alert in self.fired.items() if key != of and alert.feature == of[0]]
        return sorted(filter(self._is_true, found), key=lambda alert: alert.fired_at)

    def note(self, report: CheckReport) -> None:
        self.monitors = {_key(view): view for view in report.monitors}
        self.add(report.firing)

    def add(self, alerts: Sequence[AlertView]) -> None:
        """Takes in alerts; the first one of a monitor counts."""
        for alert in sorted(alerts, key=lambda alert: alert.fired_at):
            self.fired.setdefault(_key(alert), alert)

    def overall(self, of: Key) -> str:
        """How far the rate over all segments moved: what a threshold on it would have seen."""
        view = self.monitors.get(of)
        if view is None or view.baseline is None or view.baseline.rate is None or view.current.rate is None:
            return ""
        return f", though its overall pass rate went {100 * view.baseline.rate:.1f} % → {100 * view.current.rate:.1f} %"

    def _is_true(self, alert: AlertView) -> bool:
        begun = [at for (feature, _, _), at in self.expected.items() if feature == alert.feature]
        return any(alert.fired_at >= at for at in begun)


async def play(api: Api, script: Script, end: datetime, say: Say) -> Findings:
    """Lives the week that ends at `end` and returns what was found."""
    start = end - timedelta(days=script.days)
    changes = script.changes()
    findings = Findings({_watching(f, change): _at(change, start) for f, change in changes if change.regression})
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
        _say_found(report, findings, say)
    # What fired and resolved between two looks of the story counts too.
    findings.add([AlertView.model_validate(alert) for alert in await api.get("/v1/alerts")])
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


def _say_found(report: CheckReport, findings: Findings, say: Say) -> None:
    new = [view for view in report.monitors if view.alert_id and view.alert_id in report.fired]
    old = [view for view in report.monitors if view.fires and view not in new]
    known = {view.feature for view in old}
    for views, word in ((new, "REGRESSION in"), (old, "still firing:")):
        for told in _told_together(views, findings):
            later = views is new and told[0].feature in known and _key(told[0]) not in findings.expected
            _say_change(told, "moved too:" if later else word, report, say)
    learning = [view for view in report.monitors if view.state == "insufficient"]
    slow = sum(view.metric == "volume" for view in learning)
    waits = f"; traffic volume of {slow} feature{'s' * (slow > 1)} needs a week before it is compared" if slow else ""
    if len(learning) > slow:
        say(f"  found: nothing to compare with yet, {len(learning) - slow} monitors collect their baseline{waits}")
    elif not (new or old):
        say(f"  found: nothing wrong ({len(report.monitors) - slow} monitors{waits})")


def _told_together(views: Sequence[MonitorView], findings: Findings) -> list[list[MonitorView]]:
    """One group per feature, what is to be told of it first: a true regression, else a pass rate."""
    ranked = sorted(views, key=lambda view: (_key(view) not in findings.expected, view.metric != RATE_OF_JUDGE))
    return [[view for view in ranked if view.feature == name] for name in dict.fromkeys(v.feature for v in ranked)]


def _say_change(told: Sequence[MonitorView], word: str, report: CheckReport, say: Say) -> None:
    view, *others = told
    where = f"judge {view.judge}" if view.metric == RATE_OF_JUDGE else what(view.judge, view.metric)
    new = word.startswith("REGRESSION")
    say(f"  found: {word} {view.feature}, {where}: {_numbers(view)}{_since(view)}")
    example = next((alert for alert in report.firing if alert.alert_id == view.alert_id), None)
    if new and (text := example and _example(example)):
        say(f"         for example: {text}")
    # What changed inside the segments can fire and still read the same over all of them.
    if moving := [other for other in others if changed(other)]:
        moved = "; ".join(_numbers(other, brief=True) for other in moving)
        say(f"         also {'moved' if new else 'firing'}: {moved}")


def _numbers(view: MonitorView, *, brief: bool = False) -> str:
    before, now = view.baseline, view.current
    if before is None or before.rate is None or now.rate is None or now.lo is None or now.hi is None:
        return f"{share(view.metric, view.says)} no numbers"
    moved = f"{share(view.metric, view.says)} {100 * before.rate:.1f} % → {100 * now.rate:.1f} %"
    return moved if brief else f"{moved} [{100 * now.lo:.1f}, {100 * now.hi:.1f}], n = {now.n:.0f}"


def _since(view: MonitorView) -> str:
    since = f", since {view.onset:%a %H:%M}" if view.onset else ""
    if view.onset_lo and view.onset_hi:
        since += f" (90 % interval {view.onset_lo:%a %H:%M} to {view.onset_hi:%a %H:%M})"
    return since


def _example(alert: AlertView) -> str:
    examples = alert.evidence.get("examples") or []
    return str(examples[0].get("explanation", ""))[:160] if examples else ""


def _say_verdict(findings: Findings, changes: Sequence[tuple[Feature, Change]], start: datetime, say: Say) -> None:
    say("\nThe week in short:")
    for feature, change in changes:
        watching = _watching(feature, change)
        alert = findings.fired.get(watching)
        kind = "a regression" if change.regression else "a mix shift"
        truth = f"{feature.name}: {kind} at {_at(change, start):%a %H:%M}"
        found = f"found at {alert.fired_at:%a %H:%M}, {_delay(change, start, alert)}" if alert else "not flagged"
        right = change.regression == bool(alert) and alert not in findings.false
        say(f"  {'right' if right else 'WRONG'}  {truth}: {found}{'' if alert else findings.overall(watching)}")
        if change.regression and (companions := findings.companions(watching)):
            say(f"         which also moved {', '.join(what(alert.judge, alert.metric) for alert in companions)}")
    told = {_watching(feature, change) for feature, change in changes}
    for alert in findings.false:
        if _key(alert) not in told:
            name = what(alert.judge, alert.metric)
            say(f"  WRONG  {alert.feature}: a false alarm of {name} at {alert.fired_at:%a %H:%M}")


def _key(found: AlertView | MonitorView) -> Key:
    return found.feature, found.judge, found.metric


def _watching(feature: Feature, change: Change) -> Key:
    """The monitor that must find the change, or must not."""
    return feature.name, change.judge, RATE_OF_JUDGE


def _delay(change: Change, start: datetime, alert: AlertView) -> str:
    hours = (alert.fired_at - _at(change, start)) / timedelta(hours=1)
    return f"{hours:.1f} hours after it began"


def _at(change: Change, start: datetime) -> datetime:
    return start + timedelta(hours=change.at_hours)


def _ts(item: Item) -> datetime:
    return datetime.fromisoformat(item["timestamp"]).astimezone(UTC)
