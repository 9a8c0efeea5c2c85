"""How far budgets have thinned the judges' sampling, and when: the inclusion probability of every sample is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows
from store.records import RateChange

if TYPE_CHECKING:
    from store.database import Connection


TRIALS = "(trials)"
"""Whose the money is that trials of rubrics cost: no judge's."""


class Pace(NamedTuple):
    """What one judge spent, and on how many verdicts that cost something."""

    judge: str
    usd: float
    paid: int


def changes(c: Connection) -> dict[str, list[RateChange]]:
    """Every change of a judge's rate, by judge, oldest first."""
    by_judge: dict[str, list[RateChange]] = defaultdict(list)
    for row in queries.rows(c, "rate_changes"):
        by_judge[row["judge"]].append(RateChange(**row))
    return by_judge


def pace(c: Connection, since: datetime) -> list[Pace]:
    """What every judge that costs something has spent since then."""
    return [Pace(**row) for row in queries.rows(c, "judging_pace", since=since)]


def spent(c: Connection, since: datetime) -> list[tuple[date, str, float]]:
    """Day, judge and USD, for every judge that spent anything since then; what has no price adds nothing.

    What trials of rubrics cost is that of TRIALS.
    """
    found = queries.rows(c, "spent_by_day", since=since, trials=TRIALS)
    return [(row["day"], row["judge"], row["usd"]) for row in found]


def trials(c: Connection, since: Sequence[datetime]) -> dict[datetime, float]:
    """USD that trials of rubrics cost since each of these moments; no entry where nothing was spent."""
    return {row["since"]: row["usd"] for row in queries.rows(c, "trial_spending", since=list(since))}


def append(c: Connection, given: Sequence[RateChange]) -> None:
    """From `since` on these factors hold. For Store.run."""
    rows.insert(c, "insert_rate_changes", [asdict(change) for change in given])
