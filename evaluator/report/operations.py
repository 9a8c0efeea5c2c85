"""Beside the findings: what was judged of the traffic, what it cost, how the judges are, what was not delivered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from evaluator.report.shapes import (
    CostFact,
    CostList,
    CoverageFact,
    DayCost,
    DeadFact,
    JudgeFact,
    MarkerFact,
)
from store import batches as batch_store
from store import judging, outbox, verdicts
from store import markers as marker_store
from store.batches import OPEN, Batch, BatchState
from store.markers import MarkerFilter

if TYPE_CHECKING:
    from evaluator.api.judge_shapes import CoverageDay, CoverageView, JudgeView
    from evaluator.report.asked import Asked
    from evaluator.service import Service
    from store.database import Connection

DEAD = "dead"
MOST_DEAD = 20
MOST_MARKERS = 20
MOST_BATCHES = 1000
ACCEPTED = "accepted"


def coverage(found: CoverageView, asked: Asked) -> tuple[CoverageFact, ...]:
    """The days of each feature and judge together."""
    days: dict[tuple[str, str, str], list[CoverageDay]] = defaultdict(list)
    for one in found.days:
        if asked.takes(one.feature):
            days[one.feature, one.judge, one.judge_version].append(one)
    return tuple(_covered(rows) for _, rows in sorted(days.items()))


def without_judge(found: CoverageView, asked: Asked) -> dict[str, int]:
    """Features whose kept samples no judge is there for, with how many of them."""
    judged = {one.feature for one in found.days}
    kept = ((one.feature, one.n) for one in found.traffic if one.outcome == ACCEPTED)
    return {feature: n for feature, n in kept if n and feature not in judged and asked.takes(feature)}


def _covered(rows: Sequence[CoverageDay]) -> CoverageFact:
    first = rows[0]
    return CoverageFact(
        feature=first.feature,
        judge=first.judge,
        arrived=sum(one.arrived for one in rows),
        not_kept=_summed(one.not_kept for one in rows),
        kept=sum(one.kept for one in rows),
        no_text=_summed(one.no_text for one in rows),
        not_applicable=sum(one.with_text - one.applies for one in rows),
        not_chosen=_summed(one.not_chosen for one in rows),
        chosen=sum(one.chosen for one in rows),
        judged=sum(one.ok for one in rows),
        errors=_summed(one.errors for one in rows),
        skipped=_summed(one.skipped for one in rows),
        waiting=sum(one.waiting for one in rows),
        overdue=sum(one.overdue for one in rows),
    )


def _summed(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    whole = Counter[str]()
    for part in parts:
        whole.update(part)
    return {name: n for name, n in whole.most_common() if n}


def costs(c: Connection, service: Service, asked: Asked) -> CostList:
    """What each judge spent in the period, the dearest first, beside its budget."""
    rows = [row for row in verdicts.costs(c, asked.start, asked.end) if asked.takes(row.feature)]
    by_judge: dict[str, list[verdicts.Cost]] = defaultdict(list)
    by_day: dict[date, float] = defaultdict(float)
    for row in rows:
        by_judge[row.judge].append(row)
        by_day[date.fromisoformat(row.day)] += row.usd or 0.0
    limits = {entry.name: entry.limit.usd_per_day for entry in service.entries}
    general = service.settings.judge
    # A day without a price may be one without a call: only here are the two told apart.
    spent = judging.spending(c, [asked.start])
    found = [
        _cost(judge, own, limits.get(judge), is_known=spent[judge, asked.start] is not None)
        for judge, own in by_judge.items()
        if (judge, asked.start) in spent
    ]
    return CostList(
        judges=tuple(sorted(found, key=lambda one: (-(one.usd or 0.0), one.judge))),
        days=tuple(DayCost(day=day, usd=usd) for day, usd in sorted(by_day.items())),
        usd_per_day_limit=general.usd_per_day,
        usd_per_week_limit=general.usd_per_week,
    )


def _cost(judge: str, rows: Sequence[verdicts.Cost], limit: float | None, *, is_known: bool) -> CostFact:
    days: dict[date, float] = defaultdict(float)
    for row in rows:
        days[date.fromisoformat(row.day)] += row.usd or 0.0
    dearest = max(days, key=lambda day: days[day])
    return CostFact(
        judge=judge,
        verdicts=sum(row.verdicts for row in rows),
        usd=sum(days.values()) if is_known else None,
        usd_per_day_limit=limit,
        dearest_day=dearest if is_known else None,
        dearest_usd=days[dearest] if is_known else None,
    )


def judges(
    c: Connection, views: Sequence[JudgeView], covered: Sequence[CoverageFact], asked: Asked
) -> tuple[JudgeFact, ...]:
    """Every judge, those in trouble first."""
    batches: dict[str, list[Batch]] = defaultdict(list)
    for one in batch_store.newest(c, MOST_BATCHES):
        if one.state in OPEN or asked.start <= one.submitted_at < asked.end:
            batches[one.judge].append(one)
    found = [_judge(view, [one for one in covered if one.judge == view.name], batches[view.name]) for view in views]
    return tuple(sorted(found, key=lambda one: (one.state == "ready", one.judge)))


def _judge(view: JudgeView, covered: Sequence[CoverageFact], batches: Sequence[Batch]) -> JudgeFact:
    return JudgeFact(
        judge=view.name,
        kind=view.kind,
        state=view.state,
        detail=view.detail,
        judged=sum(one.judged for one in covered),
        errors=_summed(one.errors for one in covered),
        pending=view.pending,
        oldest_waiting_seconds=view.oldest_waiting_seconds,
        factor=view.factor,
        flips=view.work.flips if view.work else None,
        disagreement=view.work.disagreement if view.work else None,
        batches=len(batches),
        batches_open=sum(one.state in OPEN for one in batches),
        batches_failed=sum(one.state is BatchState.FAILED for one in batches),
    )


def markers(c: Connection, asked: Asked) -> tuple[tuple[MarkerFact, ...], int]:
    """The newest markers of the period, and how many more there were."""
    every = marker_store.find(c, MarkerFilter(start_at=asked.start, end_at=asked.end))
    found = [one for one in every if one.feature is None or asked.takes(one.feature)]
    told = tuple(
        MarkerFact(ts=one.ts, kind=one.kind.value, name=one.name, feature=one.feature or "")
        for one in found[:MOST_MARKERS]
    )
    return told, max(len(found) - MOST_MARKERS, 0)


def dead(c: Connection, asked: Asked) -> tuple[DeadFact, ...]:
    """Deliveries that were given up in the period: their last attempt lies in it."""
    return tuple(
        DeadFact(
            channel=one.channel,
            event=one.event,
            created_at=one.created_at,
            attempts=one.attempts,
            error=one.last_error or "",
        )
        for one in outbox.find(c, DEAD)
        if one.created_at < asked.end and max(one.created_at, one.next_attempt_at) >= asked.start
    )[:MOST_DEAD]
