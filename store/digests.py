"""Reports that were sent by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from store import queries

if TYPE_CHECKING:
    from store.database import Connection


def last_until(c: Connection) -> datetime | None:
    """The end of the time that the last report told of; None when there was none."""
    found: datetime | None = queries.rows(c, "last_digest")[0]["until"]
    return found
