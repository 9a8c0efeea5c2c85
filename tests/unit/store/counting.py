"""The rollup's definition in plain Python, to compare the SQL with, and its rows as they lie in the table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from store.database import Connection
from store.records import Sample, Series, Status, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Votes of one series in one stratum and 15-minute bucket. One vote per session, so `passes` may be fractional."""

    bucket: datetime
    segment: str
    hour_block: int
    sampling_class: str
    votes: float
    passes: float
    errors: float


Counts = dict[tuple[Series, datetime, str, str], Bucket]


def count(samples: Iterable[Sample], verdicts: Iterable[Verdict], segments: Mapping[str, tuple[str, ...]]) -> Counts:
    """Every bucket of every series, counted from the first verdict on."""
    metadata = {(sample.sample_id, sample.ts): sample.metadata for sample in samples}
    sessions: dict[tuple[Series, object], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        series = Series(feature=verdict.feature, judge=verdict.judge, judge_version=verdict.judge_version)
        sessions[series, verdict.session_id or (verdict.sample_id, verdict.ts)].append(verdict)
    votes: dict[tuple[Series, datetime, str, str], Counter[float | None]] = defaultdict(Counter)
    for (series, _), given in sessions.items():
        ok = [verdict for verdict in given if verdict.status is Status.OK]
        if deciding := ok or [verdict for verdict in given if verdict.status is Status.ERROR]:
            first = min(deciding, key=lambda verdict: (verdict.ts, verdict.sample_id))
            known = metadata.get((first.sample_id, first.ts), {})
            segment = "|".join(f"{key}={known.get(key, '-')}" for key in segments.get(series.feature, ()))
            y = sum(bool(verdict.passed) for verdict in ok) / len(ok) if ok else None
            votes[series, floor(first.ts), segment, first.sampling_class][y] += 1
    return {key: _bucket(key, counted) for key, counted in votes.items()}


def buckets(c: Connection, series: Series) -> list[Bucket]:
    """The rows of one series, in order of time and stratum."""
    found = c.execute(
        "SELECT bucket, segment, hour_block, sampling_class, votes, passes, errors FROM rollup "
        "WHERE feature = ? AND judge = ? AND judge_version = ? ORDER BY ALL",
        [series.feature, series.judge, series.judge_version],
    ).fetchall()
    names = ("bucket", "segment", "hour_block", "sampling_class", "votes", "passes", "errors")
    return [Bucket(**dict(zip(names, (row[0].replace(tzinfo=UTC), *row[1:]), strict=True))) for row in found]


def floor(ts: datetime) -> datetime:
    """The beginning of the 15-minute bucket."""
    return ts - timedelta(minutes=ts.minute % 15, seconds=ts.second, microseconds=ts.microsecond)


def _bucket(key: tuple[Series, datetime, str, str], counted: Counter[float | None]) -> Bucket:
    _, bucket, segment, sampling_class = key
    decided = {y: n for y, n in counted.items() if y is not None}
    passes = 0.0
    for y in sorted(decided):
        passes += y * decided[y]
    return Bucket(
        bucket=bucket,
        segment=segment,
        hour_block=bucket.hour // 6,
        sampling_class=sampling_class,
        votes=float(sum(decided.values())),
        passes=passes,
        errors=float(counted[None]),
    )
