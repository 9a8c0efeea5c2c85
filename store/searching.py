"""Searching samples, newest first: by their fields, by their verdicts, and by words in their texts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.records import TextState
from store.samples import EARLIEST, LATEST, Key
from store.text import parse

if TYPE_CHECKING:
    from store.database import Connection

SPANS = (timedelta(days=30), timedelta(days=7), timedelta(days=1), timedelta(hours=1))
OF_VERDICTS = ("judge", "judge_version", "passed", "status", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a sample must be like; None asks for nothing.

    `words` must all stand in its request or its response, in capitals or not. `sample_id` is an id or how it begins,
    `sample_hash` what it may be stored as. `session_ids` and `user_ids` are ways to write one session, one user.
    `min_latency_ms`, `min_output_tokens` and `min_cost_usd` are reached. `judge` to `label` ask for one verdict that is
    like that.
    """

    words: tuple[str, ...] = ()
    sample_id: str | None = None
    sample_hash: str | None = None
    session_ids: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    feature: str | None = None
    environment: str | None = None
    model: str | None = None
    provider: str | None = None
    prompt_version: str | None = None
    release: str | None = None
    stop_reason: str | None = None
    has_error: bool | None = None
    source: str | None = None
    sampling_class: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    min_latency_ms: float | None = None
    min_output_tokens: float | None = None
    min_cost_usd: float | None = None
    judge: str | None = None
    judge_version: str | None = None
    passed: bool | None = None
    status: str | None = None
    label: str | None = None
    start_at: datetime = EARLIEST
    end_at: datetime = LATEST

    @property
    def by_verdict(self) -> bool:
        """Whether it asks for a verdict."""
        return any(getattr(self, name) is not None for name in OF_VERDICTS)


class Place(NamedTuple):
    """A place in the order of samples, newest first and then by id: what comes after it is older, or has a later id."""

    ts: datetime
    sample_id: str = ""


class Brief(NamedTuple):
    """A sample for a list. Texts longer than was asked for are None; `size` is the bytes of them all.

    `asked` and `answered` are pieces of what was said, for those who need no more of it.
    """

    sample_id: str
    ts: datetime
    feature: str
    environment: str
    session_id: str | None
    model: str | None
    prompt_version: str | None
    release: str | None
    stop_reason: str | None
    error: str | None
    metadata: Mapping[str, str]
    text: TextState
    incomplete: str | None
    size: int
    request: Mapping[str, Any] | None
    response: Mapping[str, Any] | None
    asked: str = ""
    answered: str = ""

    @property
    def key(self) -> Key:
        """What the store knows the sample by."""
        return self.sample_id, self.ts


class Mark(NamedTuple):
    """How one judgement of a sample ended."""

    judge: str
    judge_version: str
    kind: str
    status: str
    passed: bool | None
    label: str | None
    reason: str | None


class FacetValue(NamedTuple):
    """A value of a dimension that samples (or verdicts) have; `of` is a metadata key or a judge."""

    dimension: str
    of: str
    value: str


def portion(c: Connection, search: Search, from_ts: datetime, after: Place, limit: int) -> list[Key]:
    """The first matches that come after this place and are not older than `from_ts`.

    Words are looked for in the JSON of the texts, so a few matches may have them in its keys.
    """
    told = {one.name: getattr(search, one.name) for one in fields(search)}
    del told["start_at"], told["end_at"], told["metadata"]
    parameters = told | {
        "words": [json.dumps(word, ensure_ascii=False)[1:-1] for word in search.words],
        "session_ids": list(search.session_ids) or None,
        "user_ids": list(search.user_ids) or None,
        "keys": list(search.metadata),
        "texts": list(search.metadata.values()),
        "by_verdict": search.by_verdict,
        "from_ts": from_ts,
        "after_ts": after.ts,
        "after_id": after.sample_id,
        "limit": limit,
    }
    return [(row["sample_id"], row["ts"]) for row in queries.rows(c, "portion_of_samples", **parameters)]


def times(c: Connection, start_at: datetime, end_at: datetime) -> tuple[datetime, datetime] | None:
    """The times of the oldest and the newest sample of [start_at, end_at); None without any."""
    row = queries.rows(c, "times_of_samples", start_at=start_at, end_at=end_at)[0]
    return (row["oldest"], row["newest"]) if row["oldest"] else None


