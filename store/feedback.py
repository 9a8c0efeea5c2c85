"""What people said of samples: kept until the sample is there, then the newest by judge is a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store import queries, rows, verdicts
from store.append import append_verdicts
from store.records import Status, Verdict

if TYPE_CHECKING:
    from store.database import Connection

KIND = "feedback"
VERSION = "1"
"""The version of every feedback judge; it would change with the rule that makes a pass of what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One person's or program's word on one sample; `feedback_id` is the same whenever it is sent again.

    The sample is named by its id, by trace and span, or by the model's response id; `records` is what the span would be
    called among settled names. `source` is end_user, heuristic or
    annotator. `score` lies in [0, 1]. `passed` is None when what was said is neither good nor bad: no vote.
    """

    feedback_id: str
    received_at: datetime
    given_at: datetime
    judge: str
    source: str
    sample_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    records: tuple[int, ...] = ()
    user_id: str | None = None
    passed: bool | None = None
    score: float | None = None
    label: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A feedback that waits, and the sample it is about; `comment_kept` is False where no text may be stored."""

    feedback_id: str
    sample_id: str
    ts: datetime
    feature: str
    session_id: str | None
    sampling_class: str
    sampling_probability: float
    comment_kept: bool = True


def append(c: Connection, given: Sequence[Feedback]) -> list[bool]:
    """Store what is new; True for each that was."""
    ids = [one.feedback_id for one in given]
    known = {row["feedback_id"] for row in queries.rows(c, "known_feedback", ids=ids)}
    fresh = {one.feedback_id: one for one in given if one.feedback_id not in known}
    rows.insert(c, "insert_feedback", map(asdict, fresh.values()))
    return [fresh.pop(one, None) is not None for one in ids]


def oldest_waiting(c: Connection) -> datetime | None:
    """When the first of those was given that wait for their sample; None when none waits."""
    oldest: datetime | None = queries.rows(c, "oldest_waiting_feedback")[0]["given_at"]
    return oldest


def fresh(c: Connection, limit: int) -> list[str]:
    """Ids of those that wait and were never looked for."""
    return [row["feedback_id"] for row in queries.rows(c, "fresh_feedback", limit=limit)]


def matches(c: Connection, *, fresh_only: bool, since: datetime, from_ts: datetime, limit: int = 20_000) -> list[Match]:
    """Samples that arrived from `since` on (and happened from `from_ts` on) and that waiting feedback means."""
    parameters = {"fresh": fresh_only, "since": since, "from_ts": from_ts, "limit": limit}
    return [Match(**row) for row in queries.rows(c, "feedback_matches", **parameters)]


def attach(c: Connection, found: Sequence[Match], after: int) -> tuple[int, int]:
    """Make verdicts of the feedback that found its sample; (how many were written, the last number used).

    For Store.run_numbered. An older word never replaces a newer one, whichever is attached first.
    """
    samples = {(match.sample_id, match.ts): match for match in found}
    with rows.incoming(c, _columns(found, "feedback_id", "sample_id", "ts", "comment_kept")):
        queries.run(c, "attach_feedback")
        said = queries.rows(c, "newest_feedback")
    standing = _standing(c, found)
    given = [_verdict(row, samples[row["sample_id"], row["ts"]]) for row in said]
    changed = [one for one in given if _replaces(one, standing.get(_key(one)))]
    if changed:
        bounds = {"from_ts": min(one.ts for one in changed), "until_ts": max(one.ts for one in changed)}
        with rows.incoming(c, _columns(changed, "sample_id", "ts", "judge", "judge_version")):
            queries.run(c, "delete_feedback_verdicts", **bounds)
        append_verdicts(c, changed, after)
    return len(changed), after + len(changed)


def mark_looked_for(c: Connection, ids: Sequence[str], looked_at: datetime) -> None:
    """These were looked for everywhere; from now on only new samples come into question."""
    queries.run(c, "mark_looked_for", ids=list(ids), looked_at=looked_at)


def names(c: Connection) -> set[str]:
    """Every name under which there is feedback."""
    return {row["judge"] for row in queries.rows(c, "feedback_names")}


def negative(c: Connection, limit: int) -> set[str]:
    """What the samples are called that somebody found bad before they came: ids of samples, traces and responses."""
    return {row["name"] for row in queries.rows(c, "negative_feedback", limit=limit)}


def drop(c: Connection, *, waiting_since: datetime, received_before: datetime) -> int:
    """Delete what waited too long, and attached feedback that nobody will send again; how many of the first."""
    dropped = queries.run(c, "drop_feedback", until=waiting_since).fetchall()[0][0]
    queries.run(c, "forget_feedback", until=received_before)
    return int(dropped)


def _standing(c: Connection, found: Sequence[Match]) -> dict[tuple[str, datetime, str], Verdict]:
    ids, times = [match.sample_id for match in found], [match.ts for match in found]
    known = verdicts.of_samples(c, ids, from_ts=min(times), until_ts=max(times)) if found else []
    return {_key(one): one for one in known if one.kind == KIND}


def _key(one: Verdict) -> tuple[str, datetime, str]:
    return one.sample_id, one.ts, one.judge


def _replaces(new: Verdict, old: Verdict | None) -> bool:
    return old is None or (new.judged_at >= old.judged_at and new != old)


def _verdict(said: dict[str, Any], match: Match) -> Verdict:
    return Verdict(
        sample_id=match.sample_id,
        ts=match.ts,
        judged_at=said["given_at"],
        feature=match.feature,
        judge=said["judge"],
        judge_version=VERSION,
        kind=KIND,
        status=Status.OK,
        session_id=match.session_id,
        sampling_class=match.sampling_class,
        judge_probability=match.sampling_probability,
        passed=said["passed"],
        score=said["score"],
        label=said["label"],
        explanation=said["comment"],
    )


def _columns(records: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    return {name: [getattr(record, name) for record in records] for name in names}
