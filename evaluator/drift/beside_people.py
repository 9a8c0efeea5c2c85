"""How well does a judge agree with people, and two people with each other, when its verdict decided what they labelled?

Labels are a random part of what the judge passed and of what it failed, in shares of their own: with half of them on
fails, plain rates of the labelled say nothing of all judged. So each side is weighed by its share in the judged. With
p the share the judge passes, a = PPV and b = NPV by the labels:

    TPR = p a / (p a + (1 - p)(1 - b)),   TNR = (1 - p) b / ((1 - p) b + p (1 - a))
    agreement A = p a + (1 - p) b,   by chance E = p t + (1 - p)(1 - t),  t = p a + (1 - p)(1 - b)
    kappa = (A - E) / (1 - E)

Of two people, each side's table of four (pass/pass, pass/fail, fail/pass, fail/fail) is weighed alike: p T + (1 - p) F.
The value is that of the shares as they are; the 95 % interval holds the middle of draws from Jeffreys betas, and of
tables from Dirichlets with 1/2 for each cell, as in calibration.py, which has the interval of t.

References: C. B. Begg, R. A. Greenes, Biometrics 39 (1983) 207 (TPR and TNR under verification by the test's result);
J. Cohen, Educ. Psychol. Meas. 20 (1960) 37.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluator.drift.calibration import DRAWS, Labels, jeffreys, post_stratified
from evaluator.drift.counts import FloatArray

Pair = tuple[bool, bool]
CELLS: tuple[Pair, ...] = ((True, True), (True, False), (False, True), (False, False))
ENOUGH = 0.95
"""The share of draws that must have a value where some have none, as kappa without any disagreement by chance."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share of the judged samples, or a kappa, with its 95 % interval."""

    value: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class BesidePeople:
    """A judge beside people; None where there is nothing to say. `tpr`: of what people pass, the share it passes."""

    rate: Estimate
    agreed: Estimate
    kappa: Estimate | None
    tpr: Estimate | None
    tnr: Estimate | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Two people beside each other."""

    agreed: Estimate
    kappa: Estimate | None


def beside_people(labels: Labels, passes: float, n: float, rng: np.random.Generator) -> BesidePeople | None:
    """The judge passed `passes` of n; the labels are a random part of those, and a random part of the rest.

    None as post_stratified has it: without votes, or without labels on a verdict that the judge gave.

    >>> found = beside_people(Labels(90, 10, 20, 80), 9000, 10_000, np.random.default_rng(1))
    >>> round(found.rate.value, 3), round(found.tpr.value, 3), round(found.tnr.value, 3)
    (0.83, 0.976, 0.471)
    >>> beside_people(Labels(90, 10, 0, 0), 9000, 10_000, np.random.default_rng(1)) is None
    True
    """
    true = post_stratified(labels, passes, n, rng)
    if true is None:
        return None
    p, good, bad = passes / n, _share(labels.pass_pass, labels.pass_fail), _share(labels.fail_fail, labels.fail_pass)
    seen = _of_judged(np.array(p), np.array(good), np.array(bad))
    drawn = _of_judged(
        jeffreys(rng, passes, n - passes, DRAWS),
        jeffreys(rng, labels.pass_pass, labels.pass_fail, DRAWS),
        jeffreys(rng, labels.fail_fail, labels.fail_pass, DRAWS),
    )
    rate = p * good + (1 - p) * (1 - bad)
    agreed, kappa, tpr, tnr = (_estimate(seen[name], drawn[name]) for name in ("agreed", "kappa", "tpr", "tnr"))
    assert agreed is not None
    return BesidePeople(Estimate(rate, min(true.lo, rate), max(true.hi, rate)), agreed, kappa, tpr, tnr)


def alike(
    tables: Mapping[bool, Mapping[Pair, float]], passes: float, n: float, rng: np.random.Generator
) -> Alike | None:
    """Two people's words on samples that the judge passed (True) and failed (False), counted by pair.

    None without votes, or where it gave a verdict on which no two people spoke.

    >>> found = alike({True: {(True, True): 18, (True, False): 2}, False: {(False, False): 10}}, 90, 100,
    ...               np.random.default_rng(1))
    >>> round(found.agreed.value, 2), found.agreed.lo < 0.91 < found.agreed.hi
    (0.91, True)
    """
    shares = {True: passes / n, False: 1 - passes / n} if n > 0 else {}
    sides = {side: share for side, share in shares.items() if share > 0}
    counts = {side: np.array([tables.get(side, {}).get(cell, 0.0) for cell in CELLS]) for side in sides}
    if not sides or not all(count.sum() > 0 for count in counts.values()):
        return None
    seen = sum(share * counts[side] / counts[side].sum() for side, share in sides.items())
    drawn = sum(share * rng.dirichlet(counts[side] + 0.5, DRAWS) for side, share in sides.items())
    agreed = _estimate(_agreed(np.asarray(seen)), _agreed(np.asarray(drawn)))
    assert agreed is not None
    return Alike(agreed, _estimate(_kappa(np.asarray(seen)), _kappa(np.asarray(drawn))))


def _share(hits: float, misses: float) -> float:
    return hits / (hits + misses) if hits + misses else 0.0


def _of_judged(p: FloatArray, good: FloatArray, bad: FloatArray) -> dict[str, FloatArray]:
    """With `good` the share of passes that are, and `bad` the share of fails that are."""
    # People first, as in CELLS: what both pass, what the judge misses, what it lets by, what it catches.
    both, missed, let_by, caught = cells = (p * good, (1 - p) * (1 - bad), p * (1 - good), (1 - p) * bad)
    table = np.stack(cells, axis=-1)
    with np.errstate(invalid="ignore"):
        tpr, tnr = both / (both + missed), caught / (caught + let_by)
    return {"agreed": _agreed(table), "kappa": _kappa(table), "tpr": tpr, "tnr": tnr}


def _agreed(table: FloatArray) -> FloatArray:
    return np.asarray(table[..., 0] + table[..., 3])


def _kappa(table: FloatArray) -> FloatArray:
    """Of shares in the order of CELLS; not a number where chance alone agrees on everything."""
    one, other = table[..., 0] + table[..., 1], table[..., 0] + table[..., 2]
    chance = one * other + (1 - one) * (1 - other)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(chance < 1, (_agreed(table) - chance) / (1 - chance), np.nan))


def _estimate(seen: FloatArray, drawn: FloatArray) -> Estimate | None:
    told = drawn[np.isfinite(drawn)]
    if not np.isfinite(seen) or len(told) < ENOUGH * len(drawn):
        return None
    lo, hi = np.quantile(told, [0.025, 0.975])
    return Estimate(float(seen), float(min(lo, seen)), float(max(hi, seen)))
