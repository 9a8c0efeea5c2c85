"""Batches of judgements: what was submitted, for which samples, and what is still to be done about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Opinion, Status
from store.samples import Key
from store.text import dump

if TYPE_CHECKING:
    from store.database import Connection


class BatchState(StrEnum):
    """Where a batch stands. `submitting`: whether the provider has it is not known."""

    SUBMITTING = "submitting"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"
    FAILED = "failed"


OPEN = (BatchState.SUBMITTING, BatchState.IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Requests of one judge version that were submitted together. `batch_key` is ours, `provider_id` the provider's.

    `provider` is the host that they were sent to; the API of another one knows nothing of them.

    `succeeded` to `canceled` count requests, once it has ended; money is at the price of batches. `reason` says why it
    failed, or why it could not be asked about.
    """

    batch_key: str
    judge: str
    judge_version: str
    provider: str
    submitted_at: datetime
    requests: int
    bytes: int
    estimate_usd: float | None = None
    state: BatchState = BatchState.SUBMITTING
    provider_id: str | None = None
    ended_at: datetime | None = None
    spent_usd: float | None = None
    succeeded: int | None = None
    errored: int | None = None
    expired: int | None = None
    canceled: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One vote on one sample, asked by the request at `position` of its batch, or answered before (`opinion`).

    `outcome` says why there is no verdict yet although the batch has ended; `tries` counts this batch.
    """

    batch_key: str
    position: int | None
    sample_id: str
    ts: datetime
    vote: int
    tries: int
    cut: int
    content_hash: str
    outcome: str | None = None
    opinion: Opinion | None = None

    @property
    def key(self) -> Key:
        """What the store knows the sample by."""
        return self.sample_id, self.ts


def open_batches(c: Connection) -> list[Batch]:
    """The batches that have not ended, oldest first."""
    return [_batch(row) for row in queries.rows(c, "batches_in_states", states=list(OPEN))]


def newest(c: Connection, limit: int) -> list[Batch]:
    """The last batches, newest first."""
    return [_batch(row) for row in queries.rows(c, "newest_batches", limit=limit)]


def provider_ids(c: Connection) -> set[str]:
    """The provider's ids of all batches that are known to be ours."""
    return {row["provider_id"] for row in queries.rows(c, "batch_provider_ids")}


def items(c: Connection, batch_key: str) -> list[BatchItem]:
    """What a batch is for, sample by sample."""
    return [_item(row) for row in queries.rows(c, "batch_items", batch_key=batch_key)]


def undone(c: Connection, series: tuple[str, str], keys: Sequence[Key]) -> list[BatchItem]:
    """What ended batches of this judge and version have left undone of these samples."""
    with rows.incoming(c, _keys(keys)):
        return [_item(row) for row in queries.rows(c, "undone_items", **_series(series), open=list(OPEN))]


def owed_again(c: Connection, series: tuple[str, str], but: Sequence[str]) -> list[Key]:
    """The samples that ended batches of this judge and version have left undone, for other reasons than these."""
    found = queries.rows(c, "samples_owed_again", **_series(series), but=list(but), open=list(OPEN))
    return [(row["sample_id"], row["ts"]) for row in found]


def left_since(c: Connection, series: tuple[str, str], since: datetime, outcome: str) -> set[Key]:
    """The samples that batches of this judge and version left undone so, which were submitted since then."""
    found = queries.rows(c, "samples_left_since", **_series(series), since=since, outcome=outcome, open=list(OPEN))
    return {(row["sample_id"], row["ts"]) for row in found}


def under_way(c: Connection, keys: Sequence[Key]) -> set[tuple[str, datetime, str, str]]:
    """Which of these samples wait in batches: id, time, judge, version."""
    if not keys:
        return set()
    ids, times = zip(*keys, strict=True)
    bounds = {"from_ts": min(times), "until_ts": max(times)}
    with rows.incoming_once(c, {"sample_id": ids, "ts": times}):
        found = queries.rows(c, "samples_under_way", **bounds, open=list(OPEN))
    return {(row["sample_id"], row["ts"], row["judge"], row["judge_version"]) for row in found}


