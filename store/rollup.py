"""Verdicts counted into votes: per series, stratum and 15-minute bucket, so that looking costs the same at any volume.

One vote per session: y = mean of `passed` over its ok verdicts of one judge version, in the bucket and stratum of the
first of them. A session with errors only counts as one error. What changed is derived from verdict.seq, not remembered:
the result is the same, to the last bit, as counting everything anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows
from store.records import Bucket, Series

if TYPE_CHECKING:
    from store.database import Connection

SegmentKeys = Mapping[str, tuple[str, ...]]


class Total(NamedTuple):
    """Votes of one series in one step of time, over all strata."""

    start_at: datetime
    votes: float
    passes: float
    errors: float


def refresh(c: Connection, segments: SegmentKeys) -> int:
    """Count what changed since the last time; returns how many buckets were counted anew. For Store.run.

    `segments` names each feature's metadata keys; a feature whose keys changed is counted anew from its first verdict.
    """
    state = queries.rows(c, "rollup_state")[0]
    changed = _change_segments(c, segments)
    if state["newest"] <= state["watermark"] and not changed:
        return 0
    queries.run(c, "find_dirty_buckets", watermark=state["watermark"], features=changed)
    dirty = queries.rows(c, "dirty_span")[0]
    if dirty["n"]:
        queries.run(c, "delete_dirty_buckets")
        queries.run(c, "insert_dirty_buckets", from_ts=dirty["from_ts"], until_ts=dirty["until_ts"])
    queries.run(c, "set_watermark", seq=max(state["newest"], state["watermark"]))
    return int(dirty["n"])


def changed(c: Connection) -> dict[Series, datetime]:
    """Each series that the last `refresh` counted anew, with its first changed bucket. In the same transaction."""
    found = queries.rows(c, "dirty_starts")
    return {Series(**{key: row[key] for key in Series.__slots__}): row["bucket"] for row in found}


def series(c: Connection) -> list[Series]:
    """Every series that has votes or errors."""
    return [Series(**row) for row in queries.rows(c, "rollup_series")]


def buckets(c: Connection, series: Series, start_at: datetime, end_at: datetime) -> list[Bucket]:
    """The counts of one series in [start_at, end_at), in order of bucket, segment, hour block and class."""
    found = queries.rows(c, "rollup_buckets", **asdict(series), start_at=start_at, end_at=end_at)
    return [Bucket(**row) for row in found]


def totals(c: Connection, series: Series, start_at: datetime, end_at: datetime, step_minutes: int) -> list[Total]:
    """The counts of one series in steps of `step_minutes` (a multiple of 15), oldest first, without empty steps."""
    parameters = asdict(series) | {"from_at": start_at, "until_at": end_at, "step_minutes": step_minutes}
    return [Total(**row) for row in queries.rows(c, "rollup_totals", **parameters)]


def days(c: Connection, start_at: datetime, end_at: datetime) -> dict[Series, list[Total]]:
    """The daily counts of every series in [start_at, end_at), oldest first."""
    found: dict[Series, list[Total]] = {}
    for row in queries.rows(c, "rollup_days", from_at=start_at, until_at=end_at):
        series = Series(**{key: row.pop(key) for key in Series.__slots__})
        found.setdefault(series, []).append(Total(**row))
    return found


def windows(c: Connection, wanted: Sequence[tuple[Series, datetime, datetime]]) -> list[Total]:
    """The counts of each window [start_at, end_at) of a series, in order; zeros where there are none."""
    if not wanted:
        return []
    columns = {
        "place": list(range(len(wanted))),
        **{key: [getattr(series, key) for series, _, _ in wanted] for key in Series.__slots__},
        "start_at": [start for _, start, _ in wanted],
        "end_at": [end for _, _, end in wanted],
    }
    with rows.incoming_once(c, columns):
        return [Total(**row) for row in queries.rows(c, "rollup_windows")]


def _change_segments(c: Connection, segments: SegmentKeys) -> list[str]:
    """Write down the features' segment keys; the features where they are other than before."""
    before = {row["feature"]: row["keys"] for row in queries.rows(c, "rollup_segments")}
    after = {feature: "\n".join(keys) for feature, keys in segments.items() if keys}
    if before == after:
        return []
    queries.run(c, "delete_rollup_segments")
    rows.insert(c, "insert_rollup_segments", ({"feature": feature, "keys": keys} for feature, keys in after.items()))
    return sorted(feature for feature in before.keys() | after.keys() if before.get(feature) != after.get(feature))
