"""Samples that stand for an outcome in a time and a slice: found by what they were told or measured, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from store import queries
from store.records import Series, Share
from store.rollup import asked
from store.votes import OF_JUDGES

if TYPE_CHECKING:
    from store.database import Connection

REACHES = (timedelta(hours=6), timedelta(days=2), timedelta(days=8))
"""How far back is looked at first: the newest are wanted, and few blocks hold them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Samples of [start_at, end_at) whose outcome is in the share (`holds`) or not; `slice` are keys with values.

    A key is one of metadata, or model, prompt_version or release; metadata of such a name is metadata.NAME. Of a pass
    rate the share is what passed, of judge errors what failed to be judged.
    """

    series: Series
    share: Share
    holds: bool
    start_at: datetime
    end_at: datetime
    slice: Sequence[tuple[str, str]] = ()


class Found(NamedTuple):
    """One sample: its key, what it measured or was told, and what describes it."""

    sample_id: str
    ts: datetime
    session_id: str | None
    value: float | None
    label: str | None
    metadata: Mapping[str, str]


def newest(c: Connection, wanted: Wanted, limit: int) -> list[Found]:
    """Up to so many, the newest first: those of the last hours, and where they are too few of more and more days."""
    starts = [wanted.end_at - reach for reach in REACHES]
    found: list[Found] = []
    for start in (*(one for one in starts if one > wanted.start_at), wanted.start_at):
        found = _newest(c, wanted, start, limit)
        if len(found) >= limit:
            return found
    return found


def _newest(c: Connection, wanted: Wanted, start: datetime, limit: int) -> list[Found]:
    series = wanted.series
    told = {
        "feature": series.feature,
        "metric": series.metric,
        **asked(wanted.share),
        "holds": wanted.holds,
        "keys": [key for key, _ in wanted.slice],
        "values": [value for _, value in wanted.slice],
        "start_at": start,
        "end_at": wanted.end_at,
        "limit": limit,
    }
    if series.metric not in OF_JUDGES:
        return _found(queries.rows(c, "example_keys_of_samples", **told))
    told |= {"judge": series.judge, "judge_version": series.judge_version}
    return _found(queries.rows(c, "example_keys_of_judge", **told))


def _found(rows: Sequence[Mapping[str, object]]) -> list[Found]:
    return [Found(**{**row, "metadata": row["metadata"] or {}}) for row in rows]  # type: ignore[arg-type]
