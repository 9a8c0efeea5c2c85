"""Verdicts and samples counted into votes per series, stratum and 15-minute bucket, whatever their number.

One vote per session: y = mean of `passed` over its ok verdicts of one judge version, in the bucket and stratum of the
first of them. A session with errors only counts as one error. Scores, labels and what samples measure are votes by
value (grades.sql, measures.sql), shared by a session's turns. What changed is derived from seq, not remembered: the
result is the same, to the last bit, as counting everything anew; weights that were counted before migration 0016 are
the same but for rounding, and near where one session was kept at several rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from store import counted, queries, rows
from store.records import Series, Share
from store.samples import EARLIEST

if TYPE_CHECKING:
    from store.database import Connection

SegmentKeys = Mapping[str, tuple[str, ...]]
Source = tuple[str, str, str]
"""Where votes come from: feature, judge and judge version, the last two '' for what samples measure."""


def source(series: Series) -> Source:
    """Where a series' votes come from."""
    return series.feature, series.judge, series.judge_version


class Total(NamedTuple):
    """Votes of one series in one step of time, over all strata.

    `weight` and the rest are sums over votes of their weights w and outcomes y: Σw, Σw², Σwy, Σw²y, Σw²y²; None where
    weights are not kept.
    """

    start_at: datetime
    votes: float = 0.0
    passes: float = 0.0
    errors: float = 0.0
    weight: float | None = None
    weight_sq: float | None = None
    weight_pass: float | None = None
    weight_sq_pass: float | None = None
    weight_sq_pass_sq: float | None = None


class Counted(NamedTuple):
    """How many votes a judge was to score in one quarter hour, and scored or not (`label`: scored, unscored)."""

    feature: str
    judge: str
    judge_version: str
    bucket: datetime
    label: str
    votes: float


@dataclass(frozen=True, slots=True)
class Window:
    """A share of one series in [start_at, end_at)."""

    series: Series
    start_at: datetime
    end_at: datetime
    share: Share = field(default_factory=Share)


def refresh(c: Connection, segments: SegmentKeys) -> int:
    """Count what changed since the last time; returns how many buckets were counted anew. For Store.run.

    `segments` names each feature's metadata keys; a feature whose keys changed is counted anew from its first verdict.
    """
    state = queries.rows(c, "rollup_state")[0]
    changed = _change_segments(c, segments)
    if state["newest"] <= state["watermark"] and not changed:
        return 0
    queries.run(c, "find_dirty_buckets", watermark=state["watermark"], features=changed)
    queries.run(c, "find_graded", watermark=state["watermark"])
    for name in ("find_dirty_grades", "forget_graded", "note_graded"):
        queries.run(c, name)
    dirty = queries.rows(c, "dirty_span")[0]
    if dirty["n"]:
        for name in ("delete_dirty_buckets", "delete_dirty_values"):
            queries.run(c, name)
        span = {"from_ts": dirty["from_ts"], "until_ts": dirty["until_ts"]}
        queries.run(c, "insert_dirty_buckets", **span)
        for name in ("insert_dirty_grades", "insert_dirty_measures"):
            counted.insert(c, name, **span)
    queries.run(c, "set_watermark", seq=max(state["newest"], state["watermark"]))
    return int(dirty["n"])


def counted_until(c: Connection) -> int:
    """The number of the newest verdict or sample that is counted."""
    return int(queries.rows(c, "counted_until")[0]["seq"])


def extent(c: Connection) -> tuple[object, ...]:
    """Another value after every change of what is counted."""
    return tuple(queries.rows(c, "rollup_extent")[0].values())


def changed(c: Connection) -> dict[Source, datetime]:
    """The sources that the last `refresh` counted anew, with their first changed bucket. In the same transaction."""
    found = queries.rows(c, "dirty_starts")
    return {(row["feature"], row["judge"], row["judge_version"]): row["bucket"] for row in found}


