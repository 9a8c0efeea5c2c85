"""How much each judge owes, without looking again at what is known to be done."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from evaluator import owed
from evaluator.lane import Lane
from evaluator.owed import Span
from store import samples
from store.samples import LATEST

if TYPE_CHECKING:
    from store.database import Connection


class Backlog:
    """Counts what judges owe from the oldest that was owed at the last count, for any thread.

    A sample that is not owed can become so only when its text comes, which gives it a new number, or when it comes back
    from a batch; and what a conversation owes depends on its later turns. So judges of conversations, and all of them
    while there are batches and once after, count anew.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[int, datetime, bool]] = {}
        self._lock = threading.Lock()

    def count(self, c: Connection, lane: Lane, span: Span) -> tuple[int, datetime | None]:
        """As owed.count: how much is owed, and when the oldest of it was received."""
        key = (lane.judge.name, lane.judge.version)
        with self._lock:
            seen, oldest, in_batches = self._known.get(key, (-1, span.since, False))
        came = samples.came(c, seen)
        start = span.since
        if lane.quiet is None and not came.in_batches and not in_batches:
            start = max(span.since, min(oldest, came.earliest or LATEST))
        n, first = owed.count(c, lane, span._replace(since=start))
        with self._lock:
            self._known[key] = (came.newest, first or LATEST, came.in_batches)
        return n, first
