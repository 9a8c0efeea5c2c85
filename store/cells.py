"""The rollup as columns of numbers: what a look at hundreds of series reads, without a Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
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
BASELINE, CLEAN = -2, -1
"""Positions of the baseline's votes and of the clean ones, which are summed over time."""


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
    """Rows of counts, one array each, equally long: the stretch's place, quarter hours since its start (or BASELINE or
    CLEAN), stratum (a hash), the votes, those of them that count for the pattern (of rates: that passed), the pattern,
    and the ridit.
    """

    place: NDArray[Any]
    position: NDArray[Any]
    stratum: NDArray[Any]
    votes: NDArray[Any]
    passes: NDArray[Any]
    pattern: NDArray[Any]
    ridit: NDArray[Any]

    def split(self, stretches: int) -> list[Cells]:
        """The rows of each stretch, by its place."""
        order = self.place.argsort(kind="stable")
        columns = [getattr(self, field.name)[order] for field in fields(self)]
        edges = columns[0].searchsorted(range(stretches + 1))
        return [Cells(*(column[first:last] for column in columns)) for first, last in pairwise(edges)]


def of_rates(c: Connection, stretches: Sequence[Stretch]) -> Cells:
    """The cells of rates."""

    def read(name: str, **bound: datetime) -> Columns:
        with rows.incoming_once(c, _columns(stretches)):
            return queries.run(c, name, **bound).fetchnumpy()

    return _joined(read("sums_of_votes", last=_last(stretches)), read("cells_of_votes", first=_first(stretches)))


def levels(c: Connection, stretches: Sequence[Stretch]) -> list[Levels]:
    """The levels of each of these stretches of other metrics."""
    with rows.incoming_once(c, _columns(stretches)):
        found = queries.run(c, "levels_of_values").fetchnumpy()
    place, *columns = found.values()
    edges = place.searchsorted(range(len(stretches) + 1))
    return [Levels(*(column[first:last] for column in columns)) for first, last in pairwise(edges)]


def of_values(c: Connection, coded: Sequence[tuple[Stretch, Levels, Coding]]) -> Cells:
    """The cells of other metrics, by the coding of each one's levels."""
    level = {
        "place": [place for place, (_, one, _) in enumerate(coded) for _ in one.votes],
        "value": [value for _, one, _ in coded for value in one.value.tolist()],
        "label": [label for _, one, _ in coded for label in one.label.tolist()],
        "pattern": [pattern for *_, coding in coded for pattern in coding.pattern.tolist()],
        "ridit": [ridit for *_, coding in coded for ridit in coding.ridit.tolist()],
    }
    stretches = [one for one, _, _ in coded]

    def read(name: str, **bound: datetime) -> Columns:
        with rows.incoming_once(c, _columns(stretches)), rows.incoming_once(c, level, "level"):
            return queries.run(c, name, **bound).fetchnumpy()

    return _joined(read("sums_of_values", last=_last(stretches)), read("cells_of_values", first=_first(stretches)))


def _joined(*parts: Columns) -> Cells:
    import numpy as np

    return Cells(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


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
