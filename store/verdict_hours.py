"""Verdicts counted by the hour, so that what pages ask of millions of them is asked of thousands of rows.

The counts are derived: verdicts above a watermark are counted when they are asked for, until `refresh` takes them in.
Answers are the same, but for the last digits of sums of money, as counting the verdicts one by one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from store import queries
from store.samples import EARLIEST, LATEST

if TYPE_CHECKING:
    from store.database import Connection
    from store.records import Verdict

HOUR = timedelta(hours=1)


def refresh(c: Connection) -> None:
    """Take the verdicts in that came since the last time. For Store.run."""
    state = queries.rows(c, "verdict_hour_state")[0]
    if state["newest"] <= state["watermark"]:
        return
    queries.run(c, "count_fresh_verdicts", watermark=state["watermark"])
    queries.run(c, "delete_touched_hours")
    queries.run(c, "insert_touched_hours")
    queries.run(c, "set_verdict_hour_watermark", seq=state["newest"])


def recount(c: Connection, gone: Verdict) -> None:
    """The hours of a verdict that was deleted, without it. For Store.run."""
    queries.run(c, "delete_counted_hour", ts=gone.ts, judged_at=gone.judged_at)
    queries.run(c, "insert_counted_hour", ts=gone.ts, judged_at=gone.judged_at)


def rows(
    c: Connection, name: str, start_at: datetime = EARLIEST, end_at: datetime = LATEST, **more: object
) -> list[dict[str, Any]]:
    """The answer of the query `name` on [start_at, end_at), of samples or judgements as it says."""
    return queries.rows(c, name, **bounds(start_at, end_at), **more)


def bounds(start_at: datetime, end_at: datetime) -> dict[str, Any]:
    """How SQL is asked for [start_at, end_at), and for the whole hours in it.

    Up to which verdict they are counted it reads itself: a statement of its own would see another moment.
    """
    first = min(_whole(start_at.astimezone(UTC)), end_at)
    last = max(first, _floor(end_at.astimezone(UTC)))
    return {"since": start_at, "until": end_at, "first": first, "last": last}


def _whole(moment: datetime) -> datetime:
    """The first whole hour from then on."""
    hour = _floor(moment)
    return hour if hour == moment else hour + HOUR


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
