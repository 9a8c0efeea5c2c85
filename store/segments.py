"""Which metadata keys cut a feature into segments: those that were chosen, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store import queries, rows

if TYPE_CHECKING:
    from store.database import Connection


class KeyValue(NamedTuple):
    """How many samples of a window have this value of a metadata key, and how many of them lie in its first half.

    The key "" stands for all samples.
    """

    key: str
    value: str
    n: int
    early: int


def chosen(c: Connection) -> dict[str, tuple[str, ...]]:
    """The keys that were chosen, by feature; () where none was fit."""
    found = queries.rows(c, "chosen_segments")
    return {row["feature"]: tuple(key for key in row["keys"].split("\n") if key) for row in found}


def in_use(c: Connection) -> dict[str, tuple[str, ...]]:
    """The keys that features are cut by now, set or chosen."""
    return {row["feature"]: tuple(row["keys"].split("\n")) for row in queries.rows(c, "rollup_segments")}


def choose(c: Connection, found: Mapping[str, tuple[str, ...]], chosen_at: datetime) -> None:
    """Write down the keys of these features, once and for all. For Store.run."""
    told = ({"feature": name, "keys": "\n".join(keys), "chosen_at": chosen_at} for name, keys in found.items())
    rows.insert(c, "insert_chosen_segments", told)


def values(c: Connection, feature: str, start_at: datetime, end_at: datetime) -> list[KeyValue]:
    """What there is to choose from: keys with at most 20 values in [start_at, end_at), and the total."""
    middle = start_at + (end_at - start_at) / 2
    bounds = {"start_at": start_at, "middle_at": middle, "end_at": end_at}
    return [KeyValue(**row) for row in queries.rows(c, "metadata_values", feature=feature, **bounds)]
