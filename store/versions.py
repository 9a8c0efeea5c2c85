"""Versions in time: of a feature's traffic (release, prompt version, model), and of the judges that vote on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows

if TYPE_CHECKING:
    from store.database import Connection

NEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A release, prompt version or model (`kind`) in the traffic of a feature."""

    feature: str
    kind: str
    name: str


class ValueSpan(NamedTuple):
    """The first and last sample with a value, and the first newer value that came after it."""

    first_at: datetime
    last_at: datetime
    next_at: datetime | None
    next_name: str | None


class VersionSpan(NamedTuple):
    """When a judge version began to vote on a feature, and when its last quarter hour ended."""

    feature: str
    judge: str
    judge_version: str
    first_at: datetime
    last_at: datetime


class Asked(NamedTuple):
    """What a judge version is, and the model that it asked most often; None when it asks none."""

    judge: str
    judge_version: str
    kind: str
    model: str | None


def value_span(c: Connection, value: Value) -> ValueSpan | None:
    """When the value was in the traffic; None when it never was."""
    found = queries.rows(c, "value_span", feature=value.feature, kind=value.kind, name=value.name)[0]
    return None if found["first_at"] is None else ValueSpan(**found)


def share(c: Connection, value: Value, start_at: datetime, end_at: datetime) -> float | None:
    """The share of the feature's samples of [start_at, end_at) that have the value; None without samples."""
    named = {"feature": value.feature, "kind": value.kind, "name": value.name}
    found = queries.rows(c, "value_share", **named, start_at=start_at, end_at=end_at)[0]
    return found["own"] / found["n"] if found["n"] else None


def newest(c: Connection, feature: str, kind: str) -> list[str]:
    """The values that the feature had last, newest first."""
    return [row["name"] for row in queries.rows(c, "newest_values", feature=feature, kind=kind, limit=NEWEST)]


def judged(c: Connection, of: Iterable[tuple[str, str]], until: datetime) -> list[VersionSpan]:
    """The versions of these judges on these features (feature, judge) with a vote before `until`, oldest first."""
    pairs = sorted(set(of))
    if not pairs:
        return []
    with rows.incoming_once(c, {"feature": [one for one, _ in pairs], "judge": [one for _, one in pairs]}):
        return [VersionSpan(**row) for row in queries.rows(c, "version_spans", until=until)]


def models(c: Connection, judges: Sequence[str], from_ts: datetime) -> dict[tuple[str, str], Asked]:
    """What these judges' versions asked since then, by judge and version."""
    found = [Asked(**row) for row in queries.rows(c, "version_models", judges=list(judges), from_ts=from_ts)]
    return {(one.judge, one.judge_version): one for one in found}
