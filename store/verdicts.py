"""Reading verdicts: what is still to be judged, what was found, and what it cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows, verdict_hours
from store.fields import as_regex
from store.records import Opinion, Series, Status, Verdict
from store.samples import EARLIEST, LATEST, Key

if TYPE_CHECKING:
    from store.database import Connection

MOMENT = timedelta(microseconds=1)
IDENTITY = ("sample_id", "ts", "judge", "judge_version")
"""What tells one verdict from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingQuery:
    """What one judge version owes: samples of `features` (globs) received since then, without a verdict of its.

    `applies_to` names fields and globs that must all match. `rates` gives the judge's rate per sampling class,
    `default_rate` that of the others. Samples whose text is not in the store are never owed; those whose text is not
    whole only with `incomplete`. `start_at` and `end_at` bound the samples' own times, [start, end).
    """

    judge: str
    judge_version: str
    since: datetime
    features: Sequence[str] = ("*",)
    applies_to: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    default_rate: float = 1.0
    incomplete: bool = False
    limit: int = 1000
    start_at: datetime = EARLIEST
    end_at: datetime = LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFilter:
    """Which verdicts to find; None asks for nothing. Times are the samples'."""

    sample_id: str | None = None
    feature: str | None = None
    judge: str | None = None
    judge_version: str | None = None
    passed: bool | None = None
    status: Status | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    limit: int = 100


Identity = tuple[str, datetime, str, str]
"""What the store knows a verdict by: sample id, the sample's time, judge, version."""


def identity(verdict: Verdict) -> Identity:
    """What the store knows the verdict by."""
    return verdict.sample_id, verdict.ts, verdict.judge, verdict.judge_version


class VerdictCount(NamedTuple):
    """How many verdicts of one kind ended in one way."""

    feature: str
    judge: str
    judge_version: str
    kind: str
    status: Status
    reason: str | None
    n: int


class Cost(NamedTuple):
    """What one judge spent on one feature on one UTC day (ISO); usd is None when a price is unknown."""

    day: str
    feature: str
    judge: str
    verdicts: int
    usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSummary:
    """One judge version on one feature, by sample: `passed` of `n` decided ones, and those it could not decide."""

    feature: str
    judge: str
    judge_version: str
    kind: str
    n: int
    passed: int
    errors: int
    skipped: int

    @property
    def series(self) -> Series:
        """What it counts."""
        return Series(feature=self.feature, judge=self.judge, judge_version=self.judge_version)


class Habits(NamedTuple):
    """How one judge's answers came about: their number, length and spread in tokens; of all verdicts, which were free.

    `escalated` of the verdicts that were paid for went to a stronger model; lengths are None without answers.
    """

    answers: int
    output_tokens: float | None
    output_spread: float | None
    verdicts: int
    reused: int
    escalated: int


def pending(c: Connection, query: PendingQuery) -> list[Key]:
    """The samples still to be judged, first received first."""
    found = queries.rows(c, "pending", **parameters, limit=query.limit) if (parameters := bound(c, query)) else []
    return [(row["sample_id"], row["ts"]) for row in found]


def pending_count(c: Connection, query: PendingQuery) -> tuple[int, datetime | None]:
    """How many samples are still to be judged, and when the oldest of them was received."""
    if not (parameters := bound(c, query)):
        return 0, None
    row = queries.rows(c, "pending_count", **parameters)[0]
    return row["n"], row["oldest"]


def known(c: Connection, keys: Sequence[Key]) -> set[Identity]:
    """The verdicts on these samples."""
    if not keys:
        return set()
    ids, times = zip(*keys, strict=True)
    with rows.incoming_once(c, {"sample_id": ids, "ts": times}):
        found = queries.rows(c, "known_verdicts", from_ts=min(times), until_ts=max(times))
    return {(row["sample_id"], row["ts"], row["judge"], row["judge_version"]) for row in found}


def eligible_count(c: Connection, query: PendingQuery) -> tuple[int, datetime | None]:
    """How many samples lie within the judge's whole rate, judged or not, and when the oldest of them was received."""
    return pending_count(c, of_nobody(query))


def of_nobody(query: PendingQuery) -> PendingQuery:
    """The same question for a judge without a name: nobody has judged for it, and no budget thins its sampling."""
    return replace(query, judge="", judge_version="")


def of_samples(
    c: Connection, sample_ids: Sequence[str], *, from_ts: datetime = EARLIEST, until_ts: datetime = LATEST
) -> list[Verdict]:
    """Every verdict on these samples, by sample, judge and time; the samples' first and last time make it fast."""
    parameters = {"sample_ids": list(sample_ids), "from_ts": from_ts, "until_ts": until_ts}
    return [_verdict(row) for row in queries.rows(c, "verdicts_of_samples", **parameters)]


