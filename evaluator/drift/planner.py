"""What can be found, and how fast? The votes that a drop needs before it is found half of the time.

With K = KL(p1 || p0) = p1 ln(p1/p0) + (1-p1) ln((1-p1)/(1-p0)) nats per vote and N_ref reference votes:

    n50 = (ln arl / K)(.82 + .45 r + .8 r³),  r = (ln arl / K) / N_ref

ln arl / K is what an observer who knew both rates would need; r is the price of a baseline that is an estimate.
Beyond r = .85 the baseline is too small for that drop, whatever the wait: enlarge it.

Reference: G. Lorden, Ann. Math. Statist. 42 (1971) 1897 for the leading term; the polynomial in r is fitted to
simulations of this detector (p0 .80-.99, reference 200-5000).
"""

from __future__ import annotations

from math import isfinite, log

LARGEST_R = 0.85
STEPS = 60


def votes_needed(p0: float, drop: float, reference_votes: float, arl: float) -> float | None:
    """n50 of a drop to p0 - drop; None when the baseline is too small for it.

    >>> round(votes_needed(0.95, 0.05, 1000, 2880))
    401
    >>> votes_needed(0.95, 0.02, 1000, 2880) is None
    True
    """
    p1 = p0 - drop
    kl = (p1 * log(p1 / p0) if p1 > 0 else 0.0) + (1.0 - p1) * log((1.0 - p1) / (1.0 - p0))
    known = log(arl) / kl if kl > 0 else float("inf")
    r = known / reference_votes
    return known * (0.82 + 0.45 * r + 0.8 * r**3) if r <= LARGEST_R else None


def detectable(p0: float, votes_per_day: float, reference_votes: float, days: float, arl: float) -> float | None:
    """The smallest drop found half of the time within `days`; None when none is.

    >>> round(detectable(0.95, 500, 3000, 3, 2880), 3)
    0.025
    >>> detectable(0.95, 500, 2, 7, 2880) is None
    True
    """
    _check(p0, votes_per_day, reference_votes, days, arl)
    if p0 <= 0.0 or votes_per_day <= 0 or reference_votes <= 0 or days <= 0:
        return None
    rate = min(p0, 1.0 - 0.5 / (reference_votes + 1.0))  # an all-pass baseline does not promise that no vote ever fails
    if not _found(rate, rate, votes_per_day * days, reference_votes, arl):
        return None
    lo, hi = 0.0, rate
    for _ in range(STEPS):
        middle = (lo + hi) / 2.0
        lo, hi = (lo, middle) if _found(rate, middle, votes_per_day * days, reference_votes, arl) else (middle, hi)
    return hi


def _found(p0: float, drop: float, votes: float, reference_votes: float, arl: float) -> bool:
    needed = votes_needed(p0, drop, reference_votes, arl)
    return needed is not None and needed <= votes


def _check(p0: float, votes_per_day: float, reference_votes: float, days: float, arl: float) -> None:
    numbers = {"votes_per_day": votes_per_day, "reference_votes": reference_votes, "days": days}
    for name, value in numbers.items():
        if not (isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be a number of at least 0, not {value}")
    if not 0.0 <= p0 <= 1.0 or not (isfinite(arl) and arl > 1.0):
        raise ValueError(f"p0 must lie in [0, 1] and arl be above 1, not p0={p0}, arl={arl}")
