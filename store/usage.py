"""What features used and what judging them cost, counted by quarter hour, so that a page asks for days in milliseconds.

What changed is derived from seq and from the places of rows, as in store/rollup.py: the result is the same, to the last
digit, as counting everything anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.rates import TRIALS
from store.records import Series, Verdict
from store.rollup import Total

if TYPE_CHECKING:
    from store.database import Connection


class Used(NamedTuple):
    """What one feature used from `start_at` to the next moment that was asked for.

    `kept` and `not_kept` calls were counted; the rest is estimated for all calls from the kept ones. `usd` leaves out
    the `unpriced` of the kept.
    """

    feature: str
    start_at: datetime
    kept: int
    not_kept: int
    errors: float
    input_tokens: float
    output_tokens: float
    usd: float
    unpriced: int


class Spent(NamedTuple):
    """What judging one feature cost from `start_at` on; `usd` leaves out the `unpriced` verdicts."""

    feature: str
    start_at: datetime
    verdicts: int
    usd: float
    unpriced: int


class JudgingCost(NamedTuple):
    """What one judge spent on one feature on one UTC day (ISO); `usd` is None when a price is unknown.

    `known_usd` leaves out the `unpriced` verdicts.
    """

    day: str
    feature: str
    judge: str
    verdicts: int
    reused: int
    batched: int
    usd: float | None
    batched_usd: float
    unpriced: int
    known_usd: float


class Latency(NamedTuple):
    """Milliseconds that half of the kept calls took at most, and 95 % of them."""

    p50: float
    p95: float


def refresh(c: Connection) -> None:
    """Count what came since the last time. For Store.run."""
    state = queries.rows(c, "usage_state")[0]
    if state["newest"] <= state["seq"] and state["rows"] <= state["traffic"]:
        return
    queries.run(c, "find_fresh_usage", seq=state["seq"], traffic=state["traffic"])
    fresh = queries.rows(c, "fresh_usage_span")[0]
    if fresh["n"]:
        queries.run(c, "delete_fresh_usage")
        queries.run(c, "insert_fresh_usage", from_ts=fresh["from_ts"], until_ts=fresh["until_ts"])
    queries.run(c, "find_fresh_spending", seq=state["seq"])
    queries.run(c, "delete_fresh_spending")
    queries.run(c, "insert_fresh_spending")
    queries.run(c, "set_usage_watermark", seq=max(state["newest"], state["seq"]), traffic=state["rows"])


def recount(c: Connection, gone: Verdict) -> None:
    """What the quarter hour of a verdict that was deleted cost without it. For Store.run."""
    where = {"feature": gone.feature, "judge": gone.judge, "judged_at": gone.judged_at}
    queries.run(c, "delete_counted_spending", **where)
    queries.run(c, "insert_counted_spending", **where)


def used(c: Connection, moments: Sequence[datetime]) -> list[Used]:
    """What each feature used between these moments, whole quarter hours in order of time."""
    return [Used(**row) for row in _between(c, "used", moments)]


def spent(c: Connection, moments: Sequence[datetime]) -> list[Spent]:
    """What judging each feature cost between these moments."""
    return [Spent(**row) for row in _between(c, "spent", moments)]


def judging_costs(c: Connection, start: datetime, end: datetime, *, paid: bool = False) -> list[JudgingCost]:
    """What judging cost from `start` to `end`, whole quarter hours, by the day it was spent; up to the last verdict.

    `paid` leaves out where no model was asked. Trials of rubrics have the judge `rates.TRIALS` and no feature.
    """
    return [
        JudgingCost(**row) for row in queries.rows(c, "judging_costs", first=start, last=end, paid=paid, trials=TRIALS)
    ]


def latencies(c: Connection, start: datetime, end: datetime) -> dict[str, Latency]:
    """How long the kept calls of each feature took in this time."""
    found = queries.rows(c, "latencies", start_at=start, end_at=end)
    return {row["feature"]: Latency(row["p50"], row["p95"]) for row in found}


def pass_votes(c: Connection, start: datetime, end: datetime) -> dict[Series, Total]:
    """The votes of every judge version on every feature in this time, whole quarter hours."""
    found = {}
    for row in queries.rows(c, "pass_votes", start_at=start, end_at=end):
        series = Series(**{name: row.pop(name) for name in ("feature", "judge", "judge_version")})
        found[series] = Total(start, **row)
    return found


def _between(c: Connection, name: str, moments: Sequence[datetime]) -> list[dict[str, Any]]:
    if len(moments) < 2:
        return []
    with rows.incoming_once(c, {"start_at": list(moments[:-1])}):
        return queries.rows(c, name, first=moments[0], last=moments[-1])
