"""What requests took and how they ended, per quarter hour: for plain rules on latency, tokens and errors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries

if TYPE_CHECKING:
    from store.database import Connection


class QuarterHour(NamedTuple):
    """The requests of one quarter hour: how many, how many stand behind them, how many of those are above the limit."""

    start_at: datetime
    n: int
    weight: float
    bad: float


def over(c: Connection, feature: str, figure: tuple[str, float], span: tuple[datetime, datetime]) -> list[QuarterHour]:
    """The requests of [start, end) whose `figure` (name, limit) is above its limit; empty quarter hours are left out.

    The name is latency_ms, input_tokens, output_tokens, or errors, which are 1 for a request that ended in one.
    """
    parameters = {"figure": figure[0], "limit": figure[1], "from_at": span[0], "until_at": span[1]}
    return [QuarterHour(**row) for row in queries.rows(c, "requests_over", feature=feature, **parameters)]


def quantile(c: Connection, feature: str, figure: tuple[str, float], span: tuple[datetime, datetime]) -> float | None:
    """The quantile of a `figure` (name, which quantile) over [start, end); None without requests."""
    parameters = {"figure": figure[0], "quantile": figure[1], "from_at": span[0], "until_at": span[1]}
    value = queries.rows(c, "requests_quantile", feature=feature, **parameters)[0]["value"]
    return None if value is None else float(value)
