"""How much traffic each feature has: one vote an hour, kept or not, silence included while somebody watched.

An hour counts when it has ended. Only hours for which something came since the last time are counted anew; the result
is the same as counting all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from store import counted, queries

if TYPE_CHECKING:
    from store.database import Connection


def refresh(c: Connection, until: datetime, now: datetime) -> dict[str, datetime]:
    """Count the traffic of the hours that ended by `until`; per feature, the first hour that changed. For Store.run.

    `now` is noted as a time in which somebody watched: an hour with nothing in it counts only when that is so. What
    came late is counted with the next hours that end, not when somebody looks back.
    """
    queries.run(c, "note_watched_hour", now=now)
    state, hour = queries.rows(c, "hour_state")[0], until.replace(minute=0, second=0, microsecond=0)
    if hour < state["hour"]:
        return {}
    since = {"since": state["hour"], "until": hour}
    queries.run(c, "find_fresh_hours", seq=state["seq"], traffic=state["traffic"], **since)
    fresh = queries.rows(c, "fresh_hours")[0]
    for name in ("find_heard", "forget_heard", "note_heard"):
        queries.run(c, name)
    queries.run(c, "find_dirty_hours", from_ts=fresh["from_ts"], until_ts=fresh["until_ts"], **since)
    queries.run(c, "delete_dirty_hours")
    counted.insert(c, "insert_dirty_hours")
    queries.run(c, "set_hour_watermark", hour=hour, seq=state["newest"], traffic=state["rows"])
    return {row["feature"]: row["bucket"] for row in queries.rows(c, "dirty_hours")}
