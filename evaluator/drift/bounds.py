"""What a pass rate could be, had the unscored been scored: the worst and the best case.

    worst x/(n+m), best (x+m)/(n+m): of n decided x passed, of m chosen ones nobody knows

Reference: C. F. Manski, American Economic Review 80 (1990): bounds that assume nothing about what is missing.
Deviation: none; votes may be fractions.
"""

from __future__ import annotations


def bounds(passes: float, n: float, unscored: float) -> tuple[float, float] | None:
    """The rate if all the unscored failed, and if all passed; None when there is nothing at all.

    >>> bounds(90, 100, 25)
    (0.72, 0.92)
    >>> bounds(90, 100, 0)
    (0.9, 0.9)
    >>> bounds(0, 0, 3)
    (0.0, 1.0)
    >>> bounds(0, 0, 0) is None
    True
    """
    if not (0.0 <= passes <= n * (1 + 1e-9) + 1e-9) or unscored < 0:
        raise ValueError(f"bounds need 0 <= passes <= n and unscored >= 0, not {passes}, {n} and {unscored}")
    whole = n + unscored
    if whole <= 0:
        return None
    return min(passes / whole, 1.0), min((passes + unscored) / whole, 1.0)
