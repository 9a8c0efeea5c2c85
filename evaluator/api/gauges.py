"""Coverage, the judges' figures, alerts and their delivery as Prometheus gauges, set anew once a minute."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from evaluator.alerts import gauges as alert_gauges
from evaluator.api import coverage, judges
from evaluator.api.judge_shapes import CoverageDay, JudgeView
from evaluator.readings import OTHERS, Names, Reading
from evaluator.service import Service
from judges.budget import REASON as BUDGET
from judges.budget import Left

DAY = timedelta(days=1)
ALL = "(all)"
"""Where a budget holds for all judges together."""
MOST_REASONS = 40
OVER_BUDGET = "over_budget"
"""The state of a judge that is unavailable because its money is spent: that is no fault."""
JUDGE_STATES = ("ready", "not_configured", "stopped", judges.UNAVAILABLE, OVER_BUDGET)
STEPS = ("arrived", "kept", "with_text", "applies", "chosen", "ok", "waiting", "overdue")
UNSCORED = {
    "not_kept": "not_kept",
    "no_text": "no_text",
    "not_chosen": "not_chosen",
    "errors": "error",
    "skipped": "skipped",
}
"""The counts by reason of a day, and what they are called here."""


async def measure(service: Service) -> None:
    """Sets all of them to what the store, the budgets and the judges say now.

    The gauges of the monitors are set by looks; after a start the store tells what the last look left.
    """
    metrics = service.metrics
    metrics.measured_since = metrics.measured_since or service.clock()
    if not metrics.watching.shown:
        await service.monitors.show()
    metrics.expect_deliveries(channel.name for channel in service.settings.alerts.channels)
    left = await service.pipeline.run(_left(service))
    metrics.judging.show(await asyncio.to_thread(lambda: [*_stored(service), *_money(left)]))
    metrics.serving.show(await asyncio.to_thread(lambda: [*_served(service)]))


def _served(service: Service) -> Iterator[Reading]:
    now, settings, store = service.clock(), service.settings, service.store
    with store.read() as c:
        yield from alert_gauges.alerted(c, settings, now)
        yield from alert_gauges.owed(c, [channel.name for channel in settings.alerts.channels], now)
    free, size = store.free_bytes(), store.size_bytes()
    if free is not None:
        yield Reading("disk_free_bytes", (), free)
    if size is not None:
        yield Reading("database_bytes", (), size)
    yield Reading("disk_full", (), store.nearly_full())
    yield Reading("look_interval_seconds", (), settings.drift.every_minutes * 60)
    if service.metrics.measured_since:
        yield Reading("start_timestamp_seconds", (), service.metrics.measured_since.timestamp())
    yield Reading("last_measure_timestamp_seconds", (), now.timestamp())


async def _left(service: Service) -> Sequence[Left]:
    """What is left of every budget, once each. In the judges' loop, where the budgets live."""
    if service.resources is None:
        return []
    names = [entry.name for entry in service.entries if entry.kind == judges.LLM]
    found = [left for name in names for left in service.resources.budgets.left(name)]
    return list({(left.name, left.period): left for left in found}.values())


def _money(found: Iterable[Left]) -> Iterator[Reading]:
    for left in found:
        yield Reading("budget_usd", (left.name or ALL, left.period), left.limit_usd)
        yield Reading("budget_left_usd", (left.name or ALL, left.period), left.usd)


def _stored(service: Service) -> Iterator[Reading]:
    now = service.clock()
    yield from covered(coverage.days(service, now - DAY, now))
    for view in judges.views(service):
        yield from _judge(view)


def covered(days: Sequence[CoverageDay]) -> Iterator[Reading]:
    """How far the samples came, and why the others did not, for the features with most traffic and all the others."""
    named = Names((row.feature, row.arrived) for row in days)
    known = Names(((reason, n) for row in days for _, reason, n in unscored(row)), MOST_REASONS)
    steps = Counter[tuple[str, str, str]]()
    reasons = Counter[tuple[str, str, str, str]]()
    for row in days:
        feature = named(row.feature)
        for step in STEPS:
            steps[feature, row.judge, step] += getattr(row, step)
        for what, reason, n in unscored(row):
            reasons[feature, row.judge, what, reason if reason in known else OTHERS] += n
    yield from (Reading("coverage", labels, n) for labels, n in steps.items())
    yield from (Reading("unscored", labels, n) for labels, n in reasons.items())


def unscored(row: CoverageDay) -> Iterator[tuple[str, str, int]]:
    """What was lost on the way, why, and how many."""
    for name, what in UNSCORED.items():
        counts: Mapping[str, int] = getattr(row, name)
        yield from ((what, reason, n) for reason, n in counts.items())
    if other := row.with_text - row.applies:
        yield "other", "applies_to", other


def _judge(view: JudgeView) -> Iterator[Reading]:
    labels = (view.name,)
    yield Reading("judge_pending", labels, view.pending)
    yield Reading("judge_oldest_seconds", labels, view.oldest_waiting_seconds or 0)
    yield Reading("judge_sampling_factor", labels, view.factor)
    yield Reading("judge_batched", labels, view.batch)
    told = OVER_BUDGET if view.state == judges.UNAVAILABLE and view.reason == BUDGET else view.state
    yield from (Reading("judge_state", (view.name, state), told == state) for state in JUDGE_STATES)
    if view.budget:
        yield Reading("judge_cost_usd", labels, view.budget.spent_today)
        if view.cost_usd is not None:
            yield Reading("judge_spent_usd_total", labels, view.cost_usd)
    if view.work and view.work.flips.rate is not None:
        yield Reading("judge_flip_rate", labels, view.work.flips.rate)
    if view.work and view.work.cache_hit_rate is not None:
        yield Reading("judge_cache_hit_rate", labels, view.work.cache_hit_rate)
