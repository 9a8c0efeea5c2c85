"""Silences and maintenance windows: of what, from when to when, by whom and why nobody is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store import queries, rows

if TYPE_CHECKING:
    from store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What `matchers` (label to glob, all must match) match is told to nobody from `starts_at` to `ends_at`.

    `kind` is silence or maintenance. `every` (day, week) repeats the window; `ended_at` ended it early.
    """

    silence_id: str
    kind: str
    matchers: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_at: datetime
    created_by: str
    every: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None


def find(c: Connection) -> list[Silence]:
    """Every silence that there was, the newest first."""
    return [_silence(row) for row in queries.rows(c, "find_silences")]


def get(c: Connection, silence_id: str) -> Silence | None:
    """The silence with this id."""
    return next((one for one in find(c) if one.silence_id == silence_id), None)


def save(c: Connection, changed: Sequence[Silence]) -> None:
    """Insert these, each in place of the one with its id."""
    queries.run(c, "delete_silences", ids=[one.silence_id for one in changed])
    rows.insert(c, "insert_silences", (asdict(one) | {"matchers": _dumped(one.matchers)} for one in changed))


def _dumped(matchers: Mapping[str, str]) -> str:
    return json.dumps(dict(sorted(matchers.items())), ensure_ascii=False)


def _silence(row: dict[str, Any]) -> Silence:
    return Silence(**{**row, "matchers": dict(json.loads(row["matchers"]))})
