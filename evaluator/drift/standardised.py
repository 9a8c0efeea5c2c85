"""Two groups whose traffic is mixed differently: the first in the second's mix, so that the mix is no difference.

    w_s = n1_s / n1  the second's share of stratum s,  p0 = Σ w_s p_s,  p_s = x0_s / n0_s
    n_eff = the smaller of  1 / Σ (w_s² / n0_s)  and  p0 (1 - p0) / Σ (w_s² p_s (1 - p_s) / n0_s)

and the first counts as n_eff votes at the rate p0: as many plain votes as would know that rate as well. The first term
holds where all strata have about the same rate, the second sees that a stratum which weighs much varies much.

References: direct standardisation; L. Kish, Survey Sampling (1965), for the first n_eff. Deviations: in the second p_s
is (x0_s + ½)/(n0_s + 1); strata that only one side has are left out, as there is nothing to compare them with, and the
caller should say how many votes that are.
"""

from __future__ import annotations

from collections.abc import Iterable

from evaluator.drift.unpaired import Groups


def standardised(strata: Iterable[Groups]) -> Groups:
    """The strata as one pair of groups in the second's mix.

    >>> standardised([Groups(80, 40, 60, 30)])
    Groups(n0=80.0, x0=40.0, n1=60, x1=30)

    Nothing changed but the mix, of an easy and a hard stratum: the rates are equal, whatever they were in sum.

    >>> both = standardised([Groups(900, 855, 100, 95), Groups(100, 50, 900, 450)])
    >>> round(both.before, 3), round(both.after, 3), round(both.n0)
    (0.545, 0.545, 122)
    """
    known = [one for one in strata if one.n0 > 0 and one.n1 > 0]
    n1, x1 = sum(one.n1 for one in known), sum(one.x1 for one in known)
    if not known:
        return Groups(0.0, 0.0, 0.0, 0.0)
    rate = sum(one.n1 / n1 * one.x0 / one.n0 for one in known)
    n0 = 1.0 / sum((one.n1 / n1) ** 2 / one.n0 for one in known)
    if len(known) > 1:
        n0 = min(n0, rate * (1.0 - rate) / sum((one.n1 / n1) ** 2 * _variance(one) for one in known) or n0)
    return Groups(n0, min(n0 * rate, n0), n1, x1)


def _variance(stratum: Groups) -> float:
    p = (stratum.x0 + 0.5) / (stratum.n0 + 1.0)
    return p * (1.0 - p) / stratum.n0
