"""Coverage and the judges' figures as Prometheus gauges, set anew once a minute."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from evaluator.api import coverage, judges
from evaluator.api.judge_shapes import CoverageDay, JudgeView
from evaluator.service import Service
from evaluator.telemetry import Reading
from judges.budget import Left

DAY = timedelta(days=1)
ALL = "(all)"
"""Where a budget holds for all judges together."""
OTHERS = "(others)"
"""Features and reasons beyond the most frequent ones: their names are others' to choose, and every one is a series."""
MOST_FEATURES = 50
MOST_REASONS = 40
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
    """Sets all of them to what the store, the budgets and the judges say now."""
    left = await service.pipeline.run(_left(service))
    told = await asyncio.to_thread(lambda: [*_stored(service), *_money(left)])
    service.metrics.judging.show(told)


async def _left(service: Service) -> Sequence[Left]:
    """What is left of every budget, once each. In the judges' loop, where the budgets live."""
    if service.resources is None:
        return []
    names = [entry.name for entry in service.entries if entry.kind == judges.LLM]
    found = [left for name in names for left in service.resources.budgets.left(name)]
    return list({(left.name, left.period): left for left in found}.values())


def _money(found: Iterable[Left]) -> Iterator[Reading]:
    for left in found:
        yield Reading("budget_left_usd", (left.name or ALL, left.period), left.usd)


def _stored(service: Service) -> Iterator[Reading]:
    now = service.clock()
    yield from covered(coverage.days(service, now - DAY, now))
    for view in judges.views(service):
        yield from _judge(view)


def covered(days: Sequence[CoverageDay]) -> Iterator[Reading]:
    """How far the samples came, and why the others did not, for the features with most traffic and all the others."""
    named = set(most((row.feature, row.arrived) for row in days)[:MOST_FEATURES])
    known = set(most((reason, n) for row in days for _, reason, n in unscored(row))[:MOST_REASONS])
    steps = Counter[tuple[str, str, str]]()
    reasons = Counter[tuple[str, str, str, str]]()
    for row in days:
        feature = row.feature if row.feature in named else OTHERS
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


def most(counted: Iterable[tuple[str, int]]) -> list[str]:
    """Names by how often they are counted.

    >>> most([("a", 2), ("b", 3), ("a", 2)])
    ['a', 'b']
    """
    sums = Counter[str]()
    for name, n in counted:
        sums[name] += n
    return [name for name, _ in sums.most_common()]


def _judge(view: JudgeView) -> Iterator[Reading]:
    labels = (view.name,)
    yield Reading("judge_pending", labels, view.pending)
    yield Reading("judge_oldest_seconds", labels, view.oldest_waiting_seconds or 0)
    yield Reading("judge_sampling_factor", labels, view.factor)
    if view.budget:
        yield Reading("judge_cost_usd", labels, view.budget.spent_today)
    if view.work and view.work.flips.rate is not None:
        yield Reading("judge_flip_rate", labels, view.work.flips.rate)
    if view.work and view.work.cache_hit_rate is not None:
        yield Reading("judge_cache_hit_rate", labels, view.work.cache_hit_rate)
