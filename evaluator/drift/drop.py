"""How much did it fall? The difference of two rates in one mix, with its 95 % interval.

Idea: compare the tested votes with the reference stratum by stratum, weighting by the tested votes, so that a change of
mix is not read as a change of quality. With N_s tested votes, X_s passes, W_s = N_s / sum N and the reference's
r_s = (x_s + kappa m)/(n_s + kappa) drawn to its pooled rate m:

    now = sum X_s / sum N_s,  ref = sum W_s r_s,  drop = ref - now

Its interval is Newcombe's (intervals.py), the reference's votes being n_eff = 1 / sum W_s²/(n_s + kappa).

Reference: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10; G. Y. Zou, A. Donner, Stat. Med. 27 (2008).
Deviation: one interval for the pooled tested rate, which is a little wide when strata differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.drift.counts import FloatArray
from evaluator.drift.evidence import KAPPA
from evaluator.drift.intervals import newcombe


@dataclass(frozen=True, slots=True)
class Drop:
    """`size` is reference - now, [lo, hi] its 95 % interval, `votes` how many were tested."""

    reference: float
    now: float
    size: float
    lo: float
    hi: float
    votes: float


def measure(n: FloatArray, x: FloatArray, ref_n: FloatArray, ref_x: FloatArray) -> Drop:
    """The drop of x passes in n votes against a reference, all per stratum (S,); both need votes.

    >>> import numpy as np
    >>> found = measure(np.array([100.0]), np.array([80.0]), np.array([1000.0]), np.array([950.0]))
    >>> round(found.size, 4), round(found.lo, 3), round(found.hi, 3)
    (0.15, 0.082, 0.24)
    """
    votes, pooled = float(n.sum()), float(ref_x.sum() / ref_n.sum())
    share = n / votes
    now = min(float(x.sum()) / votes, 1.0)
    reference = min(float(share @ ((ref_x + KAPPA * pooled) / (ref_n + KAPPA))), 1.0)
    ref_votes = 1.0 / float(share @ (share / (ref_n + KAPPA)))
    bounds = newcombe((reference * ref_votes, ref_votes), (now * votes, votes))
    if bounds is None:
        raise ValueError("a drop needs votes on both sides")
    return Drop(reference, now, reference - now, *bounds, votes)
