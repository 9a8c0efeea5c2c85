"""How many alarms a month a rule would raise on this traffic with nothing wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from evaluator.api.rule_shapes import FalseAlarms
from evaluator.buckets import EPOCH, PER_DAY, STEP
from evaluator.drift.rule_alarms import RUNS, Limit, Quiet, rehearse
from evaluator.rules.subject import PREFIX, Subject, tally
from evaluator.rules.threshold import Floats, Indices, Tally, Threshold, first_buckets
from store.database import Connection

TRAFFIC = timedelta(days=30)
BLOCK = PER_DAY // 4
"""Quarter hours of a block of the day: what is normal may differ between night and noon."""


def expected(c: Connection, subject: Subject, limit: Threshold, until: datetime) -> FalseAlarms | None:
    """Quiet months rehearsed on the arrivals of the last 30 days; None without a baseline or a day of traffic."""
    base = subject.baseline
    if base is None or limit.at is None:
        return None
    arrivals, start = _trimmed(tally(c, subject, until - TRAFFIC, until).n, until - TRAFFIC)
    if len(arrivals) < PER_DAY:
        return None
    normal = tally(c, subject, base.start_at, base.end_at)
    first = first_buckets(arrivals, np.arange(1, len(arrivals) + 1), limit)
    found = rehearse(
        Quiet(arrivals, _blocks(start, len(arrivals)), *_by_block(normal, base.start_at)),
        Limit(first, limit.at, limit.min_n, limit.for_looks, limit.inclusive),
        np.random.default_rng(int(subject.rule_id.removeprefix(PREFIX), 16)),
    )
    if found is None:
        return None
    days = len(arrivals) / PER_DAY
    return FalseAlarms(mean=found.mean, lo=found.lo, hi=found.hi, runs=RUNS, days=days)


def _trimmed(n: Floats, start: datetime) -> tuple[Floats, datetime]:
    """From the first arrival to the last one, and when that is."""
    seen = np.flatnonzero(n)
    first, end = (int(seen[0]), int(seen[-1]) + 1) if len(seen) else (0, 0)
    return n[first:end], start + first * STEP


def _blocks(start: datetime, length: int) -> Indices:
    """The block of the day of each quarter hour."""
    blocks: Indices = (((start - EPOCH) // STEP + np.arange(length)) % PER_DAY) // BLOCK
    return blocks


def _by_block(normal: Tally, start: datetime) -> tuple[Floats, Floats]:
    """How many there were in each block of the baseline's days, and how many of them bad by the weighted share."""
    block = _blocks(start, len(normal))
    counts = (np.bincount(block, values, 4).astype(np.float64) for values in (normal.n, normal.weight, normal.bad))
    n, weight, bad = counts
    return n, n * np.divide(bad, weight, out=np.zeros(4), where=weight > 0)
