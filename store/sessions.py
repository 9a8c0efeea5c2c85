"""Conversations: which of them are quiet and not judged yet, and what belongs to one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from store import queries
from store import samples as sample_store
from store.records import Sample
from store.samples import Key
from store.verdicts import PendingQuery, bound

if TYPE_CHECKING:
    from store.database import Connection

MAX_TURNS = 200
"""Samples of one session that are read: of a longer one the last."""
NOT_ASKED = ("from_ts", "until_ts")
"""What bounds samples by their time, and would cut sessions in two."""


def quiet(c: Connection, query: PendingQuery, quiet_before: datetime) -> list[tuple[Key, datetime]]:
    """Sessions without a sample since then and without a verdict of this judge version on their last one.

    Each is its last sample, and when that was received; conditions and rate are those of the last sample.
    """
    if not (parameters := bound(c, query)):
        return []
    wanted = {name: value for name, value in parameters.items() if name not in NOT_ASKED}
    found = queries.rows(c, "quiet_sessions", **wanted, quiet_before=quiet_before, limit=query.limit)
    return [((row["sample_id"], row["ts"]), row["received_at"]) for row in found]


def turns(c: Connection, last: Sample) -> list[Sample]:
    """The samples of the session that ends with this one, oldest first, itself included."""
    parameters = {"feature": last.feature, "session_id": last.session_id, "until_ts": last.ts, "limit": MAX_TURNS}
    keys = [(row["sample_id"], row["ts"]) for row in queries.rows(c, "samples_of_session", **parameters)]
    return sample_store.load(c, keys)
