"""What replays raised, side by side with each other and with what was raised live."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evaluator.api.rule_shapes import BacktestReport, BacktestRow, Episode
from evaluator.backtest import replay
from evaluator.backtest.replay import MOST_ALERTS, Outcome, Plan
from evaluator.errors import InputError
from evaluator.settings import Settings
from store import alerts as alert_store
from store.records import Alert
from store.store import Store

COMPARED = ("drift", "monitors", "features", "rules")
"""The tables of another configuration that a replay can follow: verdicts are given again by nobody."""
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """Which alerts are asked for: of features that match, fired in [since, until]; under which settings."""

    settings: Settings
    since: datetime
    until: datetime
    feature: str = "*"
    other: Settings | None = None


Progress = Callable[[str, datetime, int], None]
"""Told which replay is under way (present or other), how far it is, and how many looks it took."""


async def answer(store: Store, question: Question, progress: Progress = lambda *_: None) -> BacktestReport:
    """Replays the history of `store` once for each configuration. InputError: the span is none."""
    if question.since >= question.until:
        raise InputError(
            f"--since ({question.since.isoformat()}) must lie before --until ({question.until.isoformat()})."
        )
    present = await replay.run(
        store, Plan(question.settings, question.until), lambda at, looks: progress("present", at, looks)
    )
    other = None
    if question.other is not None:
        # A baseline that a command chose is chosen again, unless the other configuration names one.
        plan = Plan(question.other, question.until, commands=False)
        other = await replay.run(store, plan, lambda at, looks: progress("other", at, looks))
    return await asyncio.to_thread(_report, store, question, present, other)


def _report(store: Store, question: Question, present: Outcome, other: Outcome | None) -> BacktestReport:
    with store.read() as c:
        live = [one for one in alert_store.find(c, limit=MOST_ALERTS) if one.evidence.get("told", True)]
    columns = {"replayed": present.alerts, "live": live, "other": other.alerts if other else []}
    return BacktestReport(
        since=question.since,
        until=question.until,
        other_config=other is not None,
        rows=[
            row
            for row in side_by_side({name: _asked(alerts, question) for name, alerts in columns.items()})
            if fnmatchcase(row.feature, question.feature)
        ],
        rules=[one for one in present.rules if fnmatchcase(one.feature, question.feature)],
        other_rules=[one for one in (other.rules if other else ()) if fnmatchcase(one.feature, question.feature)],
        looks=present.looks + (other.looks if other else 0),
        notes=list(dict.fromkeys([*present.notes, *(other.notes if other else ())])),
    )


def _asked(alerts: Iterable[Alert], question: Question) -> list[Alert]:
    """Those that fired in the span; what resolved after its end fires still."""
    return [
        alert
        if alert.resolved_at is None or alert.resolved_at <= question.until
        else Alert(
            alert_id=alert.alert_id,
            monitor_id=alert.monitor_id,
            state="firing",
            fired_at=alert.fired_at,
            resolved_at=None,
            evidence=alert.evidence,
        )
        for alert in alerts
        if question.since <= alert.fired_at <= question.until
    ]


@dataclass(slots=True)
class _Row:
    """Alerts of one monitor that overlap, at most one of each column."""

    of: Alert
    found: dict[str, Alert] = field(default_factory=dict)

    def takes(self, column: str, alert: Alert) -> bool:
        """Whether the alert, of the same monitor, belongs here."""
        return column not in self.found and any(_overlap(alert, one) for one in self.found.values())


def side_by_side(columns: Mapping[str, Iterable[Alert]]) -> list[BacktestRow]:
    """The alerts of each column, those of one monitor that overlap in one row, in order of their first firing."""
    told = [(alert, column) for column, alerts in columns.items() for alert in alerts]
    rows: list[_Row] = []
    of_monitor: defaultdict[str, list[_Row]] = defaultdict(list)
    for alert, column in sorted(told, key=lambda one: (one[0].fired_at, one[0].monitor_id, one[1])):
        near = of_monitor[alert.monitor_id]
        row = next((row for row in reversed(near) if row.takes(column, alert)), None)
        if row is None:
            row = _Row(alert)
            rows.append(row)
            near.append(row)
        row.found[column] = alert
    return [_row(row) for row in rows]


def _overlap(one: Alert, other: Alert) -> bool:
    ends = (one.resolved_at or FOREVER, other.resolved_at or FOREVER)
    return one.fired_at <= ends[1] and other.fired_at <= ends[0]


def _row(row: _Row) -> BacktestRow:
    monitor, rule = row.of.evidence["monitor"], row.of.evidence.get("rule")
    return BacktestRow(
        monitor_id=row.of.monitor_id,
        feature=monitor["feature"],
        judge=monitor["judge"],
        judge_version=monitor["judge_version"],
        metric=None if rule else monitor.get("metric", "pass_rate"),
        rule=rule and rule["name"],
        replayed=_episode(row.found.get("replayed")),
        other=_episode(row.found.get("other")),
        live=_episode(row.found.get("live")),
    )


def _episode(alert: Alert | None) -> Episode | None:
    if alert is None:
        return None
    onset = alert.evidence["onset"]
    return Episode(
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        onset=onset["at"],
        onset_lo=onset["lo_at"],
        onset_hi=onset["hi_at"],
        drop=alert.evidence["drop"]["at_alarm"]["size"],
    )


def tables(settings: Settings) -> dict[str, Any]:
    """What of a configuration a replay can follow, as JSON."""
    return settings.model_dump(mode="json", include=set(COMPARED))


def changed(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings with these tables in place of their own. InputError names what cannot be replayed, or is wrong."""
    if strange := sorted(set(given) - set(COMPARED)):
        raise InputError(f"config: {', '.join(strange)} cannot be replayed; give {', '.join(COMPARED)}.")
    found: dict[str, object] = {}
    for name, value in given.items():
        wanted = Settings.model_fields[name].rebuild_annotation()
        try:
            found[name] = TypeAdapter[object](wanted).validate_python(value, strict=False)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in (name, *first["loc"]))
            raise InputError(f"config: {place}: {first['msg']}") from None
    return settings.model_copy(update=found)
