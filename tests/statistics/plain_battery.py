"""The design's formulae for batteries, computed anew at every look from raw values: every bucket is a start.

Written from the design alone and sharing no code with the product: no bins, no thinned starts, one stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln
from scipy.stats import norm, rankdata

from tests.statistics.simulation import Array

DROPS = (0.02, 0.03, 0.045, 0.0675, 0.10, 0.15, 0.225, 0.34, 0.50)
T = 0.1
Indicator = tuple[Array, Array]
"""Of the baseline's votes and of the watched ones: was the outcome good?"""


@dataclass(frozen=True)
class Plain:
    """Votes per bucket, passes of each indicator (J, buckets) and of the baseline (J,), and ridits if there are any."""

    n0: float
    x0: Array
    n: Array
    x: Array
    ridits: Array | None

    @classmethod
    def of(cls, good: list[Indicator], bucket: Array, buckets: int, ridits: Array | None = None) -> Plain:
        """Counts of indicators given vote by vote."""
        count = [np.bincount(bucket, values, buckets).astype(float) for _, values in good]
        sums = None if ridits is None else np.bincount(bucket, ridits, buckets)
        votes = np.bincount(bucket, minlength=buckets).astype(float)
        return cls(
            len(good[0][0]), np.array([base.sum() for base, _ in good], dtype=float), votes, np.array(count), sums
        )

    def alarms(self, end: int, arl: float, delta: float = 0.02) -> bool:
        """The look after `end` buckets."""
        each = [self._log_e(j, end) for j in range(len(self.x))]
        terms, weights = list(each), [1.0] * len(each)
        if self.ridits is not None:
            terms.append(self._log_ridit(end))
            weights.append(0.5)
        evidence = np.array([sum(w * np.exp(e[k]) for w, e in zip(weights, terms, strict=True)) for k in range(end)])
        evidence /= sum(weights)
        if evidence.sum() < arl:
            return False
        best = int(evidence.argmax())
        leading = int(np.argmax([e[best] for e in each]))
        n, x = self.n[best:end].sum(), self.x[leading, best:end].sum()
        a, b = self._reference(leading, best)
        return bool(a / (a + b) - x / n >= delta and n - x >= 3)

    def _reference(self, j: int, start: int) -> tuple[float, float]:
        n, x = self.n0 + self.n[:start].sum(), self.x0[j] + self.x[j, :start].sum()
        return x + 0.5, n - x + 0.5

    def _log_e(self, j: int, end: int) -> Array:
        p = (self.x0[j] + 0.5) / (self.n0 + 1.0)
        x = np.cumsum(self.x[j, :end][::-1])[::-1]
        f = np.cumsum((self.n - self.x[j])[:end][::-1])[::-1]
        a = self.x0[j] + 0.5 + x[0] - x
        b = self.n0 - self.x0[j] + 0.5 + f[0] - f
        m0 = betaln(a + x, b + f) - betaln(a, b)
        m1 = np.full(end, -np.inf)
        for drop in DROPS:
            q = max(p - drop, 0.01)
            m1 = np.logaddexp(m1, x * np.log(q) + f * np.log(1.0 - q))
        return np.where(x < (x + f) * a / (a + b), m1 - np.log(len(DROPS)) - m0, -np.inf)

    def _log_ridit(self, end: int) -> Array:
        assert self.ridits is not None
        n = np.cumsum(self.n[:end][::-1])[::-1]
        r = np.cumsum(self.ridits[:end][::-1])[::-1]
        n_ref = self.n0 + n[0] - n
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = r / n - (self.n0 / 2.0 + r[0] - r) / n_ref
            v = (1.0 / n + 1.0 / n_ref) / 12.0
            z = shift * T / np.sqrt(v * (v + T * T))
            found = np.log(2.0) + 0.5 * np.log(v / (v + T * T)) + z * z / 2.0 + norm.logcdf(z)
        return np.where(n > 0, found, -np.inf)


def raw_ridits(base: Array, values: Array) -> Array:
    """The share of the baseline below each value and half of the share equal to it, from ranks among all."""
    both = np.concatenate([base, values])
    among, own = rankdata(both)[len(base) :], rankdata(values)
    ridits: Array = (among - own) / len(base)
    return ridits
