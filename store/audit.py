"""The audit log: who did what to what. Rows are added and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from store import queries, rows
from store.records import Json
from store.text import dump, parse

if TYPE_CHECKING:
    from store.database import Connection

LEADLINE = "leadline"
"""The actor of what happens by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One action. `via` is api, command, ui or leadline; `key` begins the hash of the API key that was used.

    `subject` is the kind of thing (incident, silence, delivery, baseline, marker, channel), `subject_id` which one.
    """

    ts: datetime
    action: str
    subject: str
    subject_id: str
    actor: str = LEADLINE
    via: str = LEADLINE
    key: str | None = None
    detail: Json = field(default_factory=dict)


def append(c: Connection, entries: Sequence[Entry]) -> None:
    """Add these, in order. For Store.run."""
    first = queries.rows(c, "next_audit_seq")[0]["seq"]
    numbered = [asdict(one) | {"seq": first + n, "detail": dump(one.detail)} for n, one in enumerate(entries)]
    rows.insert(c, "insert_audit", numbered)


def find(c: Connection, subject: str | None = None, subject_id: str | None = None, limit: int = 1000) -> list[Entry]:
    """The newest entries, of one kind of subject and of one of them where given."""
    found = queries.rows(c, "find_audit", subject=subject, subject_id=subject_id, limit=limit)
    return [Entry(**{**row, "detail": parse(row["detail"])}) for row in found]


def last(c: Connection, action: str, subject: str, ids: Sequence[str]) -> dict[str, Entry]:
    """The newest entry of this action for each of these subjects, by id."""
    found = queries.rows(c, "last_done", action=action, subject=subject, ids=list(ids))
    return {row["subject_id"]: Entry(**{**row, "detail": parse(row["detail"])}) for row in found}
