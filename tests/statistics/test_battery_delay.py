"""How late a battery is: at most 1.2 times a plain computation of the same formulae, and beside today's daily tests.

The plain computation (plain_battery.py) has no bins and takes every bucket as a start. Both look every hour at the same
streams: 1000 votes of baseline, two clean days of 480 votes, then the change for up to ten days. Whoever alarms before
the change is left out; who has not alarmed at the end counts with the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from evaluator.drift.battery import evaluate_battery
from tests.figures import Figures
from tests.statistics.daily_tests import DAILY, alarm_days
from tests.statistics.plain_battery import Indicator, Plain, raw_ridits
from tests.statistics.simulation import DAY
from tests.statistics.streams import LABEL, LATENCY, SCORE, Draw, Metric, Stream, battery, labels, latency, stream

ARL = 5.0 * 30 * DAY
CHANGE, DAYS, EVERY = 2 * DAY, 10, 4
SERIES = 100
TARGET = 1.2

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Change:
    """What changes, and how the metric is watched."""

    draw: Draw
    metric: Metric


BEFORE = (0.90, 0.05, 0.02, 0.02, 0.01)
CHANGES = {
    "latency x 1.3": Change(latency(factor=1.3, since=CHANGE), LATENCY),
    "latency, p95 x 2, nine of ten as before": Change(latency(tail=2.0, since=CHANGE), LATENCY),
    "scores 1..5, mean 4.28 to 3.98": Change(
        labels((0.02, 0.03, 0.10, 0.35, 0.50), (0.04, 0.06, 0.15, 0.38, 0.37), CHANGE), SCORE
    ),
    "a label from 2 % to 6 %": Change(labels(BEFORE, (0.86, 0.05, 0.06, 0.02, 0.01), CHANGE), LABEL),
    "one of twelve labels from 0.5 % to 4 %": Change(
        labels((0.94, *[0.005] * 12), (0.905, 0.04, *[0.005] * 11), CHANGE), LABEL
    ),
}


def _good(data: Stream, metric: Metric) -> list[Indicator]:
    """The design's indicators on raw values, each as "was it good?"."""
    if metric.direction is None:
        hits = [(data.base == label, data.value == label) for label in np.unique(data.base)]
        return hits + [(~base, ~value) for base, value in hits]
    if metric.ridit:
        limits = np.quantile(data.base, (0.5, 0.75, 0.9, 0.95, 0.99))
        return [(data.base <= limit, data.value <= limit) for limit in limits]
    return [(data.base > score, data.value > score) for score in (1, 2, 3, 4)]


def _first_alarms(data: Stream, metric: Metric) -> tuple[int | None, int | None]:
    """The ends of the first looks from the change on at which the battery and the plain computation alarm."""
    series = battery(data, metric)
    ridits = raw_ridits(data.base, data.value) if metric.ridit else None
    plain = Plain.of(_good(data, metric), data.bucket, data.buckets, ridits)
    looks = range(CHANGE, data.buckets + 1, EVERY)
    ours = next((end for end in looks if evaluate_battery(**series.until(end), arl=ARL).alarm), None)
    return ours, next((end for end in looks if plain.alarms(end, ARL)), None)


@pytest.mark.parametrize("name", CHANGES)
def test_a_battery_is_hardly_later_than_the_plain_computation(name: str, figures: Figures) -> None:
    """The mean delay is at most 1.2 times that of the formulae computed from raw values at every bucket."""
    change = CHANGES[name]
    rng = np.random.default_rng([20261129, list(CHANGES).index(name)])
    options = {"buckets": CHANGE + DAYS * DAY, "per_day": 480, "n0": 1000}
    made = [stream(rng, change.draw, **options) for _ in range(SERIES)]  # type: ignore[arg-type]
    firsts = [_first_alarms(one, change.metric) for one in made]
    pairs = [(a or made[0].buckets, b or made[0].buckets) for a, b in firsts if CHANGE not in (a, b)]
    ours, plain = (np.array(ends) - CHANGE for ends in zip(*pairs, strict=True))
    ratio = ours.mean() / plain.mean()
    seen = (
        f"seen {np.mean([a is not None for a, _ in firsts]):.0%} and {np.mean([b is not None for _, b in firsts]):.0%}"
    )
    note, today = f"{ours.mean() / 4:.1f} h / {plain.mean() / 4:.1f} h, {len(pairs)} series, {seen}", []
    for rule in DAILY:
        days = [[day - 2 for day in alarm_days(rule, one, change.metric, first=2)] for one in made]
        hours = np.mean([24 * (found[0] + 1) if found else 24 * DAYS for found in days])
        today.append(f"{rule} {hours:.0f} h, seen {np.mean([bool(found) for found in days]):.0%}")
    assert len(pairs) >= 0.9 * SERIES
    note = f"{note}; daily tests: {', '.join(today)}"
    assert figures.at_most("types", f"mean delay / plain formulae, {name}", ratio, TARGET, form="{:.2f}", note=note)
