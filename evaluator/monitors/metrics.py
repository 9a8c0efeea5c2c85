"""What is watched of a judge or a feature: each metric, what it is, which way is worse, and how it is spoken of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from store.records import Series, Share

if TYPE_CHECKING:
    from evaluator.settings import Direction, Settings
    from store.records import DriftCheck, Series


class Kind(StrEnum):
    """How a metric's votes are kept: pass or fail, one label against the rest, numbers, or labels of equal rank."""

    RATE = "rate"
    FLAG = "flag"
    NUMBER = "number"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric and how it is watched.

    `direction` is the worse one. `min_drop` is the smallest change of a share that raises an alert, `weight` how many
    shares of the budget of false alarms it gets. `noun` names it, `more` and `less` say what lies beyond a cut, `whole`
    that its numbers have no fractions. A flag counts the votes with the label `flag`. Looks come every `step` quarter
    hours; a baseline needs `votes` and `hours` when not the general ones.
    """

    name: str
    kind: Kind
    noun: str
    direction: Direction = "up"
    min_drop: float = 0.05
    weight: float = 1.0
    more: str = "above"
    less: str = "below"
    unit: str = ""
    whole: bool = False
    flag: str = ""
    step: int = 4
    votes: int | None = None
    hours: float | None = None
    enabled: bool = True

    @property
    def is_of_judge(self) -> bool:
        """Whether it belongs to a judge, else to the feature alone."""
        return self.name in ("pass_rate", "score", "label", "judge_errors", "unscored")

    @property
    def rate_of(self) -> Share:
        """Which votes its rate counts: those with the flag, or those that passed by themselves.

        Numbers and labels have no rate: there a look tells which share it speaks of.
        """
        return Share(labels=(self.flag,)) if self.flag else Share()


_ALL = (
    Metric("pass_rate", Kind.RATE, "pass rate", "down", min_drop=0.02, weight=4, step=1),
    Metric("score", Kind.NUMBER, "score", "down", weight=4, step=1),
    Metric("label", Kind.CATEGORY, "label", "both", weight=2, step=1),
    Metric("judge_errors", Kind.RATE, "judge error rate", "up"),
    Metric("unscored", Kind.FLAG, "unscored rate", "up", flag="unscored"),
    Metric("errors", Kind.FLAG, "error rate", "up", min_drop=0.02, weight=2, flag="error"),
    Metric("latency_ms", Kind.NUMBER, "latency", "up", more="slower than", less="faster than", unit="ms"),
    Metric("input_tokens", Kind.NUMBER, "input tokens", "both", whole=True),
    Metric("output_tokens", Kind.NUMBER, "output tokens", "both", whole=True),
    Metric("cost_usd", Kind.NUMBER, "cost", "up", unit="USD"),
    Metric("length", Kind.NUMBER, "answer length", "both", unit="characters", whole=True),
    Metric("stop_reason", Kind.CATEGORY, "stop reason", "both"),
    Metric("model", Kind.CATEGORY, "model", "both", min_drop=0.1),
    Metric(
        "volume", Kind.NUMBER, "traffic", "both", min_drop=0.3, more="above", less="below", unit="requests an hour",
        whole=True, votes=168, hours=168.0,
    ),
)  # fmt: skip
METRICS = {metric.name: metric for metric in _ALL}
GRADES = frozenset({"score", "label"})
"""A judge version is counted by one of these: by labels, or from its first score between 0 and 1 on by scores."""
JUDGED = frozenset({"pass_rate", "score", "label"})
"""Metrics of what a judge said: samples that it failed are examples of them."""


def metric_of(settings: Settings, series: Series) -> Metric:
    """The metric of a series, as the configuration wants it watched on that feature."""
    metric = METRICS[series.metric]
    if metric.name == "pass_rate":
        metric = replace(metric, min_drop=settings.drift.min_drop)
    for given in (settings.monitors, settings.feature(series.feature).monitors):
        if own := {str(name): told for name, told in given.items()}.get(metric.name):
            metric = replace(
                metric,
                enabled=own.enabled,
                direction=own.direction or metric.direction,
                min_drop=own.min_drop or metric.min_drop,
                weight=metric.weight if own.share is None else own.share,
            )
    return metric


def require_direction(name: str, direction: Direction | None) -> None:
    """Refuses, as ValueError, a direction that the metric `name` cannot be watched in."""
    kind = METRICS[name].kind
    if kind is Kind.RATE and direction == "both":
        raise ValueError(f"{name} is a rate: one way is worse, up or down.")
    if kind is Kind.FLAG and direction in ("down", "both"):
        raise ValueError(f"{name} is worse when it goes up; leave its direction out.")


def worse(metric: Metric, check: DriftCheck | None) -> Literal["down", "up"]:
    """Which way the share that the check tells is worse.

    Rates are told as they are, of numbers the bad share; a label can be worse either way: its drop is positive then.
    """
    if metric.kind is Kind.RATE:
        return "up" if metric.direction == "up" else "down"
    if metric.kind is not Kind.CATEGORY or check is None or check.p_ref is None or check.p_now is None:
        return "up"
    return "up" if (check.p_now > check.p_ref) == ((check.drop or 0.0) > 0.0) else "down"


def monitor_id(series: Series) -> str:
    """What the monitor of a series is called, before and after a restart and in every installation."""
    named = [series.feature, series.judge, series.judge_version]
    identity = "\n".join(named if series.metric == "pass_rate" else [*named, series.metric])
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
