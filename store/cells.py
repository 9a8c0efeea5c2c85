"""The rollup as columns of numbers: what a look at hundreds of series reads, without a Python object per row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.records import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from store.database import Connection

Stratum = tuple[str, int, str]
"""Segment, hour block, sampling class."""
Columns = dict[str, Any]
BASELINE, CLEAN, FIRST = -2, -1, 0
"""Positions of the baseline's votes, of the clean ones, both summed over time, and of the first quarter hour."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a look reads of a series, every end exclusive: its baseline, the clean votes of [restart_at, start_at), and
    the quarter hours of [start_at, until)."""

    series: Series
    baseline_at: datetime
    baseline_end_at: datetime
    restart_at: datetime
    start_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Levels:
    """The distinct values or labels (L,) of a stretch, increasing, with the baseline's votes and the rows of each.

    A label has the value NaN, a value the label ''.
    """

    value: NDArray[Any]
    label: NDArray[Any]
    votes: NDArray[Any]
    rows: NDArray[Any]


class Coding(NamedTuple):
    """How each level (L,) is counted: by a pattern, a small number, and by its ridit."""

    pattern: NDArray[Any]
    ridit: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of counts of one stretch, one array each, equally long: quarter hours since its start, or BASELINE or CLEAN,
    stratum (a hash), the votes, those of them that count for the pattern (of rates: that passed), pattern and ridit."""

    position: NDArray[Any]
    stratum: NDArray[Any]
    votes: NDArray[Any]
    passes: NDArray[Any]
    pattern: NDArray[Any]
    ridit: NDArray[Any]


def rows_of_rates(c: Connection, stretches: Sequence[Stretch]) -> list[int]:
    """How many rows each of these stretches of rates will have."""
    with rows.incoming_once(c, _columns(stretches)):
        found = queries.run(c, "rows_of_votes", first=_first(stretches)).fetchall()
    counted = dict(found)
    return [counted.get(place, 0) for place in range(len(stretches))]


def of_rates(c: Connection, stretches: Sequence[Stretch]) -> Iterator[Cells]:
    """The cells of each of these stretches of rates, in order."""

    def read(name: str, **bound: datetime) -> Columns:
        with rows.incoming_once(c, _columns(stretches)):
            return queries.run(c, name, **bound).fetchnumpy()

    return _of_each(
        stretches, read("sums_of_votes", last=_last(stretches)), read("cells_of_votes", first=_first(stretches))
    )


def levels(c: Connection, stretches: Sequence[Stretch]) -> list[Levels]:
    """The levels of each of these stretches of other metrics."""
    with rows.incoming_once(c, _columns(stretches)):
        found = queries.run(c, "levels_of_values").fetchnumpy()
    place, *columns = found.values()
    edges = place.searchsorted(range(len(stretches) + 1))
    return [Levels(*(column[first:last] for column in columns)) for first, last in pairwise(edges)]


def of_values(c: Connection, coded: Sequence[tuple[Stretch, Levels, Coding]]) -> Iterator[Cells]:
    """The cells of each of these stretches of other metrics, in order, by the coding of its levels."""
    stretches = [one for one, _, _ in coded]
    level = {
        "place": [place for place, (_, one, _) in enumerate(coded) for _ in one.votes],
        "value": [value for _, one, _ in coded for value in one.value.tolist()],
        "label": [label for _, one, _ in coded for label in one.label.tolist()],
        "pattern": [pattern for *_, coding in coded for pattern in coding.pattern.tolist()],
        "ridit": [ridit for *_, coding in coded for ridit in coding.ridit.tolist()],
    }

    def read(name: str, **bound: datetime) -> Columns:
        with rows.incoming_once(c, _columns(stretches)), rows.incoming_once(c, level, "level"):
            found: Columns = queries.run(c, name, **bound).fetchnumpy()
            return found | {"passes": found["votes"]}

    return _of_each(
        stretches, read("sums_of_values", last=_last(stretches)), read("cells_of_values", first=_first(stretches))
    )


def _of_each(stretches: Sequence[Stretch], *parts: Columns) -> Iterator[Cells]:
    """The rows of each stretch, by its place; only they are copied."""
    import numpy as np

    order = [part["place"].argsort(kind="stable") for part in parts]
    edges = [part["place"][by].searchsorted(range(len(stretches) + 1)) for part, by in zip(parts, order, strict=True)]
    for place in range(len(stretches)):
        mine = [by[edge[place] : edge[place + 1]] for by, edge in zip(order, edges, strict=True)]
        yield Cells(
            *(
                np.concatenate([part[column.name][at] for part, at in zip(parts, mine, strict=True)])
                for column in fields(Cells)
            )
        )


def _first(stretches: Sequence[Stretch]) -> datetime:
    return min(one.start_at for one in stretches)


def _last(stretches: Sequence[Stretch]) -> datetime:
    return max(one.start_at for one in stretches)


def strata(c: Connection) -> tuple[NDArray[Any], tuple[Stratum, ...]]:
    """The hashes of all strata, increasing, and what they stand for."""
    found = queries.run(c, "stratum_hashes").fetchnumpy()
    hashes, *columns = found.values()
    return hashes, tuple(zip(*(column.tolist() for column in columns), strict=True))


def _columns(stretches: Sequence[Stretch]) -> dict[str, list[Any]]:
    """The stretches as a table, each with its place."""
    series = {one.name: [getattr(stretch.series, one.name) for stretch in stretches] for one in fields(Series)}
    times = [one.name for one in fields(Stretch) if one.name != "series"]
    return {
        "place": list(range(len(stretches))),
        **series,
        **{name: [getattr(stretch, name) for stretch in stretches] for name in times},
    }