def contents_under_way(c: Connection, series: tuple[str, str]) -> set[str]:
    """The hashes of what is being judged in batches of this judge and version."""
    found = queries.rows(c, "contents_under_way", **_series(series), open=list(OPEN))
    return {row["content_hash"] for row in found}


def waiting(c: Connection) -> dict[str, int]:
    """How many samples wait in batches, by judge."""
    return {row["judge"]: row["n"] for row in queries.rows(c, "open_batch_items", open=list(OPEN))}


def begin(c: Connection, batch: Batch, given: Sequence[BatchItem]) -> None:
    """Write a batch down that is about to be submitted. For Store.run."""
    rows.insert(c, "insert_batches", [asdict(batch)])
    _insert(c, given)


def submitted(c: Connection, batch_key: str, provider_id: str) -> None:
    """The provider has it. For Store.run."""
    queries.run(c, "batch_submitted", batch_key=batch_key, provider_id=provider_id, state=BatchState.IN_PROGRESS.value)


def troubled(c: Connection, batch_key: str, reason: str | None) -> None:
    """It could not be asked about, for this reason. For Store.run."""
    queries.run(c, "batch_troubled", batch_key=batch_key, reason=reason)


def end(c: Connection, batch: Batch, left: Sequence[BatchItem]) -> None:
    """It is over as `batch` says, and its samples are judged but for `left`. For Store.run."""
    taken = [item.key for item in items(c, batch.batch_key)]
    _close(c, batch)
    settle(c, (batch.judge, batch.judge_version), taken)
    _insert(c, left)


def fail(c: Connection, batch: Batch) -> None:
    """Nothing came of it: its samples are owed what they were before. For Store.run."""
    _close(c, batch)


def settle(c: Connection, series: tuple[str, str], keys: Sequence[Key]) -> None:
    """Nothing that ended batches left undone of these samples is owed any more. For Store.run."""
    with rows.incoming(c, _keys(keys)):
        queries.run(c, "delete_undone_items", **_series(series), open=list(OPEN))


def _close(c: Connection, batch: Batch) -> None:
    names = ("batch_key", "ended_at", "spent_usd", "succeeded", "errored", "expired", "canceled", "reason")
    queries.run(c, "end_batch", **{name: getattr(batch, name) for name in names}, state=batch.state.value)
    queries.run(c, "delete_batch_items", batch_key=batch.batch_key)


def discard(c: Connection, batch_key: str) -> None:
    """The provider never got it: its samples are owed what they were before. For Store.run."""
    queries.run(c, "delete_batch", batch_key=batch_key)
    queries.run(c, "delete_batch_items", batch_key=batch_key)


def forget(c: Connection, before: datetime) -> None:
    """Let go of what batches that ended before then have left undone. For Store.run."""
    queries.run(c, "delete_old_items", before=before, open=list(OPEN))


def _insert(c: Connection, given: Sequence[BatchItem]) -> None:
    told = ({**asdict(item), "opinion": dump(asdict(item.opinion)) if item.opinion else None} for item in given)
    rows.insert(c, "insert_batch_items", told)


def _keys(keys: Sequence[Key]) -> dict[str, list[Any]]:
    distinct = list(dict.fromkeys(keys))
    return {"sample_id": [sample_id for sample_id, _ in distinct], "ts": [ts for _, ts in distinct]}


def _series(series: tuple[str, str]) -> dict[str, str]:
    return {"judge": series[0], "judge_version": series[1]}


def _batch(row: dict[str, Any]) -> Batch:
    return Batch(**{**row, "state": BatchState(row["state"])})


def _item(row: dict[str, Any]) -> BatchItem:
    told = json.loads(row["opinion"]) if row["opinion"] else None
    opinion = Opinion(**{**told, "status": Status(told["status"])}) if told else None
    return BatchItem(**{**row, "opinion": opinion})
