"""Coverage and the judges' figures as Prometheus gauges, set anew once a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from evaluator.api import coverage, judges
from evaluator.api.judge_shapes import BudgetView, CoverageDay, JudgeView
from evaluator.service import Service
from evaluator.telemetry import JudgeGauges

DAY = timedelta(days=1)
ALL = "(all)"
"""Where a budget holds for all judges together."""
STEPS = ("arrived", "kept", "with_text", "applies", "chosen", "ok", "waiting", "overdue")


def measure(service: Service) -> None:
    """Sets all of them to what the store and the judges say now."""
    now = service.clock()
    rows = coverage.view(service, now - DAY, now, by_day=True).days
    views = judges.views(service)
    gauges = service.metrics.judging
    gauges.clear()
    _coverage(gauges, rows)
    for view in views:
        _judge(gauges, view)


def _coverage(gauges: JudgeGauges, rows: Iterable[CoverageDay]) -> None:
    sums = Counter[tuple[str, str, str]]()
    for row in rows:
        for what, n in _counts(row):
            sums[row.feature, row.judge, what] += n
    for (feature, judge, what), n in sums.items():
        gauges.coverage.labels(feature=feature, judge=judge, what=what).set(n)


def _counts(row: CoverageDay) -> Iterator[tuple[str, int]]:
    yield from ((step, getattr(row, step)) for step in STEPS)
    yield "error", sum(row.errors.values())
    yield "skipped", sum(row.skipped.values())
    yield "budget", row.not_chosen.get("budget", 0)


def _judge(gauges: JudgeGauges, view: JudgeView) -> None:
    gauges.pending.labels(judge=view.name).set(view.pending)
    gauges.oldest.labels(judge=view.name).set(view.oldest_waiting_seconds or 0)
    gauges.factor.labels(judge=view.name).set(view.factor)
    if view.budget and view.total_budget:
        gauges.cost.labels(judge=view.name).set(view.budget.spent_today)
        _left(gauges, view.name, view.budget)
        _left(gauges, ALL, view.total_budget)
    if view.work and view.work.flips.rate is not None:
        gauges.flips.labels(judge=view.name).set(view.work.flips.rate)
    if view.work and view.work.cache_hit_rate is not None:
        gauges.cache_hits.labels(judge=view.name).set(view.work.cache_hit_rate)


def _left(gauges: JudgeGauges, name: str, budget: BudgetView) -> None:
    for period, limit, spent in (
        ("day", budget.usd_per_day, budget.spent_today),
        ("week", budget.usd_per_week, budget.spent_week),
    ):
        if limit is not None:
            gauges.budget_left.labels(judge=name, period=period).set(limit - spent)
