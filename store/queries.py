"""Named SQL from store/sql/*.sql: `-- name: the question it answers`, then one statement with $named parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from store.text import clean

if TYPE_CHECKING:
    from store.database import Connection

_HEADER = re.compile(r"^-- (\w+): \S.*\n", re.MULTILINE)


@cache
def statements() -> Mapping[str, str]:
    """Every named statement. A name that is used twice is an error."""
    found: dict[str, str] = {}
    for file in sorted(files("store").joinpath("sql").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            _, *parts = _HEADER.split(file.read_text("utf-8"))
            for name, statement in zip(parts[::2], parts[1::2], strict=True):
                if name in found:
                    raise ValueError(f"{file.name}: a second query is named {name}")
                found[name] = statement.strip().rstrip(";")
    return found


def run(c: Connection, name: str, /, **parameters: object) -> Connection:
    """Execute the query `name`; every parameter is bound, times as UTC."""
    return c.execute(statements()[name], {key: _bound(value) for key, value in parameters.items()})


def rows(c: Connection, name: str, /, **parameters: object) -> list[dict[str, Any]]:
    """The answer of the query `name`, one dict per row; times are aware UTC."""
    answer = run(c, name, **parameters)
    columns = {column[0]: column[1].id for column in answer.description or ()}
    found = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    # By column: to ask each value what it is takes half as long as the database.
    for column in (name for name, kind in columns.items() if kind.startswith("timestamp")):
        for row in found:
            row[column] = aware(row[column])
    return found


def aware(value: Any) -> Any:
    """A time of the database, which is naive and UTC, as an aware one; anything else as it is."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _bound(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, str):
        return clean(str(value))
    if isinstance(value, (list, tuple)):
        return [_bound(part) for part in value]
    return value
