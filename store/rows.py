"""Records into the database: all rows of a statement as one table, because binding values one by one is far slower."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from store import queries
from store.columns import stream

if TYPE_CHECKING:
    from store.database import Connection


@contextmanager
def incoming(c: Connection, data: Mapping[str, Sequence[Any]]) -> Iterator[None]:
    """Within this context, queries see the columns `data` as the table `incoming`."""
    c.register("arriving", stream(data))
    queries.run(c, "make_incoming")
    c.unregister("arriving")
    yield
    # After an error the transaction is rolled back, and the table with it.
    queries.run(c, "drop_incoming")


@contextmanager
def incoming_once(c: Connection, data: Mapping[str, Sequence[Any]], name: str = "incoming") -> Iterator[None]:
    """As `incoming`, for one query that names it once: that takes half the time."""
    c.register(name, stream(data))
    try:
        yield
    finally:
        c.unregister(name)


def insert(c: Connection, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Run the insert `name` with these rows, all with the same keys; nothing when there are none."""
    if found := list(rows):
        with incoming_once(c, {key: [row[key] for row in found] for key in found[0]}):
            queries.run(c, name)
