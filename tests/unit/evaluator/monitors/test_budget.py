"""The budget of false alarms is shared out whole."""

from __future__ import annotations

import random

import pytest

from evaluator.buckets import PER_DAY
from evaluator.monitors.budget import arls
from evaluator.monitors.metrics import METRICS
from evaluator.settings import DriftSettings, FeatureSettings, MonitorSettings, Settings
from store.records import Monitor, Series
from tests.builders import NOON


def monitors(rng: random.Random, n: int) -> list[Monitor]:
    return [
        Monitor(monitor_id=str(number), series=Series(feature=rng.choice("fg"), metric=metric), created_at=NOON)
        for number, metric in enumerate(rng.choices(list(METRICS), k=n))
    ]


@pytest.mark.parametrize("n", [1, 7, 500])
def test_shares_sum_to_the_budget(n: int) -> None:
    """The false alarms per 30 days that the thresholds allow are the budget, whatever the weights are."""
    settings = Settings(
        drift=DriftSettings(false_alarms_per_30_days=0.5),
        monitors={"latency_ms": MonitorSettings(share=7.0)},
        features={"f": FeatureSettings(monitors={"model": MonitorSettings(share=0.01)})},
    )
    found = arls(settings, monitors(random.Random(n), n))
    assert sum(30 * PER_DAY / arl for arl in found.values()) == pytest.approx(0.5)


def test_twice_the_weight_is_twice_the_share() -> None:
    """A pass rate may raise four times the false alarms of a latency."""
    rate, latency = (
        Monitor(monitor_id=name, series=Series(feature="f", metric=name), created_at=NOON)
        for name in ("pass_rate", "latency_ms")
    )
    found = arls(Settings(), [rate, latency])
    assert found["latency_ms"] == pytest.approx(4 * found["pass_rate"])


def test_nobody_watched_shares_nothing() -> None:
    """Without monitors there is nothing to share."""
    assert arls(Settings(), []) == {}
