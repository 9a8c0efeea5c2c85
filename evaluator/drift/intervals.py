"""How sure is a rate: Wilson's interval, also for weighted votes.

    Wilson     centre (p + z²/2n)/(1 + z²/n), half-width z sqrt(p(1-p)/n + z²/4n²)/(1 + z²/n)
    Hájek      p = sum w y / sum w, w = 1/probability
    n_eff      n / deff,  deff = max(V / (p(1-p)/n), Kish),  V = n/(n-1) sum w²(y-p)² / (sum w)²,
               Kish = n sum w² / (sum w)²

References: E. B. Wilson, JASA 22 (1927); J. Hájek in Godambe and Sprott (1971); L. Kish, Survey Sampling (1965).
Deviations: n may be a fraction. The design effect is floored at Kish's, so votes that are means of a session's turns
get no narrower interval than plain votes, and an all-pass window still has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Level:
    """A rate with its 95 % interval and the number of equal votes that would be as informative."""

    rate: float
    lo: float
    hi: float
    n_eff: float


def wilson(passes: float, n: float, z: float = 1.96) -> tuple[float, float] | None:
    """The interval of a rate, None without votes.

    >>> lo, hi = wilson(95, 100)
    >>> round(lo, 4), round(hi, 4)
    (0.8882, 0.9785)
    >>> wilson(0, 0) is None
    True
    """
    if not (0.0 <= passes <= n * (1 + 1e-9) + 1e-9) or not z > 0:
        raise ValueError(f"wilson needs 0 <= passes <= n and z > 0, not passes={passes}, n={n}, z={z}")
    if n <= 0:
        return None
    p = min(passes / n, 1.0)
    shrink = 1.0 + z * z / n
    centre = (p + z * z / (2.0 * n)) / shrink
    half = z * sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / shrink
    return min(max(0.0, centre - half), p), max(min(1.0, centre + half), p)


def level(votes: ArrayLike, probabilities: ArrayLike, z: float = 1.96) -> Level | None:
    """The rate of all traffic from votes in [0, 1], one per session, drawn with these probabilities; None without any.

    >>> level([1, 1, 1, 0], [1, 1, 1, 0.5]).rate
    0.6
    >>> round(level([1, 0] * 50, [0.1] * 100).n_eff)
    99
    """
    y = np.asarray(votes, dtype=np.float64)
    pi = np.asarray(probabilities, dtype=np.float64)
    if y.shape != pi.shape or y.ndim != 1:
        raise ValueError(f"votes and probabilities must be lists of one length, not {y.shape} and {pi.shape}")
    if not (np.all((y >= 0) & (y <= 1)) and np.all((pi > 0) & (pi <= 1))):
        raise ValueError("votes must lie in [0, 1] and probabilities in (0, 1]")
    if y.size == 0:
        return None
    weight = 1.0 / pi
    rate = float(min(weight @ y / weight.sum(), 1.0))
    n_eff = _effective_votes(y, weight, rate)
    bounds = wilson(rate * n_eff, n_eff, z)
    assert bounds is not None
    return Level(rate, *bounds, n_eff)


def _effective_votes(y: np.ndarray, weight: np.ndarray, rate: float) -> float:
    n = len(y)
    kish = float(n * (weight @ weight) / weight.sum() ** 2)
    if n == 1 or not 0.0 < rate < 1.0:
        return n / kish
    residual = weight * (y - rate)
    variance = n / (n - 1) * float(residual @ residual) / float(weight.sum()) ** 2
    return n / max(variance / (rate * (1.0 - rate) / n), kish)
