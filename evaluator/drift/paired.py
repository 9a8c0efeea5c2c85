"""Two answers to each item: did the pass rate change? Exact McNemar test and Tango's score interval.

Of n pairs, `fell` passed only at first and `rose` only afterwards; d = p_after - p_before = (rose - fell)/n.

    test      with nothing changed, a pair that changed fell or rose with chance 1/2: fell ~ Bin(fell + rose, 1/2)
    interval  all d with |T(d)| <= z,  T(d) = (rose - fell - n d) / sqrt(n (2q + d(1 - d)))
              q = (sqrt(B² - 8nC) - B) / 4n  the likeliest share of falls, given d
              B = (2n - rose + fell) d - rose - fell,  C = -fell d (1 - d)

References: Q. McNemar, Psychometrika 12 (1947) 153; T. Tango, Statistics in Medicine 17 (1998) 891.
Deviation: votes may be fractions, because a session's vote may be. A pair of votes is spread over the four cells as if
coins decided each, which keeps the rates and makes the variance too large rather than too small; the binomial tail is
an incomplete beta function, which is defined between whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, sqrt

from scipy.special import betainc

STEPS = 50


@dataclass(frozen=True, slots=True)
class Pairs:
    """The four cells: passed both times, only before (fell), only after (rose), never."""

    both: float
    fell: float
    rose: float
    neither: float

    def __post_init__(self) -> None:
        if not all(0.0 <= cell < inf for cell in (self.both, self.fell, self.rose, self.neither)):
            raise ValueError(f"counts of pairs must be numbers of at least 0, not {self}")

    @property
    def n(self) -> float:
        """The number of pairs."""
        return self.both + self.fell + self.rose + self.neither

    @property
    def before(self) -> float | None:
        """The first pass rate; None without pairs."""
        return (self.both + self.fell) / self.n if self.n else None

    @property
    def after(self) -> float | None:
        """The second pass rate."""
        return (self.both + self.rose) / self.n if self.n else None

    @property
    def difference(self) -> float | None:
        """After minus before."""
        return (self.rose - self.fell) / self.n if self.n else None

    @property
    def p_fell(self) -> float | None:
        """The chance of so many falls or more among the changed pairs, had nothing changed; exact, one-sided.

        >>> round(Pairs(59, 16, 6, 80).p_fell, 4), Pairs(0, 0, 0, 0).p_fell is None
        (0.0262, True)
        """
        return _tail(self.fell, self.rose) if self.n else None

    @property
    def p_changed(self) -> float | None:
        """McNemar's exact test of no change, two-sided.

        >>> round(Pairs(59, 16, 6, 80).p_changed, 4), Pairs(5, 0, 0, 1).p_changed
        (0.0525, 1.0)
        """
        return min(1.0, 2.0 * min(_tail(self.fell, self.rose), _tail(self.rose, self.fell))) if self.n else None

    def z_at(self, d: float) -> float | None:
        """Tango's T(d): how many standard errors the difference lies above d.

        >>> round(Pairs(59, 16, 6, 80).z_at(0.0), 3)
        -2.132
        """
        return None if not self.n else _score(self.n, self.rose, self.fell, d)

    def interval(self, z: float = 1.96) -> tuple[float, float] | None:
        """The differences that the pairs do not contradict; None without pairs.

        >>> [round(end, 4) for end in Pairs(1, 7, 1, 12).interval()]
        [-0.5172, -0.026]
        >>> Pairs(0, 0, 0, 0).interval() is None
        True
        """
        if not self.n:
            return None
        return self._end(-1.0, z), self._end(1.0, z)

    def expected(self, n: float, difference: float) -> Pairs:
        """What n pairs with that difference would give on average, if as many changed as here."""
        changed = max((self.fell + self.rose + 0.5) / (self.n + 1.0), abs(difference))
        fell, rose = (changed - difference) / 2.0, (changed + difference) / 2.0
        return Pairs(n * (1.0 - changed), n * fell, n * rose, 0.0)

    @property
    def variance(self) -> float:
        """Of one pair's difference."""
        return (self.fell + self.rose) / self.n - ((self.rose - self.fell) / self.n) ** 2

    def _end(self, outer: float, z: float) -> float:
        """Where |T(d)| = z, between the outermost d and the difference itself."""
        inner = (self.rose - self.fell) / self.n
        for _ in range(STEPS):
            d = (outer + inner) / 2.0
            beyond = abs(_score(self.n, self.rose, self.fell, d)) > z
            outer, inner = (d, inner) if beyond else (outer, d)
        return inner


def paired(votes: Iterable[tuple[float, float]]) -> Pairs:
    """The cells of pairs of votes in [0, 1], each (before, after).

    >>> paired([(1, 1), (1, 0), (0, 1), (0, 0), (1, 0.5)])
    Pairs(both=1.5, fell=1.5, rose=1.0, neither=1.0)
    """
    both = fell = rose = neither = 0.0
    for before, after in votes:
        both += before * after
        fell += before * (1.0 - after)
        rose += (1.0 - before) * after
        neither += (1.0 - before) * (1.0 - after)
    return Pairs(both, fell, rose, neither)


def _tail(many: float, few: float) -> float:
    """P(X >= many) for X ~ Bin(many + few, 1/2)."""
    return float(betainc(many, few + 1.0, 0.5)) if many > 0 else 1.0


def _score(n: float, rose: float, fell: float, d: float) -> float:
    b = (2.0 * n - rose + fell) * d - rose - fell
    c = -fell * d * (1.0 - d)
    q = (sqrt(max(b * b - 8.0 * n * c, 0.0)) - b) / (4.0 * n)
    above, variance = rose - fell - n * d, n * (2.0 * q + d * (1.0 - d))
    if variance <= 0.0:
        return 0.0 if abs(above) < 1e-9 * n else inf if above > 0 else -inf
    return above / sqrt(variance)
