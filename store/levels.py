"""What votes say beyond pass and fail: how many have each value or label, before and now."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries
from store.records import Series

if TYPE_CHECKING:
    from store.database import Connection

Span = tuple[datetime, datetime]


class Level(NamedTuple):
    """A value (of numbers that come in bins, the lower edge of its bin) or a label, and its votes."""

    value: float | None
    label: str | None
    before: float
    now: float


def of_windows(c: Connection, series: Series, before: Span, now: Span) -> list[Level]:
    """The levels that have votes in one of these windows [start, end), increasing."""
    spans = {"before_at": before[0], "before_end_at": before[1], "now_at": now[0], "now_end_at": now[1]}
    return [Level(**row) for row in queries.rows(c, "levels_of_windows", **asdict(series), **spans)]


def graded(c: Connection, series: Series) -> Series | None:
    """The series of scores or labels of the judge version of this series; None where it says only pass or fail."""
    told = {name: value for name, value in asdict(series).items() if name != "metric"}
    found = queries.rows(c, "graded_by", **told)
    return replace(series, metric=found[0]["metric"]) if found else None
