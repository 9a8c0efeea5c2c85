"""Forward-only migrations: store/sql/migrations/NNNN_*.sql by name, each once, each in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from store import queries
from store.errors import NotALeadlineDatabase
from store.records import Clock

if TYPE_CHECKING:
    from store.database import Connection

LEDGER = "schema_migration"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, named like its file."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All steps of this version, oldest first."""
    folder = files("store").joinpath("sql", "migrations")
    found = (Migration(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in folder.iterdir())
    return sorted(found, key=lambda migration: migration.name)


def check(c: Connection) -> None:
    """Raise NotALeadlineDatabase unless the attached database is empty or was made by this version or an older one."""
    tables = [name for (name,) in queries.run(c, "table_names").fetchall()]
    if not tables:
        return
    if LEDGER not in tables:
        raise NotALeadlineDatabase("it is a DuckDB database that something else made")
    known = [migration.name for migration in migrations()]
    applied = [name for (name,) in queries.run(c, "applied_migrations").fetchall()]
    if applied != known[: len(applied)]:
        newer = ", ".join(name for name in applied if name not in known)
        raise NotALeadlineDatabase(f"it was written by another version of Leadline (migration {newer}); upgrade first")


def migrate(c: Connection, clock: Clock, steps: Sequence[Migration] | None = None) -> list[str]:
    """Apply the steps that the database does not have yet; returns their names."""
    queries.run(c, "create_ledger")
    applied = {name for (name,) in queries.run(c, "applied_migrations").fetchall()}
    missing = [step for step in (migrations() if steps is None else steps) if step.name not in applied]
    for step in missing:
        with ExitStack() as unfinished:
            c.begin()
            unfinished.callback(c.rollback)
            c.execute(step.text)
            queries.run(c, "record_migration", name=step.name, applied_at=clock(), sha256=step.sha256)
            unfinished.pop_all()
            c.commit()
    return [step.name for step in missing]
