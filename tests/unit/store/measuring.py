"""The votes of all metrics but pass and fail, defined in plain Python, to compare the SQL with."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from store.database import Connection
from store.queries import aware
from store.records import Sample, Status, Verdict
from tests.unit.store.counting import floor

FEEDBACK = "feedback"
Value = float | str
Cell = tuple[str, str, str, str, datetime, str, str, Value]
"""Feature, metric, judge and its version, bucket, segment, sampling class, value or label."""
Segments = Mapping[str, tuple[str, ...]]
Turn = tuple[datetime, str, str, Value | None]
"""When, which sample, its class, and what it measured."""


def binned(value: float | None) -> float | None:
    """The lower edge of the value's bin."""
    if value is None or not math.isfinite(value):
        return None
    return math.pow(1.05, math.floor(math.log(value) / math.log(1.05) + 1e-9)) if value > 0 else 0.0


def _prompt(sample: Sample) -> float | None:
    told = [sample.input_tokens, sample.cache_read_tokens, sample.cache_write_tokens]
    return None if all(tokens is None for tokens in told) else binned(sum(tokens or 0 for tokens in told))


MEASURES: Mapping[str, Callable[[Sample], Value | None]] = {
    "latency_ms": lambda one: binned(one.latency_ms),
    "input_tokens": _prompt,
    "output_tokens": lambda one: binned(one.output_tokens),
    "cost_usd": lambda one: binned(one.cost_usd),
    "length": lambda one: binned(one.length),
    "stop_reason": lambda one: one.stop_reason,
    "model": lambda one: one.model,
    "errors": lambda one: "ok" if one.error is None else "error",
}


def votes_of_samples(samples: Iterable[Sample], segments: Segments) -> dict[Cell, float]:
    """What samples measure: a session has one vote per metric, where its first sample lies."""
    sessions: dict[tuple[str, object], list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.sampling_class != FEEDBACK:
            alone = (sample.sample_id, sample.ts)
            sessions[sample.feature, alone if sample.session_id is None else sample.session_id].append(sample)
    shares: dict[Cell, Counter[int]] = defaultdict(Counter)
    for (feature, _), turns in sessions.items():
        first = min(turns, key=lambda one: (one.ts, one.sample_id))
        place = (floor(first.ts), _segment(first, segments), first.sampling_class)
        for metric, measure in MEASURES.items():
            found = [value for one in turns if (value := measure(one)) is not None]
            for value in found:
                shares[feature, metric, "", "", *place, value][len(found)] += 1
    return _sums(shares)


def votes_of_grades(samples: Iterable[Sample], verdicts: Sequence[Verdict], segments: Segments) -> dict[Cell, float]:
    """Scores, or labels, of judges that give more than pass and fail: placed at a session's first such verdict."""
    known = {(sample.sample_id, sample.ts): sample for sample in samples}
    deciding = [
        one
        for one in verdicts
        if one.status is Status.OK and one.sampling_class != FEEDBACK and one.kind in ("llm", "code", "feedback")
    ]
    metric = _metrics(deciding)
    sessions: dict[tuple[tuple[str, str, str], object], list[Verdict]] = defaultdict(list)
    for one in deciding:
        if _given(one, metric.get(_judge(one))) is not None:
            alone = (one.sample_id, one.ts)
            sessions[_judge(one), alone if one.session_id is None else one.session_id].append(one)
    shares: dict[Cell, Counter[int]] = defaultdict(Counter)
    for (judge, _), turns in sessions.items():
        first = min(turns, key=lambda one: (one.ts, one.sample_id))
        segment = _segment(known[first.sample_id, first.ts], segments)
        for one in turns:
            value = _given(one, metric[judge])
            assert value is not None
            cell = (judge[0], metric[judge], *judge[1:], floor(first.ts), segment, first.sampling_class, value)
            shares[cell][len(turns)] += 1
    return _sums(shares)


def stored(c: Connection) -> dict[Cell, float]:
    """All such votes as they lie in the table."""
    found = c.execute(
        "SELECT feature, metric, judge, judge_version, bucket, segment, sampling_class, value, label, votes, "
        "hour_block FROM rollup_value WHERE metric NOT IN ('volume', 'unscored')"
    ).fetchall()
    rows = [(*row[:4], aware(row[4]), *row[5:7], row[8] if row[7] is None else row[7]) for row in found]
    assert len(set(rows)) == len(rows), "a vote is counted in two rows"
    assert all(row[10] == row[4].hour // 6 for row in found)
    return dict(zip(rows, (row[9] for row in found), strict=True))


def _metrics(deciding: Sequence[Verdict]) -> dict[tuple[str, str, str], str]:
    metric: dict[tuple[str, str, str], str] = {}
    for one in deciding:
        if one.score not in (None, 0, 1):
            metric[_judge(one)] = "score"
        elif one.label is not None and one.label.lower() not in ("pass", "fail"):
            metric.setdefault(_judge(one), "label")
    return metric


def _given(one: Verdict, metric: str | None) -> Value | None:
    if metric == "score":
        return None if one.score is None else round(one.score, 2)
    return one.label if metric == "label" else None


def _judge(one: Verdict) -> tuple[str, str, str]:
    return one.feature, one.judge, one.judge_version


def _segment(sample: Sample, segments: Segments) -> str:
    return "|".join(f"{key}={sample.metadata.get(key, '-')}" for key in segments.get(sample.feature, ()))


def _sums(shares: Mapping[Cell, Counter[int]]) -> dict[Cell, float]:
    """Equal shares are counted first, and summed from the largest to the smallest."""
    found = {}
    for cell, counted in shares.items():
        votes = 0.0
        for turns in sorted(counted):
            votes += counted[turns] / turns
        found[cell] = votes
    return found
