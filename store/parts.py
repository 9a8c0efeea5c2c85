"""Parts of calls between their arrival and their settling, and what is remembered of those that were settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows
from store.records import Sample
from store.text import dump

if TYPE_CHECKING:
    from store.database import Connection
    from store.samples import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """A part as it is stored: `body` is its JSON, the rest is what deciding when to settle needs to know.

    `kind` is call, content or context. `parent_id` is None also when that span need not be waited for. `expires_at` is
    when a part that is no call is given up. `withheld`: the body came without its text, which is in memory alone.
    """

    group_id: str
    part_id: str
    received_at: datetime
    kind: str
    body: str
    expires_at: datetime | None = None
    span_id: str | None = None
    parent_id: str | None = None
    instance: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    has_text: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How late something must have arrived last to be due: settled when nothing is open, open, longest in any case."""

    now: datetime
    settled_before: datetime
    open_before: datetime
    longest_before: datetime


class DueGroup(NamedTuple):
    """A group to settle: how many parts it has, how large they are together, and the largest of them."""

    group_id: str
    n: int
    size: int
    largest: int


class Stored(NamedTuple):
    """A part as it is read back."""

    seq: int
    received_at: datetime
    expires_at: datetime | None
    withheld: bool
    body: str


class Window(NamedTuple):
    """When a call that has no text ran, and in which process."""

    group_id: str
    instance: str
    started_at: datetime
    ended_at: datetime


class Settled(NamedTuple):
    """A name, as a number, and the sample it became part of."""

    record: int
    sample_id: str
    ts: datetime


def due(c: Connection, patience: Patience, limit: int) -> list[DueGroup]:
    """The groups that are due, those that wait longest first."""
    return [DueGroup(*row) for row in queries.run(c, "due_groups", **_bounds(patience), limit=limit).fetchall()]


def load(c: Connection, group_ids: Sequence[str], until: datetime) -> list[Stored]:
    """The parts of these groups that arrived by `until`, and all that calls could inherit from."""
    with rows.incoming_once(c, {"group_id": group_ids}):
        return _stored(queries.run(c, "parts_of_groups", until=until).fetchall())


def load_some(c: Connection, group_id: str, until: datetime, limit: int) -> list[Stored]:
    """As `load`, of a group too large to be read whole: `limit` parts, calls first, and `limit` spans above them."""
    return _stored(queries.run(c, "parts_of_group", group_id=group_id, until=until, limit=limit).fetchall())


def count_orphans(c: Connection) -> int:
    """How many texts wait that name no span."""
    return int(queries.rows(c, "count_orphans")[0]["n"])


def orphans(c: Connection, windows: Sequence[Window], limit: int) -> list[Stored]:
    """Texts that name no span and were told while one of these calls ran."""
    with rows.incoming_once(c, _columns(windows)):
        return _stored(queries.run(c, "orphans", limit=limit).fetchall())


def rivals(c: Connection, windows: Sequence[Window], limit: int) -> list[Window]:
    """Calls of other groups that are not settled, have no text, and ran at the same time as one of these."""
    with rows.incoming(c, _columns(windows)):
        return [Window(**row) for row in queries.rows(c, "rivals", limit=limit)]


def known(c: Connection, records: Collection[int]) -> dict[int, Key]:
    """Which of these names were settled, with their samples."""
    if not records:
        return {}
    with rows.incoming_once(c, {"record": list(records)}):
        found = queries.rows(c, "known_records")
    return {row["record"]: (row["sample_id"], row["ts"]) for row in found}


def remember(c: Connection, settled: Sequence[Settled], at: datetime) -> None:
    """These names are settled."""
    if settled:
        numbers, ids, times = zip(*settled, strict=True)
        data: Mapping[str, Sequence[object]] = {"record": numbers, "sample_id": ids, "ts": times}
        with rows.incoming_once(c, {**data, "settled_at": [at] * len(settled)}):
            queries.run(c, "insert_settled")


def delete(c: Connection, seqs: Collection[int]) -> None:
    """These parts are dealt with."""
    if seqs:
        with rows.incoming_once(c, {"seq": list(seqs)}):
            queries.run(c, "delete_parts", first=min(seqs), last=max(seqs))


def give_text(c: Connection, samples: Sequence[Sample], after: int) -> None:
    """The text of stored samples, and what goes with it, is now that of these, numbered anew; they had none."""
    if samples:
        names = ("sample_id", "ts", "text", "text_hash", "incomplete", "stop_reason", "stop_reason_raw", "length")
        data: dict[str, Sequence[object]] = {name: [getattr(sample, name) for sample in samples] for name in names}
        texts = {name: [dump(getattr(sample, name)) for sample in samples] for name in ("request", "response")}
        times = [sample.ts for sample in samples]
        numbers = {"seq": range(after + 1, after + 1 + len(samples))}
        with rows.incoming(c, {**data, **texts, **numbers}):
            queries.run(c, "complete_payloads", from_ts=min(times), until_ts=max(times))
            queries.run(c, "complete_samples", from_ts=min(times), until_ts=max(times))


def prune(c: Connection, now: datetime, settled_before: datetime) -> None:
    """Forget spans above calls that are too old to be inherited from, and what was settled before then."""
    queries.run(c, "delete_expired_context", now=now)
    queries.run(c, "delete_settled", before=settled_before)


def waiting(c: Connection) -> tuple[int, datetime | None]:
    """How many records of calls wait to be settled, and when the first of them arrived."""
    row = queries.rows(c, "parts_waiting")[0]
    return row["n"], row["oldest"]


def _bounds(patience: Patience) -> dict[str, datetime]:
    return {name: getattr(patience, name) for name in ("now", "settled_before", "open_before", "longest_before")}


def _columns(windows: Sequence[Window]) -> dict[str, Sequence[object]]:
    return dict(zip(Window._fields, zip(*windows, strict=True), strict=True))


def _stored(found: Sequence[tuple[int, datetime, datetime | None, bool, str]]) -> list[Stored]:
    return [
        Stored(seq, queries.aware(received_at), queries.aware(expires_at), withheld, body)
        for seq, received_at, expires_at, withheld, body in found
    ]
