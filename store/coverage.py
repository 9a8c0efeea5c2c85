"""What became of everything that arrived: kept or not, chosen by a judge or not, judged, failed or waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rates
from store.fields import as_regex
from store.records import Outcome, RateChange
from store.samples import LATEST
from store.verdicts import PendingQuery

if TYPE_CHECKING:
    from store.database import Connection

DAY_MINUTES = 1440


class Fate(StrEnum):
    """What became of a kept sample at one judge: its verdict's status, else the first thing in the way.

    `missing`, `withheld`, `expired`: where its text is; `incomplete`: the text is not whole, and the judge wants it
    whole; `other`: it is not among the samples that the judge applies to; `rate`: it was not chosen; `budget`: it would
    have been, but for a budget; `talking`: its conversation is not over; `overdue`: it waited so long that it is not
    looked for any more.
    """

    OK = "ok"
    ERROR = "error"
    SKIPPED = "skipped"
    MISSING = "missing"
    WITHHELD = "withheld"
    EXPIRED = "expired"
    INCOMPLETE = "incomplete"
    OTHER = "other"
    RATE = "rate"
    BUDGET = "budget"
    TALKING = "talking"
    WAITING = "waiting"
    OVERDUE = "overdue"


class TrafficRow(NamedTuple):
    """How many items of one feature and UTC day met one outcome."""

    feature: str
    start_at: datetime
    outcome: Outcome
    n: int


class FateRow(NamedTuple):
    """How many samples of one feature and step of time met one fate at a judge, `reason` being the verdict's.

    `votes` leaves out samples that were kept for bad feedback; `expected` is how many the judge's rate alone chooses.
    """

    feature: str
    start_at: datetime
    fate: Fate
    reason: str | None
    n: int
    votes: int
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Samples of [start_at, end_at) in steps of so many minutes; conversations are over that were quiet since then.

    Without a verdict, what came after `settled_before` is `talking`: nobody is late with it.
    """

    start_at: datetime
    end_at: datetime
    step_minutes: int = DAY_MINUTES
    quiet_before: datetime | None = None
    settled_before: datetime | None = None


def traffic(c: Connection, start_at: datetime, end_at: datetime) -> list[TrafficRow]:
    """What became of the items of [start_at, end_at), by feature, day and outcome."""
    found = queries.rows(c, "coverage_traffic", start_at=start_at, end_at=end_at)
    return [TrafficRow(**{**row, "outcome": Outcome(row["outcome"])}) for row in found]


def fates(c: Connection, query: PendingQuery, window: Window, only: Sequence[Fate] = ()) -> list[FateRow]:
    """What became of the kept samples of the features that the judge takes; `limit` of the query is not looked at.

    `only`: those with these fates, in place of all.
    """
    changes = _in_force(rates.changes(c).get(query.judge, []), window.start_at)
    parameters = {
        "moments": [change.since for change in changes],
        "factors": [change.factor for change in changes],
        "judge": query.judge,
        "judge_version": query.judge_version,
        "since": query.since,
        "start_at": window.start_at,
        "end_at": window.end_at,
        "step_minutes": window.step_minutes,
        "conversations": window.quiet_before is not None,
        "quiet_before": min(window.quiet_before or LATEST, window.settled_before or LATEST),
        "features": _features(c, query.features, window),
        "classes": list(query.rates),
        "rates": list(query.rates.values()),
        "default_rate": query.default_rate,
        "incomplete": query.incomplete,
        "fields": list(query.applies_to),
        "only": list(only),
        "patterns": [as_regex(glob) for glob in query.applies_to.values()],
    }
    found = queries.rows(c, "coverage_fates", **parameters)
    return [FateRow(**{**row, "fate": Fate(row["fate"])}) for row in found]


def _in_force(changes: Sequence[RateChange], since: datetime) -> Sequence[RateChange]:
    """The changes from then on, and the last one before."""
    before = sum(change.since < since for change in changes)
    return changes[max(0, before - 1) :]


def _features(c: Connection, globs: Sequence[str], window: Window) -> list[str]:
    found = queries.rows(c, "coverage_features", start_at=window.start_at, end_at=window.end_at)
    return [row["feature"] for row in found if any(fnmatchcase(row["feature"], glob) for glob in globs)]