def graded(c: Connection) -> dict[Source, str]:
    """By which metric, score or label, the judge versions are counted that give more than pass or fail."""
    return {(row["feature"], row["judge"], row["judge_version"]): row["metric"] for row in queries.rows(c, "graded")}


def unscored_until(c: Connection) -> dict[Source, datetime]:
    """The last bucket whose unscored samples are counted, by source."""
    found = queries.rows(c, "unscored_until")
    return {(row["feature"], row["judge"], row["judge_version"]): row["bucket"] for row in found}


def append_unscored(c: Connection, found: Sequence[Counted]) -> None:
    """Count these once and for all; quarter hours that are counted already stay as they are."""
    if found:
        columns = {name: [getattr(one, name) for one in found] for name in Counted._fields}
        bounds = {"from_ts": min(columns["bucket"]), "until_ts": max(columns["bucket"])}
        with rows.incoming(c, columns):
            counted.insert(c, "insert_unscored", **bounds)


def series(c: Connection, since: datetime = EARLIEST) -> list[Series]:
    """Every series that has votes or errors in buckets from `since` on."""
    return [Series(**row) for row in queries.rows(c, "rollup_series", since=since)]


def steps(c: Connection, windows: Sequence[Window], step_minutes: int) -> list[list[Total]]:
    """The counts of each window in steps of `step_minutes` (a multiple of 15), oldest first, without empty steps."""
    found: list[list[Total]] = [[] for _ in windows]
    for place, total in _tally(c, windows, step_minutes):
        found[place].append(total)
    return found


def totals(c: Connection, windows: Sequence[Window]) -> list[Total]:
    """The counts of each window; zeros where there are none."""
    found = dict(_tally(c, windows, None))
    return [found.get(place, Total(window.start_at)) for place, window in enumerate(windows)]


def votes(c: Connection, windows: Sequence[Window]) -> list[float]:
    """How many votes each window holds, whatever their outcome: a third of the time that `totals` takes."""
    if not windows:
        return []
    with rows.incoming(c, columns(windows)):
        found = {row["place"]: row["votes"] for row in queries.rows(c, "votes_of_windows")}
    return [found.get(place, 0.0) for place in range(len(windows))]


def _tally(c: Connection, windows: Sequence[Window], step_minutes: int | None) -> list[tuple[int, Total]]:
    held = [window for window in windows if window.start_at < window.end_at]
    if not held:
        return []
    ends = {"first": min(window.start_at for window in held), "last": max(window.end_at for window in held)}
    with rows.incoming(c, columns(windows)):
        found = queries.rows(c, "tally", step_minutes=step_minutes, **ends)
    return [(row.pop("place"), Total(**row)) for row in found]


def columns(windows: Sequence[Window]) -> dict[str, list[Any]]:
    """The windows as a table, each with its place."""
    named = {one.name: [getattr(window.series, one.name) for window in windows] for one in fields(Series)}
    told = [asked(window.share) for window in windows]
    return {
        "place": list(range(len(windows))),
        **named,
        **{name: [one[name] for one in told] for name in asked(Share())},
        "start_at": [window.start_at for window in windows],
        "end_at": [window.end_at for window in windows],
    }


def asked(share: Share) -> dict[str, Any]:
    """How SQL is asked for a share: NaN is above every number; an infinity, which no value reaches, says "none"."""
    low = inf if share.low is None else float(share.low)
    high = -inf if share.high is None else float(share.high)
    return {"low": low, "high": high, "labels": share.labels, "others": share.others}


def _change_segments(c: Connection, segments: SegmentKeys) -> list[str]:
    """Write down the features' segment keys; the features where they are other than before."""
    before = {row["feature"]: row["keys"] for row in queries.rows(c, "rollup_segments")}
    after = {feature: "\n".join(keys) for feature, keys in segments.items() if keys}
    if before == after:
        return []
    queries.run(c, "delete_rollup_segments")
    rows.insert(c, "insert_rollup_segments", ({"feature": feature, "keys": keys} for feature, keys in after.items()))
    return sorted(feature for feature in before.keys() | after.keys() if before.get(feature) != after.get(feature))
