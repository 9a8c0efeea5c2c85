"""How sure is a rate: Wilson's interval; and how sure is the difference of two: Newcombe's; and of many at once.

    centre (p + z²/2n)/(1 + z²/n), half-width z sqrt(p(1-p)/n + z²/4n²)/(1 + z²/n)
    d = p - q, from d - hypot(p - l_p, u_q - q) to d + hypot(u_p - p, q - l_q) with Wilson's limits l, u

References: E. B. Wilson, JASA 22 (1927); R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10.
Deviation: n may be a fraction, because a session's vote may be.
"""

from __future__ import annotations

from math import hypot, sqrt
from statistics import NormalDist


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


def newcombe(first: tuple[float, float], second: tuple[float, float], z: float = 1.96) -> tuple[float, float] | None:
    """The interval of the first rate minus the second, each (passes, n) and independent; None when one has no votes.

    >>> lo, hi = newcombe((56, 70), (48, 80))
    >>> round(lo, 4), round(hi, 4)
    (0.0524, 0.3339)
    >>> newcombe((1, 1), (0, 0)) is None
    True
    """
    one, two = wilson(*first, z), wilson(*second, z)
    if one is None or two is None:
        return None
    p, q = min(first[0] / first[1], 1.0), min(second[0] / second[1], 1.0)
    return p - q - hypot(p - one[0], two[1] - q), p - q + hypot(one[1] - p, q - two[0])


def of_many(n: int) -> float:
    """How many standard deviations make n intervals hold all together with 95 %, however they depend (Bonferroni).

    >>> round(of_many(1), 2), round(of_many(1000), 2)
    (1.96, 4.06)
    """
    return NormalDist().inv_cdf(1.0 - 0.025 / max(n, 1))
