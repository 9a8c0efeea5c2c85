"""Records into the database: one Arrow table per insert, because binding values one by one is far slower."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store import queries
from store.text import clean

if TYPE_CHECKING:
    from store.database import Connection


@contextmanager
def incoming(c: Connection, data: Mapping[str, Sequence[Any]]) -> Iterator[None]:
    """Within this context, queries see the columns `data` as the table `incoming`."""
    import pyarrow as pa

    c.register("incoming", pa.table({key: _array(values) for key, values in data.items()}))
    try:
        yield
    finally:
        c.unregister("incoming")


def insert(c: Connection, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Run the insert `name` with these rows, all with the same keys; nothing when there are none."""
    if found := list(rows):
        with incoming(c, {key: [row[key] for row in found] for key in found[0]}):
            queries.run(c, name)


def _array(values: Sequence[Any]) -> Any:
    """The values as Arrow: times as naive UTC microseconds, mappings as MAP, texts without lone surrogates."""
    import pyarrow as pa

    kind = next((value for value in values if value is not None), None)
    if isinstance(kind, datetime):
        return pa.array(values, pa.timestamp("us"))
    if isinstance(kind, Mapping):
        return pa.array([_items(value) for value in values], pa.map_(pa.string(), pa.string()))
    if isinstance(kind, str):
        return _texts(values)
    return pa.array(values)


def _texts(values: Sequence[str | None]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([None if value is None else clean(value) for value in values], pa.large_string())


def _items(value: Mapping[str, str]) -> list[tuple[str, str]]:
    return list({clean(key): clean(text) for key, text in value.items()}.items())
