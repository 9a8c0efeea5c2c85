"""All slices of order 0-2 of a table of votes: the counts that slices.rank needs.

Each dimension (model, language, a metadata key) becomes a column of codes; one bincount per dimension and per pair of
dimensions gives the votes and passes before and now of all its slices at once. A row without a value (None, NaN, "")
is in no slice of that dimension.

The fingerprint of a slice is the sum of a fixed 36-bit number per row, exact in a double up to 131,072 rows: slices
with equal fingerprints and counts hold the same rows.

Dimensions that make no slices are named with the reason: more than 30 values, a value of its own for each row, one
value only. A value that is new since the change has no baseline of its own: it is named under `new`, not ranked.

Reference: J. Gray et al., "Data cube", Data Mining and Knowledge Discovery 1 (1997) 29. Deviation: at most two keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluator.drift.counts import FloatArray
from evaluator.drift.slices import FEWEST_BEFORE, FEWEST_NOW, SliceCounts

MOST_VALUES = 30


@dataclass(frozen=True, slots=True)
class Cube:
    """Slices with enough votes on both sides, new values, and the dimensions that were left out, with the reason."""

    slices: tuple[SliceCounts, ...]
    new: tuple[SliceCounts, ...]
    left_out: Mapping[str, str]


def enumerate_slices(dimensions: Mapping[str, Sequence[object]], y: ArrayLike, is_current: ArrayLike) -> Cube:
    """Slices of votes y in [0, 1], one row per vote; `is_current` is true since the change.

    >>> dims = {"lang": ["de", "en"] * 40, "id": list(range(80)), "region": ["eu"] * 80}
    >>> found = enumerate_slices(dims, [1.0] * 80, [False] * 50 + [True] * 30)
    >>> [(one.keys, one.n0, one.n) for one in found.slices]
    [((), 50.0, 30.0), ((('lang', 'de'),), 25.0, 15.0), ((('lang', 'en'),), 25.0, 15.0)]
    >>> found.left_out
    {'id': 'a value of its own for each row', 'region': 'one value only'}
    """
    votes, current = np.asarray(y, dtype=np.float64), np.asarray(is_current, dtype=bool)
    if votes.ndim != 1 or votes.shape != current.shape:
        raise ValueError(f"y and is_current must be lists of one length, not {votes.shape} and {current.shape}")
    if not ((votes >= 0.0) & (votes <= 1.0)).all():
        raise ValueError("votes must lie in [0, 1]")
    read = {name: _column(name, values, len(votes)) for name, values in sorted(dimensions.items())}
    columns = [column for column in read.values() if isinstance(column, _Column)]
    rows = _Rows.of(votes, current)
    found = [rows.count([])]
    found += [rows.count([column]) for column in columns]
    found += [rows.count(pair) for pair in combinations(columns, 2)]
    return Cube(
        tuple(one for table in found for one in table.slices(table.enough)),
        tuple(one for table in found[1 : 1 + len(columns)] for one in table.slices(table.new)),
        {name: reason for name, reason in read.items() if isinstance(reason, str)},
    )


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    values: list[str]
    codes: NDArray[np.int64]  # len(values) where the row has no value


def _column(name: str, values: Sequence[object], rows: int) -> _Column | str:
    """The dimension as codes, or why it makes no slices."""
    given = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if len(given) != rows:
        raise ValueError(f"dimension {name!r} has {len(given)} values for {rows} votes")
    try:
        distinct = set(given)
    except TypeError as error:
        raise ValueError(f"dimension {name!r} must hold text, numbers, booleans or None: {error}") from error
    missing = {value for value in distinct if value is None or value == "" or value != value}
    labels = sorted({str(value) for value in distinct - missing})
    if len(labels) < 2:
        return "one value only" if labels else "no values"
    if len(labels) > MOST_VALUES:
        own = len(distinct - missing) == sum(value not in missing for value in given)
        return "a value of its own for each row" if own else f"{len(labels)} values, more than {MOST_VALUES}"
    place = {label: code for code, label in enumerate(labels)}
    code = {value: len(labels) if value in missing else place[str(value)] for value in distinct}
    return _Column(name, labels, np.fromiter((code[value] for value in given), np.int64, rows))


@dataclass(frozen=True, slots=True)
class _Rows:
    votes: FloatArray
    current: NDArray[np.int64]
    prints: FloatArray

    @classmethod
    def of(cls, votes: FloatArray, current: NDArray[np.bool_]) -> _Rows:
        return cls(votes, current.astype(np.int64), _prints(len(votes)))

    def count(self, columns: Sequence[_Column]) -> _Table:
        """Votes and passes of every slice of these dimensions, the last code of each being "no value"."""
        shape = [len(column.values) + 1 for column in columns]
        codes = self.current.copy()
        for column in columns:
            codes += 2 * column.codes * (shape[1] if len(shape) == 2 and column is columns[0] else 1)
        size = 2 * int(np.prod(shape, dtype=np.int64))
        weights = (np.ones_like(self.votes), self.votes, self.prints)
        n, x, prints = (np.bincount(codes, weight, size).astype(np.float64).reshape(-1, 2) for weight in weights)
        return _Table(columns, n, x, prints)


@dataclass(frozen=True, slots=True)
class _Table:
    columns: Sequence[_Column]
    n: FloatArray
    x: FloatArray
    prints: FloatArray

    @property
    def enough(self) -> NDArray[np.bool_]:
        return (self.n[:, 0] >= FEWEST_BEFORE) & (self.n[:, 1] >= FEWEST_NOW)

    @property
    def new(self) -> NDArray[np.bool_]:
        new: NDArray[np.bool_] = (self.n[:, 0] == 0) & (self.n[:, 1] >= FEWEST_NOW)
        return new

    def slices(self, chosen: NDArray[np.bool_]) -> list[SliceCounts]:
        """The chosen slices, without those of a missing value."""
        at = np.flatnonzero(chosen)
        keys: list[list[tuple[str, str] | None]] = []
        for code, column in zip(self._codes(at), self.columns, strict=True):
            pairs = [*((column.name, value) for value in column.values), None]
            keys.append([pairs[one] for one in code.tolist()])
        names = zip(*keys, strict=True) if keys else [()] * len(at)
        counts = zip(self.n[at].tolist(), self.x[at].tolist(), self.prints[at].sum(1).tolist(), strict=True)
        return [
            SliceCounts(tuple(filter(None, name)), n0, min(x0, n0), n, min(x, n), int(rows))
            for name, ((n0, n), (x0, x), rows) in zip(names, counts, strict=True)
            if None not in name
        ]

    def _codes(self, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Per dimension the codes of the slices at these places."""
        shape = [len(column.values) + 1 for column in self.columns]
        return np.unravel_index(at, shape) if shape else ()


def _prints(rows: int) -> FloatArray:
    """A fixed 36-bit number per row (the finaliser of SplitMix64)."""
    z = (np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(28)).astype(np.float64)
