"""Who gets how much of the budget of false alarms: shares by the metric's weight, together all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.buckets import PER_DAY
from evaluator.monitors.metrics import metric_of
from evaluator.settings import Settings
from store.records import Monitor


def arls(settings: Settings, watching: Sequence[Monitor]) -> Mapping[str, float]:
    """Buckets between two false alarms of each monitor that is watched: what its evidence must reach, by monitor id.

    arl = buckets in 30 days / (budget x weight / sum of all weights)
    """
    weights = {one.monitor_id: metric_of(settings, one.series).weight for one in watching}
    whole = sum(weights.values())
    budget = settings.drift.false_alarms_per_30_days
    return {name: max(30 * PER_DAY * whole / (budget * weight), 1.0) for name, weight in weights.items()}
