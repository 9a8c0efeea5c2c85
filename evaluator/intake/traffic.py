"""What arrived and was not kept, counted: so that operational figures cover all traffic."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from evaluator.buckets import floor
from store.records import Outcome, Sample, TrafficCount

LATENCY_EDGES_MS = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
LATENCY_BINS = (*(f"le_{edge}" for edge in LATENCY_EDGES_MS), f"gt_{LATENCY_EDGES_MS[-1]}")
UNKNOWN = ""
NO_FEATURE = "(unknown)"

Key = tuple[datetime, str, str, str, str, Outcome]


def latency_bin(latency_ms: float | None) -> str:
    """The half-decade a latency lies in, named by its upper edge in ms, the edge included; "" when it is unknown.

    >>> latency_bin(300), latency_bin(812.5), latency_bin(1e6), latency_bin(None)
    ('le_300', 'le_1000', 'gt_100000', '')
    """
    return UNKNOWN if latency_ms is None else LATENCY_BINS[bisect_left(LATENCY_EDGES_MS, latency_ms)]


class Tally:
    """Counts of one batch by bucket, feature, model, stop reason, latency bin and outcome."""

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()

    def add(self, sample: Sample, outcome: Outcome) -> None:
        """Counts a sample that is not kept."""
        what = (sample.feature, sample.model or UNKNOWN, sample.stop_reason or UNKNOWN, latency_bin(sample.latency_ms))
        self._counts[(floor(sample.ts), *what, outcome)] += 1

    def add_rejected(self, item: object, received_at: datetime, cleaned: Callable[[str], str] = str) -> None:
        """Counts an item that is no sample, under its feature (cleaned) when that can be told, else `(unknown)`."""
        feature = item.get("feature") if isinstance(item, dict) else None
        usable = isinstance(feature, str) and feature.isprintable() and 0 < len(feature) <= 100
        known = cleaned(str(feature)) if usable else NO_FEATURE
        self._counts[(floor(received_at), known, UNKNOWN, UNKNOWN, UNKNOWN, Outcome.REJECTED)] += 1

    def counts(self) -> list[TrafficCount]:
        """The rows for the store."""
        return [
            TrafficCount(bucket=b, feature=f, model=m, stop_reason=s, latency_bin=bin_, outcome=o, n=n)
            for (b, f, m, s, bin_, o), n in self._counts.items()
        ]
