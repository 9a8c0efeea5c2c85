"""Verdicts on their way out: in the order of their numbers, from a watermark on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Status

if TYPE_CHECKING:
    from store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A verdict with its number, and with the client's names for the call it is about."""

    seq: int
    sample_id: str
    ts: datetime
    judged_at: datetime
    feature: str
    session_id: str | None
    judge: str
    judge_version: str
    kind: str
    status: Status
    passed: bool | None
    score: float | None
    label: str | None
    explanation: str | None
    reason: str | None
    model: str | None
    cost_usd: float | None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None


def begin(c: Connection) -> None:
    """From now on verdicts are to be exported; nothing changes when that had begun before. For Store.run."""
    queries.run(c, "begin_export", seq=queries.rows(c, "last_seq")[0]["seq"])


def end(c: Connection) -> None:
    """What is owed is owed no more. For Store.run."""
    queries.run(c, "end_export")


def watermark(c: Connection) -> int | None:
    """The number of the last verdict that was exported; None when exporting has not begun."""
    seq: int | None = queries.rows(c, "export_watermark")[0]["seq"]
    return seq


def advance(c: Connection, seq: int) -> None:
    """Verdicts up to this number were exported. For Store.run."""
    queries.run(c, "advance_export", seq=seq)


def following(c: Connection, after: int, limit: int) -> list[Numbered]:
    """The verdicts after this number, lowest first."""
    found = queries.rows(c, "next_verdicts", after=after, limit=limit)
    names = _names(c, found)
    return [
        Numbered(**{**row, **names.get((row["sample_id"], row["ts"]), {}), "status": Status(row["status"])})
        for row in found
    ]


def waiting(c: Connection) -> tuple[int, datetime | None]:
    """How many verdicts come after the watermark, and when the oldest of them was given."""
    if (after := watermark(c)) is None:
        return 0, None
    row = queries.rows(c, "waiting_verdicts", after=after)[0]
    return row["n"], row["oldest"]


def _names(c: Connection, found: Sequence[dict[str, Any]]) -> dict[tuple[str, datetime], dict[str, Any]]:
    if not found:
        return {}
    times = [row["ts"] for row in found]
    with rows.incoming(c, {"sample_id": [row["sample_id"] for row in found], "ts": times}):
        named = queries.rows(c, "names_of_calls", from_ts=min(times), until_ts=max(times))
    return {(row["sample_id"], row["ts"]): row for row in named}
