"""The state of the judges' work as one value: equal while no sample, text, verdict, batch or rate comes or goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import queries

if TYPE_CHECKING:
    from store.database import Connection

Contents = tuple[object, ...]


def contents(c: Connection) -> Contents:
    """Numbers and counts of these rows; of monitors, alerts, markers and labels it knows nothing.

    Nor does it change when a row stays and changes, as a text that is deleted does: who keeps answers keeps them for a
    minute at most.
    """
    return tuple(row["n"] for row in queries.rows(c, "contents"))
