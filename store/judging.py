"""How the judges' work went: noise, reuse, errors by reason, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, verdict_hours
from store.records import Status

if TYPE_CHECKING:
    from store.database import Connection

Version = tuple[str, str]
"""A judge's name and version."""


class Figures(NamedTuple):
    """The verdicts of one LLM judge version: `flipped` of `repeated` decided otherwise when asked again on purpose.

    `prompt_tokens` are all tokens read, of which the provider's cache gave `cache_read_tokens`. Means and quantiles are
    None where nothing is known; `ms_p50` and `ms_p95` are of verdicts that a provider was called for.
    """

    judge: str
    judge_version: str
    n: int
    repeated: int
    flipped: int
    reused: int
    escalated: int
    disagreement: float | None
    cache_read_tokens: int | None
    prompt_tokens: int | None
    usd_mean: float | None
    usd_p95: float | None
    ms_p50: float | None
    ms_p95: float | None


class Unscored(NamedTuple):
    """How many verdicts of one judge version are errors or skipped, for one reason."""

    judge: str
    judge_version: str
    status: Status
    reason: str
    n: int


def figures(c: Connection, since: datetime) -> dict[Version, Figures]:
    """Of every LLM judge version with verdicts since then."""
    found = [Figures(**row) for row in queries.rows(c, "judge_figures", since=since)]
    return {(one.judge, one.judge_version): one for one in found}


def unscored(c: Connection, since: datetime) -> list[Unscored]:
    """Why judges failed or skipped since then, the most frequent reasons first."""
    found = verdict_hours.rows(c, "judge_errors", since)
    return [Unscored(**{**row, "status": Status(row["status"])}) for row in found]


def spending(c: Connection, since: Sequence[datetime]) -> dict[tuple[str, datetime], float | None]:
    """USD by judge and moment since when; None where a price is not known, no entry where nothing was spent."""
    return {
        (row["judge"], moment): row["usd"]
        for moment in set(since)
        for row in verdict_hours.rows(c, "judge_spending", moment)
    }
