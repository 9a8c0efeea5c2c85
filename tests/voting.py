"""Series of votes for tests of the watching."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

from evaluator.api.baseline_shapes import BaselineRequest
from evaluator.settings import MetricName, MonitorSettings
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

PART = timedelta(hours=3)
START = NOON - 14 * PART


def vote(store: Store, rates: list[float], *, start: datetime = START, prefix: str = "s", **verdict: Any) -> None:
    """Samples and verdicts every three minutes; each entry of `rates` is the pass rate of three hours."""
    times = [start + timedelta(minutes=3 * i) for i in range(60 * len(rates))]
    passed = [(i * 7) % 20 < 20 * rates[i // 60] for i in range(len(times))]
    named = [(f"{prefix}{i}", ts, good) for i, (ts, good) in enumerate(zip(times, passed, strict=True))]
    store.append_samples([make_sample(name, ts=ts, received_at=ts) for name, ts, _ in named]).result()
    store.append_verdicts([make_verdict(name, ts=ts, passed=good, **verdict) for name, ts, good in named]).result()


FALL = [0.95] * 8 + [0.65] * 6


ALONE: dict[MetricName, MonitorSettings] = {
    name: MonitorSettings(enabled=False) for name in get_args(MetricName) if name != "pass_rate"
}
"""Nothing is watched but pass rates (settings.monitors)."""


def range_of(start: datetime, end: datetime, **fields: Any) -> BaselineRequest:
    """What asks for this range as the baseline of the judge `tone` on support-chat; name what is different."""
    return BaselineRequest(**{"feature": "support-chat", "judge": "tone", "start": start, "end": end, **fields})


def nobody_waits(_: object, spans: Sequence[object]) -> list[int]:
    """Judges that owe nothing (evaluator.monitors.spans.Waits)."""
    return [0 for _ in spans]
