"""The detector's input, checked: votes and passes of a baseline and of buckets, per stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Bad = Literal["down", "up"]
ROUNDING = 1e-9  # sums of fractional votes may miss each other by this much


@dataclass(frozen=True, slots=True)
class Counts:
    """Votes n and passes x: the baseline's per stratum (S,), the buckets' (T, S), oldest first.

    In a battery of J indicators x has their axis in front: (J, S) and (J, T, S).
    """

    n0: FloatArray
    x0: FloatArray
    n: FloatArray
    x: FloatArray


def read(baseline: Mapping[str, ArrayLike], buckets: Mapping[str, ArrayLike], bad: str = "down") -> Counts:
    """Check both tables and turn them so that a pass is the good outcome; ValueError says what is wrong.

    >>> read({"n": [10]}, {"n": [[1]], "x": [[1]]})
    Traceback (most recent call last):
    ...
    ValueError: baseline needs "n" and "x"; it has n
    >>> read({"n": [10], "x": [9]}, {"n": [[1]], "x": [[2]]})
    Traceback (most recent call last):
    ...
    ValueError: buckets: passes exceed votes at (0, 0): 2.0 of 1.0
    """
    _known(bad)
    n0, x0 = _table("baseline", baseline, 1, ())
    n, x = _table("buckets", buckets, 2, ())
    if n.size == 0 and n.shape[0] == 0:
        n = x = np.zeros((0, n0.shape[0]))
    _same_strata(n0, n)
    return Counts(n0, x0, n, x) if bad == "down" else Counts(n0, n0 - x0, n, n - x)


def read_battery(baseline: Mapping[str, ArrayLike], buckets: Mapping[str, ArrayLike], bad: Sequence[str]) -> Counts:
    """Check J indicators that share the votes: x is (J, S) in the baseline and (J, T, S) in the buckets, not turned.

    >>> read_battery({"n": [10], "x": [[9], [2]]}, {"n": [[4]], "x": [[[3]], [[1]]]}, ["down", "up"]).x.tolist()
    [[[3.0]], [[1.0]]]
    >>> read_battery({"n": [10], "x": [[9]]}, {"n": [[4]], "x": [[[3]], [[1]]]}, ["down"])
    Traceback (most recent call last):
    ...
    ValueError: buckets: n has the shape (1, 1), so x of 1 indicator(s) needs (1, 1, 1) and has (2, 1, 1)
    """
    if not bad:
        raise ValueError("a battery needs at least one indicator: bad is empty")
    for direction in bad:
        _known(direction)
    n0, x0 = _table("baseline", baseline, 1, (len(bad),))
    n, x = _table("buckets", buckets, 2, (len(bad),))
    if n.size == 0 and n.shape[0] == 0:
        n, x = np.zeros((0, n0.shape[0])), np.zeros((len(bad), 0, n0.shape[0]))
    _same_strata(n0, n)
    return Counts(n0, x0, n, x)


def _known(bad: str) -> None:
    if bad not in ("down", "up"):
        raise ValueError(f'bad must be "down" or "up", not {bad!r}')


def _same_strata(n0: FloatArray, n: FloatArray) -> None:
    if n.shape[1] != n0.shape[0]:
        raise ValueError(f"buckets have {n.shape[1]} strata, the baseline has {n0.shape[0]}")


def _table(name: str, table: Mapping[str, Any], ndim: int, lead: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    if "n" not in table or "x" not in table:
        raise ValueError(f'{name} needs "n" and "x"; it has {", ".join(map(str, table)) or "nothing"}')
    n = numbers(f"{name} n", table["n"], ndim)
    x = numbers(f"{name} x", table["x"], ndim + len(lead))
    if x.size == 0 and n.size == 0:
        x = np.zeros((*lead, *n.shape))
    if (*lead, *n.shape) != x.shape:
        wanted = f"so x of {lead[0]} indicator(s) needs {(*lead, *n.shape)} and has" if lead else "x has"
        raise ValueError(f"{name}: n has the shape {n.shape}, {wanted} {x.shape}")
    if not (x > n).any():
        return n, x
    over = x > n + ROUNDING * (1.0 + n)
    if over.any():
        where = tuple(int(i) for i in np.argwhere(over)[0])
        votes = n[where[len(lead) :]]
        raise ValueError(f"{name}: passes exceed votes at {where}: {x[where]} of {votes}")
    return n, np.minimum(x, n)


def numbers(name: str, values: ArrayLike, ndim: int) -> FloatArray:
    """The values as an array of that many dimensions, finite and not negative; ValueError says what is wrong.

    >>> numbers("n", [[1, 2]], 1)
    Traceback (most recent call last):
    ...
    ValueError: n must have 1 dimension(s), not 2
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is not a table of numbers: {error}") from error
    if array.ndim != ndim and not (array.ndim == 1 and array.size == 0):
        raise ValueError(f"{name} must have {ndim} dimension(s), not {array.ndim}")
    lowest, highest = array.min(initial=0.0), array.max(initial=0.0)  # both are NaN where any number is
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError(f"{name} contains NaN or an infinity")
    if lowest < 0:
        raise ValueError(f"{name} contains a negative number")
    return array
