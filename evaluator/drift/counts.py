"""The detector's input, checked: votes and passes of a baseline and of buckets, per stratum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Bad = Literal["down", "up"]
ROUNDING = 1e-9  # sums of fractional votes may miss each other by this much


@dataclass(frozen=True, slots=True)
class Counts:
    """Votes n and passes x: the baseline's per stratum (S,), the buckets' (T, S), oldest first."""

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
    if bad not in ("down", "up"):
        raise ValueError(f'bad must be "down" or "up", not {bad!r}')
    n0, x0 = _table("baseline", baseline, 1)
    n, x = _table("buckets", buckets, 2)
    if n.size == 0 and n.shape[0] == 0:
        n = x = np.zeros((0, n0.shape[0]))
    if n.shape[1] != n0.shape[0]:
        raise ValueError(f"buckets have {n.shape[1]} strata, the baseline has {n0.shape[0]}")
    return Counts(n0, x0, n, x) if bad == "down" else Counts(n0, n0 - x0, n, n - x)


def _table(name: str, table: Mapping[str, Any], ndim: int) -> tuple[FloatArray, FloatArray]:
    if "n" not in table or "x" not in table:
        raise ValueError(f'{name} needs "n" and "x"; it has {", ".join(map(str, table)) or "nothing"}')
    n = _numbers(f"{name} n", table["n"], ndim)
    x = _numbers(f"{name} x", table["x"], ndim)
    if n.shape != x.shape:
        raise ValueError(f"{name}: n has the shape {n.shape}, x has {x.shape}")
    over = x > n + ROUNDING * (1.0 + n)
    if over.any():
        where = tuple(int(i) for i in np.argwhere(over)[0])
        raise ValueError(f"{name}: passes exceed votes at {where}: {x[where]} of {n[where]}")
    return n, np.minimum(x, n)


def _numbers(name: str, values: ArrayLike, ndim: int) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is not a table of numbers: {error}") from error
    if array.ndim != ndim and not (array.ndim == 1 and array.size == 0):
        raise ValueError(f"{name} must have {ndim} dimension(s), not {array.ndim}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or an infinity")
    if (array < 0).any():
        raise ValueError(f"{name} contains a negative number")
    return array