def with_opinions(c: Connection, found: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts with the single answers behind them, where there were several."""
    if not found:
        return []
    times = [verdict.ts for verdict in found]
    ids = list({verdict.sample_id for verdict in found})
    told: dict[tuple[object, ...], list[Opinion]] = defaultdict(list)
    for row in queries.rows(c, "opinions_of_samples", sample_ids=ids, from_ts=min(times), until_ts=max(times)):
        key = tuple(row.pop(name) for name in IDENTITY)
        told[key].append(Opinion(**{**row, "status": Status(row["status"])}))
    return [replace(one, opinions=tuple(told[tuple(getattr(one, name) for name in IDENTITY)])) for one in found]


def find(c: Connection, wanted: VerdictFilter) -> list[Verdict]:
    """The verdicts that match, newest sample first."""
    bounds = {"start_at": wanted.start_at or EARLIEST, "end_at": wanted.end_at or LATEST}
    return [_verdict(row) for row in queries.rows(c, "find_verdicts", **(asdict(wanted) | bounds))]


def counts(c: Connection, start_at: datetime, end_at: datetime) -> list[VerdictCount]:
    """How the judgements on samples of [start_at, end_at) ended."""
    found = verdict_hours.rows(c, "verdict_counts", start_at, end_at)
    return [VerdictCount(**{**row, "status": Status(row["status"])}) for row in found]


def by_judge(c: Connection) -> dict[tuple[str, Status], int]:
    """How many verdicts of each status every judge has given in all time, over its versions."""
    return {(row["judge"], Status(row["status"])): row["n"] for row in verdict_hours.rows(c, "verdicts_by_judge")}


def costs(c: Connection, start_at: datetime, end_at: datetime) -> list[Cost]:
    """What judging cost in [start_at, end_at), by the day it was spent."""
    return [Cost(**row) for row in verdict_hours.rows(c, "verdict_costs", start_at, end_at)]


def habits(c: Connection, judge: str, since: datetime) -> Habits:
    """How a judge of a model judged since then, over all its versions."""
    return Habits(**queries.rows(c, "judge_habits", judge=judge, since=since)[0])


def summary(c: Connection, features: Sequence[str] | None = None) -> list[VerdictSummary]:
    """Every judge version on these features (None: on all)."""
    names = None if features is None else list(features)
    return [VerdictSummary(**row) for row in verdict_hours.rows(c, "verdict_summary", features=names)]


def times(c: Connection, features: Sequence[str]) -> tuple[datetime, datetime] | None:
    """The time of the first and the last sample of these features (globs); None when there is none."""
    found = _features(c, EARLIEST, features)
    return (min(row["from_ts"] for row in found), max(row["until_ts"] for row in found)) if found else None


def _features(c: Connection, since: datetime, globs: Sequence[str]) -> list[dict[str, Any]]:
    found = queries.rows(c, "pending_features", since=since)
    return [row for row in found if any(fnmatchcase(row["feature"], glob) for glob in globs)]


def bound(c: Connection, query: PendingQuery) -> dict[str, Any]:
    """The parameters of the pending queries; none when no sample comes into question."""
    features = _features(c, query.since, query.features)
    if not features:
        return {}
    return {
        "judge": query.judge,
        "judge_version": query.judge_version,
        "since": query.since,
        "features": [row["feature"] for row in features],
        "from_ts": max(query.start_at, min(row["from_ts"] for row in features)),
        "until_ts": min(query.end_at - MOMENT, max(row["until_ts"] for row in features)),
        "classes": list(query.rates),
        "rates": list(query.rates.values()),
        "default_rate": query.default_rate,
        "incomplete": query.incomplete,
        "fields": list(query.applies_to),
        "patterns": [as_regex(glob) for glob in query.applies_to.values()],
    }


def _verdict(row: dict[str, Any]) -> Verdict:
    return Verdict(**{**row, "status": Status(row["status"])})


def first_judged(c: Connection, judge: str, judge_version: str) -> datetime | None:
    """When this judge version judged for the first time; None when it never did."""
    found = queries.rows(c, "first_judged", judge=judge, judge_version=judge_version)
    return found[0]["judged_at"] if found else None


def kinds(c: Connection) -> dict[tuple[str, str, str], str]:
    """The kind of every judge version (feature, judge, version) that has verdicts on a feature."""
    found = verdict_hours.rows(c, "verdict_kinds")
    return {(row["feature"], row["judge"], row["judge_version"]): row["kind"] for row in found}


def reusable(c: Connection, versions: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """The newest ok verdicts of these judge versions that carry the hash of what was judged, oldest first."""
    return queries.rows(c, "reusable_verdicts", versions=list(versions), limit=limit)
