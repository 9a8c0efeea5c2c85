"""Did the values as a whole move? A stratified e-value on mean ridits.

A value's ridit is the baseline's share below it and half of the share equal to it, so the baseline's mean is 1/2 and
ties need no special care. Per start, stratum s has N_s votes with the sum of ridits R_s, the reference (baseline and
the votes before the start) n_s and r_s:

    h_s = N_s n_s / (N_s + n_s),  D = sum h_s (R_s/N_s - r_s/n_s) / sum h_s,  V = sum h_s v_s / (sum h_s)²
    E = 2 sqrt(V/(V + t²)) exp(D² t² / (2 V (V + t²))) Phi(D t / sqrt(V (V + t²))),  t = .1

the likelihood ratio of a half-normal shift against none; for shifts to either side without the 2 and the Phi.
With one stratum V = (1/N + 1/n)/12. v_s = max(1/12, the variance of stratum s in the baseline).

Why no votes are too few: a ridit is the mean of a uniform number given the bin that it fell into, so by Jensen
mean exp(l (ridit - 1/2)) <= exp(l²/24) for every l, whatever the ties. The formula asks for no more than that, it is
no normal approximation; 1/12 must not be replaced by the smaller variance that ties or strata have.

Reference: I. D. J. Bross, "How to use ridit analysis", Biometrics 14 (1958); P. H. van Elteren, Bulletin of the
International Statistical Institute 37 (1960) for the weights h_s. Deviation: an e-value in place of a test; a stratum
that spreads more than the whole counts with its own variance, which is an approximation there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift.counts import ROUNDING, FloatArray, numbers

UNIFORM = 1.0 / 12.0
SHIFT = 0.1
Direction = Literal["down", "up", "both"]


@dataclass(frozen=True, slots=True)
class Ridit:
    """Sums of ridits: the baseline's r and of their squares rr per stratum (S,), the buckets' r (T, S); `bad` side.

    All ridits are taken in the pooled baseline (`ridits`). `baseline` is {"r", "rr"}, `buckets` is {"r"}.
    """

    baseline: Mapping[str, ArrayLike]
    buckets: Mapping[str, ArrayLike]
    bad: Direction = "up"


@dataclass(frozen=True, slots=True)
class RiditSums:
    """A checked Ridit: the baseline's sums r0 and spread v per stratum (S,), the buckets' sums r (T, S)."""

    r0: FloatArray
    spread: FloatArray
    r: FloatArray
    bad: Direction


def read_ridit(ridit: Ridit, n0: FloatArray, n: FloatArray) -> RiditSums:
    """Check the sums against the votes; ValueError says what is wrong.

    >>> read_ridit(Ridit({"r": [5], "rr": [3]}, {"r": [[2]]}), np.array([10.0]), np.array([[1.0]]))
    Traceback (most recent call last):
    ...
    ValueError: buckets: ridits exceed votes at (0, 0): 2.0 of 1.0
    """
    if ridit.bad not in ("down", "up", "both"):
        raise ValueError(f'the ridit\'s bad must be "down", "up" or "both", not {ridit.bad!r}')
    r0 = _sums("baseline", ridit.baseline, "r", n0)
    rr = _sums("baseline", ridit.baseline, "rr", n0)
    r = _sums("buckets", ridit.buckets, "r", n)
    return RiditSums(r0, spread(n0, r0, rr), r, ridit.bad)


def _sums(name: str, table: Mapping[str, ArrayLike], key: str, votes: FloatArray) -> FloatArray:
    if key not in table:
        raise ValueError(f'{name} of the ridit needs "{key}"; it has {", ".join(map(str, table)) or "nothing"}')
    sums = numbers(f"{name} {key}", table[key], votes.ndim)
    if sums.size == votes.size == 0:
        return np.zeros(votes.shape)
    if sums.shape != votes.shape:
        raise ValueError(f"{name}: n has the shape {votes.shape}, {key} of the ridit has {sums.shape}")
    if not (sums > votes).any():
        return sums
    over = sums > votes + ROUNDING * (1.0 + votes)
    if over.any():
        where = tuple(int(i) for i in np.argwhere(over)[0])
        raise ValueError(f"{name}: ridits exceed votes at {where}: {sums[where]} of {votes[where]}")
    return np.minimum(sums, votes)


def spread(n0: FloatArray, r0: FloatArray, rr: FloatArray) -> FloatArray:
    """v per stratum (..., S): the baseline's variance there, at least 1/12.

    >>> spread(np.array([4.0, 0.0]), np.array([2.0, 0.0]), np.array([2.0, 0.0])).round(4).tolist()
    [0.25, 0.0833]
    """
    votes = np.maximum(n0, 1.0)
    return np.maximum(rr / votes - (r0 / votes) ** 2, UNIFORM)


def log_ridit_e(
    now: tuple[FloatArray, FloatArray], reference: tuple[FloatArray, FloatArray], spread: FloatArray, bad: Direction
) -> FloatArray:
    """log E per start (..., K) from (votes, ridits) now and in the reference, each (..., K, S), and v (..., S).

    It is -inf where no stratum has votes on both sides.

    >>> at = lambda n, r: (np.array([[n]]), np.array([[r]]))
    >>> found = [log_ridit_e(at(n, 0.6 * n), at(1000.0, 500.0), np.array([1 / 12]), "up") for n in (10.0, 200.0, 0.0)]
    >>> [float(value[0].round(2)) for value in found]
    [0.39, 8.69, -inf]
    """
    from scipy.special import log_ndtr

    (n, r), (ref_n, ref_r) = now, reference
    both = np.maximum(n + ref_n, 1e-300)
    weights = n * ref_n / both
    whole = weights.sum(-1)
    safe = np.where(whole > 0, whole, 1.0)
    shift = ((r * ref_n - ref_r * n) / both).sum(-1) / safe
    v = np.where(whole > 0, (weights * spread[..., None, :]).sum(-1) / (safe * safe), UNIFORM)
    z = (shift if bad != "down" else -shift) * SHIFT / np.sqrt(v * (v + SHIFT * SHIFT))
    log_e = 0.5 * (np.log(v / (v + SHIFT * SHIFT)) + z * z)
    if bad != "both":
        log_e = log_e + np.log(2.0) + log_ndtr(z)
    return np.where(whole > 0, log_e, -np.inf)


def ridits(values: ArrayLike, levels: ArrayLike, votes: ArrayLike) -> FloatArray:
    """The ridit of each value in a binned baseline: `votes` (L,) at the increasing `levels` (L,).

    Values are binned like the baseline; between two levels, or beyond the last, it is the share below.

    >>> ridits([0, 1, 2, 2.5, 3, 9], [1, 2, 3], [2, 6, 2]).tolist()
    [0.0, 0.1, 0.5, 0.8, 0.9, 1.0]
    """
    edges, weight = np.asarray(levels, dtype=np.float64), np.asarray(votes, dtype=np.float64)
    if not weight.sum() > 0:
        raise ValueError("ridits need a baseline with votes")
    if edges.shape != weight.shape or (np.diff(edges) <= 0).any() or (weight < 0).any():
        raise ValueError("ridits need increasing levels and as many votes, none of them negative")
    below = np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum()
    sides = [np.searchsorted(edges, np.asarray(values, dtype=np.float64), side) for side in ("left", "right")]
    return cast("FloatArray", (below[sides[0]] + below[sides[1]]) / 2.0)
