"""What each judge version was, and what it has done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.judging import Figures

if TYPE_CHECKING:
    from store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeVersion:
    """A version as it was when the service first had it; `definition` is empty where the judge cannot tell it."""

    judge: str
    judge_version: str
    kind: str
    model: str | None
    definition: str
    first_seen_at: datetime


class Work(NamedTuple):
    """The verdicts of one version in all time: `passed` of those `decided`; `usd` is None when a price is unknown.

    `model` is one that answered; `figures` are None where no model was asked.
    """

    judge_version: str
    kind: str
    model: str | None
    first_at: datetime
    last_at: datetime
    ok: int
    errors: int
    skipped: int
    decided: int
    passed: int
    usd: float | None
    figures: Figures | None


def find(c: Connection, judge: str | None = None) -> list[JudgeVersion]:
    """The versions of one judge, or of all, the oldest first."""
    return [JudgeVersion(**row) for row in queries.rows(c, "judge_definitions", judge=judge)]


def remember(c: Connection, present: Sequence[JudgeVersion]) -> None:
    """Writes down those that are new; what a version was does not change. For Store.run."""
    new = lacking(c, present)
    rows.insert(c, "insert_judge_versions", [asdict(one) for one in new])


def lacking(c: Connection, present: Sequence[JudgeVersion]) -> list[JudgeVersion]:
    """Those of them that are not written down yet."""
    known = {(one.judge, one.judge_version) for one in find(c)}
    return [one for one in present if (one.judge, one.judge_version) not in known]


def work(c: Connection, judge: str) -> list[Work]:
    """What each version of this judge has done, the oldest first."""
    return [_work(row | {"judge": judge}) for row in queries.rows(c, "judge_version_work", judge=judge)]


def _work(row: dict[str, Any]) -> Work:
    figures = Figures(**{name: row[name] for name in Figures._fields}) if row["n"] else None
    return Work(**{name: row[name] for name in Work._fields if name in row}, figures=figures)
