"""What a judge owes: samples, or conversations that are over, each by the key of the sample its verdict belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from evaluator.conversation import whole
from evaluator.lane import Lane
from store import samples, sessions, verdicts
from store.records import Sample
from store.samples import Key
from store.verdicts import PendingQuery

if TYPE_CHECKING:
    from store.database import Connection

ALL = 1_000_000


class Span(NamedTuple):
    """What arrived since then is looked at, and conversations that are quiet `now`."""

    since: datetime
    now: datetime


def keys(c: Connection, lane: Lane, span: Span, limit: int) -> list[Key]:
    """What is owed, first received first."""
    query = lane.pending(span.since, limit)
    if lane.quiet is None:
        return verdicts.pending(c, query)
    return [key for key, _ in sessions.quiet(c, query, span.now - lane.quiet)]


def count(c: Connection, lane: Lane, span: Span) -> tuple[int, datetime | None]:
    """How much is owed, and when the oldest of it was received."""
    return _count(c, lane, lane.pending(span.since, ALL), span.now)


def eligible(c: Connection, lane: Lane, span: Span) -> tuple[int, datetime | None]:
    """How much lies within the judge's whole rate, judged or not, and when the oldest of it was received."""
    return _count(c, lane, verdicts.of_nobody(lane.pending(span.since, ALL)), span.now)


def load(c: Connection, lane: Lane, wanted: Sequence[Key]) -> list[Sample]:
    """What the judge is asked about: the samples of these keys, or the conversations that end with them."""
    found = samples.load(c, wanted)
    return found if lane.quiet is None else [whole(sessions.turns(c, last)) for last in found]


def _count(c: Connection, lane: Lane, query: PendingQuery, now: datetime) -> tuple[int, datetime | None]:
    if lane.quiet is None:
        return verdicts.pending_count(c, query)
    found = sessions.quiet(c, query, now - lane.quiet)
    return len(found), min((received_at for _, received_at in found), default=None)
