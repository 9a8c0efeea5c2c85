"""Where did it fall? Slices of the traffic, ranked by the evidence that they fell against their own baseline.

A slice fixes no, one or two keys: the whole traffic, language=de, language=de and model=x. Each has its votes before
and since the onset, and

    score = log E(slice) - ln(number of slices that fix as many keys)

with the detector's E for a single start (evidence.py). The whole traffic costs nothing, so that a slice comes first
only when it explains more than "everything fell"; a pair of keys has to explain more than its keys alone.

Reference: the Bonferroni argument for e-values, E = sum_i E_i / K over K candidates. Deviations: the counts come from
the window that raised the alarm, so a score is a ranking, not an alarm of its own; falls of 70 and 90 points are
weighed too, or half of the traffic that fails altogether reads as "everything fell by 50 points"; slices with too few
votes on a side are neither ranked nor counted, and of slices with the same rows the one that fixes fewer keys is kept,
the others of as many keys are named beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, log

import numpy as np

from evaluator.drift.counts import Bad, FloatArray
from evaluator.drift.evidence import DROPS, log_e, prior

FEWEST_BEFORE = 20.0
FEWEST_NOW = 10.0
SLICE_DROPS = np.append(DROPS, [0.7, 0.9])

Keys = tuple[tuple[str, str], ...]
"""(key, value) pairs, at most two, none for the whole traffic."""


@dataclass(frozen=True, slots=True)
class SliceCounts:
    """Votes and passes before (n0, x0) and now (n, x); equal `rows` (any fingerprint) means the same votes."""

    keys: Keys
    n0: float
    x0: float
    n: float
    x: float
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class RankedSlice:
    """A slice that fell, how far, and its score; `same` are slices with exactly the same votes."""

    keys: Keys
    score: float
    log_evidence: float
    rate_before: float
    rate_now: float
    votes_before: float
    votes_now: float
    same: tuple[Keys, ...] = ()

    @property
    def name(self) -> str:
        """What a reader calls it."""
        return " and ".join(f"{key}={value}" for key, value in self.keys) or "whole traffic"


def rank(slices: Iterable[SliceCounts], *, bad: Bad = "down", top: int = 10) -> tuple[RankedSlice, ...]:
    """The slices with the most evidence of a fall (with bad="up": of a rise), best first; others are absent.

    >>> whole, both = SliceCounts((), 2000, 1900, 1000, 905), SliceCounts((("lang", "de"),), 500, 475, 250, 192)
    >>> found = rank([whole, both, SliceCounts((("lang", "en"),), 1500, 1425, 750, 713)])
    >>> [(one.name, round(one.score, 1), round(one.rate_now, 3)) for one in found]
    [('lang=de', 23.1, 0.768), ('whole traffic', 8.6, 0.905)]
    """
    kept = [one for one in map(_checked, slices) if one.n0 >= FEWEST_BEFORE and one.n >= FEWEST_NOW]
    groups = _distinct(kept)
    if not groups:
        return ()
    number = Counter(len(group[0].keys) for group in groups)
    evidence = _evidence([group[0] for group in groups], bad)
    fallen = [
        _ranked(group, float(e), float(e) - log(number[len(group[0].keys)]))
        for group, e in zip(groups, evidence, strict=True)
        if isfinite(e)
    ]
    return tuple(sorted(fallen, key=lambda one: (-one.score, len(one.keys), one.keys))[:top])


def _distinct(slices: list[SliceCounts]) -> list[list[SliceCounts]]:
    """Slices with the same rows together, the one to show first, then others with as many keys."""
    groups: dict[object, list[SliceCounts]] = {}
    for one in sorted(slices, key=lambda one: (len(one.keys), one.keys)):
        same = ("keys", one.keys) if one.rows is None else (one.rows, one.n0, one.x0, one.n, one.x)
        group = groups.setdefault(same, [])
        if not group or len(group[0].keys) == len(one.keys):
            group.append(one)
    return list(groups.values())


def _evidence(slices: list[SliceCounts], bad: Bad) -> FloatArray:
    n0, x0, n, x = np.array([[s.n0, s.x0, s.n, s.x] for s in slices], dtype=np.float64).T[..., None]
    if bad == "up":
        x0, x = n0 - x0, n - x
    a, b = prior(n0, x0)
    each = log_e(x[:, None], (n - x)[:, None], a[:, None], b[:, None], a / (a + b), drops=SLICE_DROPS)
    return each[:, 0]


def _ranked(group: list[SliceCounts], evidence: float, score: float) -> RankedSlice:
    one, *others = group
    same = tuple(other.keys for other in others)
    return RankedSlice(one.keys, score, evidence, one.x0 / one.n0, one.x / one.n, one.n0, one.n, same)


def _checked(one: SliceCounts) -> SliceCounts:
    if not (0.0 <= one.x0 <= one.n0 + 1e-6 and 0.0 <= one.x <= one.n + 1e-6):
        raise ValueError(f"slice {one.keys}: 0 <= passes <= votes must hold, not {one.x0}/{one.n0}, {one.x}/{one.n}")
    return SliceCounts(one.keys, one.n0, min(one.x0, one.n0), one.n, min(one.x, one.n), one.rows)
