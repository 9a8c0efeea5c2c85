"""Two groups whose traffic is mixed differently: the first in the second's mix, so that the mix is no difference.

    w_s = n1_s / n1  the second's share of stratum s,  p0 = Σ w_s p_s,  p_s = x0_s / n0_s
    n_eff = the smaller of  1 / Σ (w_s² / n0_s)  and  m (1 - m) / Σ (w_s² q_s (1 - q_s) / n0_s),
    q_s = (x0_s + ½) / (n0_s + 1),  m = Σ w_s q_s

and the first counts as n_eff votes at the rate p0: as many plain votes as would know that rate as well. The first term
holds where all strata have about the same rate, the second sees that a stratum which weighs much varies much.

References: direct standardisation; L. Kish, Survey Sampling (1965), for the first n_eff. Deviations: the second reads
the rates as q_s, which never says that a rate is certain; strata that only one side has are left out, as there is
nothing to compare them with, and the caller should say how many votes that are.
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
    weights = [one.n1 / n1 for one in known]
    rates = [(one.x0 + 0.5) / (one.n0 + 1.0) for one in known]
    rate = min(sum(w * one.x0 / one.n0 for w, one in zip(weights, known, strict=True)), 1.0)
    middle = sum(w * q for w, q in zip(weights, rates, strict=True))
    variance = sum(w**2 * q * (1.0 - q) / one.n0 for w, q, one in zip(weights, rates, known, strict=True))
    n0 = min(
        1.0 / sum(w**2 / one.n0 for w, one in zip(weights, known, strict=True)), middle * (1.0 - middle) / variance
    )
    return Groups(n0, n0 * rate, n1, x1)