def count(c: Connection, start_at: datetime, end_at: datetime) -> int:
    """How many samples [start_at, end_at) holds."""
    n: int = queries.rows(c, "count_of_samples", start_at=start_at, end_at=end_at)[0]["n"]
    return n


def briefs(c: Connection, keys: Sequence[Key], longest: int) -> list[Brief]:
    """The samples of these keys in their order, with texts of at most `longest` bytes."""
    told = {"longest": longest, "times": [ts for _, ts in keys]}
    found = {(row["sample_id"], row["ts"]): row for row in _of_keys(c, "briefs_of_keys", keys, **told)}
    return [_brief(found[key]) for key in keys if key in found]


def sizes(c: Connection, keys: Sequence[Key]) -> dict[Key, int]:
    """The bytes of the texts of these samples; those without are left out."""
    times = [ts for _, ts in keys]
    return {(row["sample_id"], row["ts"]): row["size"] for row in _of_keys(c, "sizes_of_keys", keys, times=times)}


def fitting(keys: Sequence[Key], sizes: Mapping[Key, int], most_bytes: int) -> Iterator[list[Key]]:
    """The keys in parts whose texts together have at most so many bytes, unless a single one has more."""
    part: list[Key] = []
    total = 0
    for key in keys:
        size = sizes.get(key, 0)
        if part and total + size > most_bytes:
            yield part
            part, total = [], 0
        part.append(key)
        total += size
    if part:
        yield part


def judges(c: Connection, keys: Sequence[Key], most: int) -> list[str]:
    """The judges that spoke on these samples, by name; of many the most frequent."""
    return sorted(row["judge"] for row in _of_keys(c, "judges_of_keys", keys, most=most))


def facets(c: Connection, start_at: datetime, end_at: datetime, most: int) -> list[FacetValue]:
    """The most frequent values of each dimension in [start_at, end_at), at most `most` of each."""
    bounds = {"start_at": start_at, "end_at": end_at, "most": most}
    return [FacetValue(**row) for row in queries.rows(c, "sample_facets", **bounds)]


def recent(c: Connection, start_at: datetime, end_at: datetime, most: int) -> datetime:
    """From when on [start_at, end_at) holds about `most` samples: its last month, week, day or hour with samples."""
    found = times(c, start_at, end_at)
    if found is None:
        return start_at
    for span in SPANS:
        since = max(start_at, found[1] - span)
        if count(c, since, end_at) <= most:
            break
    return since


def session(c: Connection, session_ids: Sequence[str], near: datetime, limit: int) -> tuple[list[Key], int, int]:
    """The samples of a session, at most `limit`, those nearest to this time first; how many are earlier, and later."""
    found = queries.rows(c, "samples_near", session_ids=list(session_ids), near=near, limit=limit)
    keys = [(row["sample_id"], row["ts"]) for row in found]
    if not found:
        return [], 0, 0
    places = [row["place"] for row in found]
    return keys, min(places) - 1, found[0]["n"] - max(places)


def marks(c: Connection, keys: Sequence[Key]) -> dict[Key, list[Mark]]:
    """How the judgements on each of these samples ended, by judge."""
    found: dict[Key, list[Mark]] = defaultdict(list)
    for row in _of_keys(c, "marks_of_keys", keys):
        key = row.pop("sample_id"), row.pop("ts")
        found[key].append(Mark(**row))
    return found


def _of_keys(c: Connection, query: str, keys: Sequence[Key], **parameters: object) -> list[dict[str, Any]]:
    if not keys:
        return []
    ids, times = zip(*keys, strict=True)
    with rows.incoming_once(c, {"sample_id": ids, "ts": times}):
        return queries.rows(c, query, from_ts=min(times), until_ts=max(times), **parameters)


def _brief(row: dict[str, Any]) -> Brief:
    texts = {name: None if row[name] is None else parse(row[name]) for name in ("request", "response")}
    return Brief(**{**row, **texts, "metadata": row["metadata"] or {}, "text": TextState(row["text"])})
