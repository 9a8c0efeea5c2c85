"""Reading samples: by id, by filter, and how much traffic arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.records import Sample, Status, TextState
from store.text import parse

if TYPE_CHECKING:
    from store.database import Connection

# Bounds of an open interval: comparing with a constant lets the database skip blocks by time.
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)

FEW = 200
"""Keys whose times a query is told one by one."""
Key = tuple[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFilter:
    """Which samples to find; None asks for nothing. `judge` to `status` ask for such a verdict on the sample."""

    feature: str | None = None
    judge: str | None = None
    judge_version: str | None = None
    passed: bool | None = None
    status: Status | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    limit: int = 100


class SourceRow(NamedTuple):
    """Samples of one feature from one kind of client, by why their text is not whole (None: it is)."""

    feature: str
    source: str
    incomplete: str | None
    n: int
    without_text: int
    last_at: datetime


class Came(NamedTuple):
    """The number of the newest sample, when the first of those that came was received, whether any is in a batch."""

    newest: int
    earliest: datetime | None
    in_batches: bool


def came(c: Connection, seq: int) -> Came:
    """What came, or got its text, after the sample of this number."""
    return Came(**queries.rows(c, "came_since", seq=seq)[0])


def get(c: Connection, sample_id: str, ts: datetime | None = None) -> Sample | None:
    """The sample with this id, of this time where one is named; else the newest, when an id was used at several."""
    if ts is not None:
        return next(iter(load(c, [(sample_id, ts)])), None)
    keys = [_key(row) for row in queries.rows(c, "sample_keys_of_id", sample_id=sample_id)]
    return next(iter(load(c, keys[:1])), None)


def newest_times(c: Connection, sample_ids: Sequence[str]) -> dict[str, datetime]:
    """When these ids were used last; ids that are not stored are left out."""
    return {row["sample_id"]: row["ts"] for row in queries.rows(c, "newest_times", sample_ids=list(sample_ids))}


def load(c: Connection, keys: Sequence[Key]) -> list[Sample]:
    """The samples of these keys with their texts, in the order of the keys; keys that are not stored are left out."""
    if not keys:
        return []
    wanted: dict[str, list[Any]] = {"sample_id": [sample_id for sample_id, _ in keys], "ts": [ts for _, ts in keys]}
    bounds: dict[str, Any] = {"from_ts": min(wanted["ts"]), "until_ts": max(wanted["ts"])}
    # Texts between samples that lie far apart need not be unpacked to find them.
    bounds["times"] = wanted["ts"] if len(keys) <= FEW else None
    with rows.incoming_once(c, wanted):
        found = {_key(row): _sample(row) for row in queries.rows(c, "samples_of_keys", **bounds)}
    return [found[key] for key in keys if key in found]


def search(c: Connection, wanted: SampleFilter) -> list[Sample]:
    """The samples that match, newest first."""
    by_verdict = any(value is not None for value in (wanted.judge, wanted.judge_version, wanted.passed, wanted.status))
    parameters = asdict(wanted) | {"start_at": wanted.start_at or EARLIEST, "end_at": wanted.end_at or LATEST}
    if not by_verdict:
        parameters = {key: parameters[key] for key in ("feature", "start_at", "end_at", "limit")}
    found = queries.rows(c, "sample_keys_by_verdict" if by_verdict else "sample_keys", **parameters)
    return load(c, [_key(row) for row in found])


def features(c: Connection) -> list[str]:
    """Every feature that has a sample, by name."""
    return [row["feature"] for row in queries.rows(c, "sample_features")]


def sources(c: Connection, since: datetime) -> list[SourceRow]:
    """What kinds of clients sent samples since then, and how many came without text or with a part of it."""
    return [SourceRow(**row) for row in queries.rows(c, "sample_sources", since=since)]


def _key(row: dict[str, Any]) -> Key:
    return row["sample_id"], row["ts"]


def _sample(row: dict[str, Any]) -> Sample:
    texts = {"request": parse(row["request"]), "response": parse(row["response"])}
    state = TextState(row["text"])
    return Sample(**{**row, **texts, "metadata": row["metadata"] or {}, "text": state})
