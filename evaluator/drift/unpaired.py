"""Two groups of their own: did the pass rate change? Newcombe's interval of the difference and Fisher's exact test.

    d = p1 - p0, with Wilson's intervals (l0, u0) and (l1, u1):
    lower end  d - sqrt((p1 - l1)² + (u0 - p0)²)
    upper end  d + sqrt((u1 - p1)² + (p0 - l0)²)

References: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10; R. A. Fisher, Statistical Methods for
Research Workers (1934). Deviation: votes may be fractions. Wilson's interval takes them; for Fisher's test the first
group's votes are rounded up and its passes down, the second's the other way, so that a fall is never overstated.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

import numpy as np
from scipy.stats import fisher_exact

from evaluator.drift.intervals import newcombe

STEPS = 40
LARGEST_Z = 40.0
WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class Groups:
    """Votes and passes before and after."""

    n0: float
    x0: float
    n1: float
    x1: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.x0 <= self.n0 * (1 + WHOLE) and 0.0 <= self.x1 <= self.n1 * (1 + WHOLE)):
            raise ValueError(f"groups need 0 <= passes <= votes, not {self}")

    @property
    def n(self) -> float:
        """The votes of the smaller group."""
        return min(self.n0, self.n1)

    @property
    def before(self) -> float | None:
        """The first pass rate; None without votes."""
        return self.x0 / self.n0 if self.n0 else None

    @property
    def after(self) -> float | None:
        """The second pass rate."""
        return self.x1 / self.n1 if self.n1 else None

    @property
    def difference(self) -> float | None:
        """After minus before; None when one of the groups is empty."""
        return self.x1 / self.n1 - self.x0 / self.n0 if self.n else None

    @property
    def p_fell(self) -> float | None:
        """The chance of so few passes after, or fewer, had nothing changed; exact, one-sided.

        >>> round(Groups(100, 95, 100, 85).p_fell, 4), Groups(0, 0, 5, 5).p_fell is None
        (0.0159, True)
        """
        return self._fisher("greater") if self.n else None

    @property
    def p_changed(self) -> float | None:
        """Fisher's exact test of no change, two-sided."""
        return self._fisher("two-sided") if self.n else None

    def z_at(self, d: float) -> float | None:
        """The z at which an end of the interval touches d: positive when the difference lies above it.

        >>> round(Groups(70, 56, 80, 48).z_at(Groups(70, 56, 80, 48).interval(1.96)[0]), 3)
        1.96
        """
        found = self.difference
        if found is None:
            return None
        lo, hi = 0.0, LARGEST_Z
        for _ in range(STEPS):
            z = (lo + hi) / 2.0
            low, high = self._interval(z)
            lo, hi = (z, hi) if not low <= d <= high else (lo, z)
        return lo if found >= d else -lo

    def interval(self, z: float = 1.96) -> tuple[float, float] | None:
        """The differences that the votes do not contradict; None when one of the groups is empty.

        >>> [round(end, 4) for end in Groups(80, 48, 70, 56).interval()]
        [0.0524, 0.3339]
        """
        return self._interval(z) if self.n else None

    def expected(self, n: float, difference: float) -> Groups:
        """What groups of n votes with that difference would give on average, around the pass rate of these."""
        middle = (self.x0 + self.x1 + 0.5) / (self.n0 + self.n1 + 1.0)
        half = min(abs(difference) / 2.0, 0.5)
        middle = min(max(middle, half), 1.0 - half)
        step = half if difference > 0 else -half
        return Groups(n, n * (middle - step), n, n * (middle + step))

    @property
    def variance(self) -> float:
        """Of the difference between two votes, one of each group."""
        p0, p1 = self.x0 / self.n0, self.x1 / self.n1
        return max(p0 * (1.0 - p0) + p1 * (1.0 - p1), 0.0)

    def _interval(self, z: float) -> tuple[float, float]:
        p0, p1 = self.x0 / self.n0, self.x1 / self.n1
        if z <= 0.0:
            return p1 - p0, p1 - p0
        return newcombe((self.x1, self.n1), (self.x0, self.n0), z) or (p1 - p0, p1 - p0)

    def _fisher(self, alternative: Literal["two-sided", "greater"]) -> float:
        n0, n1 = ceil(self.n0 - WHOLE), floor(self.n1 + WHOLE)
        x0, x1 = min(floor(self.x0 + WHOLE), n0), min(ceil(self.x1 - WHOLE), n1)
        table = np.array([[x0, n0 - x0], [x1, n1 - x1]])
        return float(fisher_exact(table, alternative=alternative).pvalue)
