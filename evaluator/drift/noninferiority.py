"""Is the second no worse than the first, but for a margin m that is tolerated?

    d = p1 - p0, an interval of 95 %:
    not worse   its lower end lies above -m     one-sided test of d <= -m at 2.5 %: p_worse
    worse       its upper end lies below -m     one-sided test of d >= -m at 2.5 %: p_fine
    open        neither: too few votes to say

A fall that is certain but may lie within the margin is no "worse": the margin is what was said to be tolerated. Where
the interval says "worse", the exact test of no change must say so too: with nothing changed, that is 2.5 % at any n.

Votes needed: the n at which, on average, the test comes out with power 80 %. With the test's own standard error s0 at
the margin and the true one s1, of one vote: (d + m) sqrt(n) = z_α s0 + z_β s1.

References: W. C. Blackwelder, Controlled Clinical Trials 3 (1982) 345; J. Nam, Biometrics 53 (1997) 1422 for pairs.
Deviation: s0 comes out of the interval in use, at the votes expected with n, so the formula is solved by halving.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from typing import Protocol, Self

Z = 1.959964
"""Of an interval of 95 %."""
ALPHA = 0.025
POWER_Z = 0.841621
"""Of a power of 80 %."""
MOST = 100_000_000


class Compared(Protocol):
    """Two pass rates: `paired.Pairs` or `unpaired.Groups`."""

    @property
    def n(self) -> float: ...
    @property
    def difference(self) -> float | None: ...
    @property
    def p_fell(self) -> float | None: ...
    @property
    def variance(self) -> float: ...
    def z_at(self, d: float) -> float | None: ...
    def expected(self, n: float, difference: float) -> Self: ...


@dataclass(frozen=True, slots=True)
class Margin:
    """What the votes say about a margin. `p_not_worse` speaks for "not worse" when small, `p_worse` for "worse"."""

    p_not_worse: float
    p_worse: float

    @property
    def not_worse(self) -> bool:
        """Whether a fall beyond the margin is refuted."""
        return self.p_not_worse <= ALPHA


def against(compared: Compared, margin: float) -> Margin | None:
    """Both tests at the margin; None without votes.

    >>> from evaluator.drift.paired import Pairs
    >>> against(Pairs(900, 10, 12, 78), 0.02).not_worse
    True
    >>> found = against(Pairs(100, 60, 10, 30), 0.02)
    >>> found.not_worse, found.p_worse < 0.001
    (False, True)
    >>> against(Pairs(0, 0, 0, 0), 0.02) is None
    True
    """
    if not 0.0 <= margin < 1.0:
        raise ValueError(f"the margin must lie in [0, 1), not {margin}")
    z = compared.z_at(-margin)
    if z is None:
        return None
    p_worse = _above(-z)
    if p_worse <= ALPHA:
        p_worse = max(p_worse, compared.p_fell or 0.0)
    return Margin(p_not_worse=_above(z), p_worse=p_worse)


def votes_to_decide(compared: Compared, margin: float, difference: float = 0.0) -> int | None:
    """How many pairs (or votes on each side) decide in 80 % of cases, were this the true difference; None: too many.

    >>> from evaluator.drift.paired import Pairs
    >>> votes_to_decide(Pairs(85, 5, 5, 5), 0.02)
    2081
    >>> votes_to_decide(Pairs(85, 5, 5, 5), 0.02, -0.02) is None
    True
    """
    away = abs(difference + margin)
    if not compared.n or away < 1e-6:
        return None
    lo, hi = 1, MOST
    if not _decides(compared.expected(hi, difference), margin, away):
        return None
    while lo < hi:
        n = (lo + hi) // 2
        lo, hi = (lo, n) if _decides(compared.expected(n, difference), margin, away) else (n + 1, hi)
    return lo


def _decides(expected: Compared, margin: float, away: float) -> bool:
    z = abs(expected.z_at(-margin) or 0.0)
    spare = 1.0 - POWER_Z * sqrt(expected.variance / expected.n) / away
    return z * spare >= Z


def _above(z: float) -> float:
    """P(standard normal > z)."""
    return 0.5 * erfc(z / sqrt(2.0))
