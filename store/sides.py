"""One side of a comparison: the verdicts on the samples of a release, a prompt version, a model or a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows
from store.records import Series, Status
from store.samples import EARLIEST, LATEST, Key

if TYPE_CHECKING:
    from store.database import Connection

MOST = 100_000
"""Verdicts of one judge that are read for one side; of more, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which samples make up the side; None asks for nothing. Times are the samples', [start, end)."""

    feature: str | None = None
    release: str | None = None
    prompt_version: str | None = None
    model: str | None = None
    start_at: datetime = EARLIEST
    end_at: datetime = LATEST


class Judged(NamedTuple):
    """A judge version that judged samples of the side: of which kind it is, how many, and when last."""

    series: Series
    kind: str
    judged_at: datetime
    n: int


class Said(NamedTuple):
    """What was said of one sample, with what it can be sliced by; `passed` is None when the judge failed."""

    sample_id: str
    ts: datetime
    session_id: str | None
    passed: bool | None
    fields: Mapping[str, str | None]
    metadata: Mapping[str, str]


FIELDS = ("model", "stop_reason", "error", "environment", "release", "prompt_version")


def judged(c: Connection, chosen: Chosen) -> list[Judged]:
    """The judge versions with verdicts on this side."""
    found = queries.rows(c, "side_series", **asdict(chosen))
    return [
        Judged(
            Series(feature=row["feature"], judge=row["judge"], judge_version=row["judge_version"]),
            row["kind"],
            row["judged_at"],
            row["n"],
        )
        for row in found
    ]


def verdicts(c: Connection, series: Series, chosen: Chosen, limit: int = MOST) -> list[Said]:
    """What one judge version said of the side's newest samples, oldest first."""
    names = {"feature": series.feature, "judge": series.judge, "judge_version": series.judge_version}
    which = asdict(chosen) | names
    return [
        Said(
            sample_id=row["sample_id"],
            ts=row["ts"],
            session_id=row["session_id"],
            passed=row["passed"] if row["status"] == Status.OK else None,
            fields={name: row[name] for name in FIELDS},
            metadata=row["metadata"] or {},
        )
        for row in queries.rows(c, "side_verdicts", **which, limit=limit)
    ]


def requests(c: Connection, keys: Sequence[Key]) -> dict[Key, str]:
    """A hash of what each sample was asked, without the system prompt; samples whose text is gone are left out."""
    if not keys:
        return {}
    ids, times = zip(*keys, strict=True)
    with rows.incoming_once(c, {"sample_id": ids, "ts": times}):
        found = queries.rows(c, "side_requests", from_ts=min(times), until_ts=max(times))
    return {(row["sample_id"], row["ts"]): row["asked"] for row in found if row["asked"]}
