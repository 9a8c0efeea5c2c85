"""What a plain rule is held against: one feature, or one judge version on it; its counts, its limit, its words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

import numpy as np

from evaluator.buckets import STEP
from evaluator.monitors.views import ENDED, Watched
from evaluator.rules.threshold import Tally, Threshold
from evaluator.settings_rules import AnyRule, DropRule, QuantileRule, RateRule
from store import requests, rollup
from store.database import Connection
from store.records import Baseline, Series
from store.rollup import Window

STEP_MINUTES = 15
POINT = 0.01
PREFIX = "rule_"
Row = tuple[datetime, float, float, float]
"""A quarter hour with how many there were, their weight, and the weight of the bad ones."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One rule on one feature, or judge version. `baseline` is the time that is taken as normal; None: none yet."""

    rule: AnyRule
    series: Series
    baseline: Baseline | None

    @property
    def rule_id(self) -> str:
        """The name of this rule here: the same in every process."""
        series = self.series
        identity = "\n".join((self.rule.name, series.feature, series.judge, series.judge_version))
        return PREFIX + hashlib.sha256(identity.encode()).hexdigest()[:16]

    @property
    def bad_is_failed(self) -> bool:
        """Whether what it shows is a pass rate, the complement of the share it counts."""
        return isinstance(self.rule, DropRule)


def subjects(rules: Sequence[AnyRule], features: Iterable[str], known: Iterable[Watched]) -> list[Subject]:
    """All that the rules look at: living monitors of pass rates, and features that have samples."""
    watched = [one for one in known if one.monitor.state not in ENDED and _is_pass_rate(one.monitor.series)]
    names = sorted(features)
    found: list[Subject] = []
    for rule in rules:
        if _is_of_a_judge(rule):
            chosen = [one for one in watched if _matches(rule, one.monitor.series)]
            found += [Subject(rule, one.monitor.series, one.baseline) for one in chosen]
        else:
            found += [
                Subject(rule, Series(feature=name, judge="", judge_version=""), _first_baseline(watched, name))
                for name in names
                if fnmatchcase(name, rule.feature)
            ]
    return found


def _is_of_a_judge(rule: AnyRule) -> bool:
    return isinstance(rule, DropRule) or (isinstance(rule, RateRule) and rule.of == "judge_errors")


def _is_pass_rate(series: Series) -> bool:
    return series == Series(feature=series.feature, judge=series.judge, judge_version=series.judge_version)


def _matches(rule: AnyRule, series: Series) -> bool:
    judges = "*" if isinstance(rule, QuantileRule) else rule.judge
    return fnmatchcase(series.feature, rule.feature) and fnmatchcase(series.judge, judges)


def _first_baseline(watched: Iterable[Watched], feature: str) -> Baseline | None:
    """What a feature's figures are normal by: the earliest reference window of its monitors."""
    found = [one.baseline for one in watched if one.monitor.series.feature == feature and one.baseline]
    return min(found, key=lambda one: (one.end_at, one.start_at, one.monitor_id), default=None)


def limit_of(rule: AnyRule, normal: float | None) -> Threshold:
    """The rule as numbers; `normal` is the baseline's share of failed votes, which a drop is counted from."""
    buckets = None if rule.minutes is None else rule.minutes // STEP_MINUTES
    at: float | None
    if isinstance(rule, DropRule):
        at = None if normal is None else normal + rule.points * POINT
    elif isinstance(rule, QuantileRule):
        at = 1.0 - rule.quantile
    else:
        at = rule.limit
    inclusive = isinstance(rule, DropRule)
    return Threshold(at, buckets, rule.window_votes, rule.min_n, rule.for_looks, inclusive)


def tally(c: Connection, subject: Subject, start: datetime, end: datetime) -> Tally:
    """What there was in each quarter hour of [start, end), both on the grid."""
    counts = np.zeros((3, max((end - start) // STEP, 0)))
    for at, n, weight, bad in _rows(c, subject, start, end):
        counts[:, (at - start) // STEP] = n, weight, bad
    return Tally(*counts)


def _rows(c: Connection, subject: Subject, start: datetime, end: datetime) -> list[Row]:
    rule = subject.rule
    if isinstance(rule, DropRule) or rule.of == "judge_errors":
        (totals,) = rollup.steps(c, [Window(subject.series, start, end)], STEP_MINUTES)
        if isinstance(rule, DropRule):
            return [(t.start_at, t.votes, t.votes, t.votes - t.passes) for t in totals]
        return [(t.start_at, t.votes + t.errors, t.votes + t.errors, t.errors) for t in totals]
    figure = (rule.of, rule.limit if isinstance(rule, QuantileRule) else 0.0)
    found = requests.over(c, subject.series.feature, figure, (start, end))
    return [(one.start_at, float(one.n), one.weight, one.bad) for one in found]


def shown(c: Connection, subject: Subject, share: float | None, span: tuple[datetime, datetime]) -> float | None:
    """What a look shows of the window: a pass rate, a share, or the quantile itself."""
    if share is None:
        return None
    if isinstance(subject.rule, QuantileRule):
        figure = (subject.rule.of, subject.rule.quantile)
        return requests.quantile(c, subject.series.feature, figure, span)
    return 1.0 - share if subject.bad_is_failed else share


def in_words(rule: AnyRule) -> str:
    """The rule as a sentence.

    >>> in_words(QuantileRule(name="slow", kind="quantile", of="latency_ms", limit=10_000))
    'p95 of latency_ms above 10,000 over 60 minutes'
    """
    over = f"over the last {rule.window_votes:,} votes" if rule.minutes is None else f"over {rule.minutes:,} minutes"
    lasting = f", {rule.for_looks} looks in a row" if rule.for_looks > 1 else ""
    if isinstance(rule, DropRule):
        return f"pass rate down {rule.points:g} points {over}{lasting}"
    if isinstance(rule, QuantileRule):
        return f"p{100 * rule.quantile:g} of {rule.of} above {rule.limit:,.15g} {over}{lasting}"
    return f"{rule.of.replace('_', ' ')} above {100 * rule.limit:g} % {over}{lasting}"
