"""The rollup as columns of numbers: what a look at hundreds of series reads, without a Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from store import queries, rows
from store.rollup import Window, columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from store.database import Connection

Stratum = tuple[str, int, str]
"""Segment, hour block, sampling class."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of counts, one array each, equally long: the window's place, quarter hours since 1970 (0 in sums), stratum.

    Of rates `passes` is told; of other metrics each row is of one `value` (NaN: of a label), or of one `label` (a hash;
    0: of a number).
    """

    place: NDArray[Any]
    bucket: NDArray[Any]
    stratum: NDArray[Any]
    votes: NDArray[Any]
    passes: NDArray[Any]
    value: NDArray[Any]
    label: NDArray[Any]

    def split(self, windows: int) -> list[Cells]:
        """The rows of each window, by its place."""
        order = self.place.argsort(kind="stable")
        columns = [getattr(self, field.name)[order] for field in fields(self)]
        edges = columns[0].searchsorted(range(windows + 1))
        return [Cells(*(column[first:last] for column in columns)) for first, last in pairwise(edges)]


class Read(Protocol):
    """Reads the cells of windows; `summed`: over time."""

    def __call__(self, c: Connection, windows: Sequence[Window], /, *, summed: bool = False) -> Cells: ...


def of_rates(c: Connection, windows: Sequence[Window], *, summed: bool = False) -> Cells:
    """The cells of windows of rates; `summed`: over time."""
    return _read(c, "sums_of_votes" if summed else "cells_of_votes", windows)


def of_values(c: Connection, windows: Sequence[Window], *, summed: bool = False) -> Cells:
    """The cells of windows of other metrics; `summed`: over time."""
    return _read(c, "sums_of_values" if summed else "cells_of_values", windows)


def strata(c: Connection) -> dict[int, Stratum]:
    """Every stratum by its hash."""
    found = queries.rows(c, "stratum_hashes")
    return {row["stratum"]: (row["segment"], row["hour_block"], row["sampling_class"]) for row in found}


def labels(c: Connection) -> dict[int, str]:
    """Every label by its hash."""
    return {row["hash"]: row["label"] for row in queries.rows(c, "label_hashes")}


def _read(c: Connection, name: str, windows: Sequence[Window]) -> Cells:
    if not any(window.start_at < window.end_at for window in windows):
        return _nothing()
    with rows.incoming_once(c, columns(windows)):
        return Cells(**queries.run(c, name).fetchnumpy())


def _nothing() -> Cells:
    import numpy as np

    whole, number = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float64)
    return Cells(whole, whole, whole.astype(np.uint64), number, number, number, whole.astype(np.uint64))
