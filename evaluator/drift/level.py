"""What is the pass rate of all traffic, when some classes are judged more often than others?

A vote y kept with probability pi weighs w = 1/pi. The rate is Hájek's, its interval Wilson's on n_eff votes:

    p = sum wy / sum w
    V = sum w²(y - p)² / (sum w)² = (sum w²y² - 2p sum w²y + p² sum w²) / (sum w)²
    n_eff = min(p(1 - p)/V, (sum w)² / sum w²)

V is the linearised variance, the second bound Kish's: the design effect is never taken below that of the weights alone,
so that a rate of 0 or 1, and fractional votes, are not called surer than as many coins.

One vote per session makes a vote a cluster. For other clusters c put the cluster's totals in the place of a vote's:
z_c = sum w and u_c = sum wy instead of w and wy.

References: J. Hájek (1971) in Foundations of Statistical Inference; C.-E. Särndal, B. Swensson, J. Wretman, Model
Assisted Survey Sampling (1992), 5.7; L. Kish, Survey Sampling (1965); E. L. Korn, B. I. Graubard, Survey Methodology 24
(1998) 193 for n_eff in an interval of proportions. Deviation: normal quantiles, whatever the number of votes.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.drift.intervals import wilson


@dataclass(frozen=True, slots=True)
class Sums:
    """What a bucket keeps, and what is added over buckets: votes n, sum w, w², wy, w²y, w²y²."""

    n: float = 0.0
    w: float = 0.0
    ww: float = 0.0
    wy: float = 0.0
    wwy: float = 0.0
    wwyy: float = 0.0


@dataclass(frozen=True, slots=True)
class Level:
    """The rate of all traffic with its 95 % interval, from `n` votes that are worth `n_eff` equally weighted ones."""

    rate: float
    lo: float
    hi: float
    n: float
    n_eff: float


def level(kept: Sums) -> Level | None:
    """Hájek's rate and its interval; None without votes.

    >>> found = level(Sums(n=120, w=500, ww=8100, wy=290, wwy=4090, wwyy=4090))  # 90 of 100, and 10 of 20 with w = 20
    >>> round(found.rate, 3), round(found.lo, 3), round(found.hi, 3), round(found.n_eff, 1)
    (0.58, 0.403, 0.739, 29.4)
    >>> level(Sums()) is None
    True
    """
    if not kept.w > 0 or not kept.ww > 0:
        return None
    rate = min(max(kept.wy / kept.w, 0.0), 1.0)
    variance = max(kept.wwyy - 2.0 * rate * kept.wwy + rate * rate * kept.ww, 0.0) / kept.w**2
    kish = kept.w**2 / kept.ww
    n_eff = min(rate * (1.0 - rate) / variance, kish) if variance > 0 else kish
    bounds = wilson(rate * n_eff, n_eff)
    return None if bounds is None else Level(rate, *bounds, kept.n, n_eff)
