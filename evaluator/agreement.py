"""How well a judge agrees with people: confusion, Cohen's kappa, true positive and true negative rate.

With p the table of shares (rows: people, columns: judge), r and c its margins, w the credit for a cell:

    agreement  P = Σ w_ij p_ij,   by chance  E = Σ w_ij r_i c_j,   kappa k = (P - E) / (1 - E)
    var k = (Σ p_ij [w_ij - (a_i + b_j)(1 - k)]² - [k - E(1 - k)]²) / (n (1 - E)²),
    a_i = Σ_j w_ij c_j,   b_j = Σ_i w_ij r_i

Plain kappa gives credit 1 for the same label and 0 for another; weighted kappa, for m labels in an order,
gives 1 - (i - j)²/(m - 1)².

References: J. Cohen, Educ. Psychol. Meas. 20 (1960) and Psychol. Bull. 70 (1968); the variance is that of J. L. Fleiss,
J. Cohen and B. S. Everitt, Psychol. Bull. 72 (1969). Deviation: where the variance vanishes (everybody always agrees),
the interval is Wilson's for P with E held, because three pairs that agree are no proof of a perfect judge.
Pairs count as independent: many of one document or conversation make every interval too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import sqrt

from evaluator.drift.intervals import wilson

Credit = Callable[[int, int], float]
Cells = Mapping[tuple[int, int], float]

Z = 1.96
VANISHED = 1e-12


@dataclass(frozen=True)
class Kappa:
    """Agreement beyond chance (1 perfect, 0 as by chance), with its 95 % interval."""

    value: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Rate:
    """A share of n, with its 95 % interval (Wilson)."""

    rate: float
    n: int
    lo: float
    hi: float


@dataclass(frozen=True)
class Agreement:
    """What a judge said beside what people said; None where there was nothing to count.

    `tpr` is the judge's pass rate among what people passed, `tnr` its fail rate among what people failed.
    """

    n: int
    labels: tuple[str, ...]
    confusion: Mapping[tuple[str, str], int]
    agreed: Rate | None
    kappa: Kappa | None
    weighted: Kappa | None
    tpr: Rate | None
    tnr: Rate | None


def agreement(
    pairs: Sequence[tuple[str, str]], passing: Collection[str], order: Sequence[str] | None = None
) -> Agreement:
    """Compare (human, judge) labels; `order`, worst to best, asks for the weighted kappa as well.

    >>> said = [("pass", "pass")] * 40 + [("fail", "fail")] * 35 + [("fail", "pass")] * 15 + [("pass", "fail")] * 10
    >>> found = agreement(said, passing={"pass"})
    >>> found.kappa
    Kappa(value=0.5, lo=0.3311..., hi=0.6688...)
    >>> found.tpr
    Rate(rate=0.8, n=50, lo=0.6696..., hi=0.8875...)
    >>> found.tnr.rate, found.agreed.rate, found.confusion[("fail", "pass")]
    (0.7, 0.75, 15)
    >>> agreement([], passing={"pass"}).kappa is None
    True
    """
    labels = _labels(pairs, order)
    confusion = Counter(pairs)
    cells = {(labels.index(human), labels.index(judge)): float(n) for (human, judge), n in confusion.items()}
    judged_good = Counter((human in passing, judge in passing) for human, judge in pairs)
    steps = max(len(labels) - 1, 1)
    return Agreement(
        n=len(pairs),
        labels=labels,
        confusion=dict(confusion),
        agreed=_rate(sum(human == judge for human, judge in pairs), len(pairs)),
        kappa=kappa(cells, len(labels), lambda i, j: float(i == j)),
        weighted=kappa(cells, len(labels), lambda i, j: 1.0 - ((i - j) / steps) ** 2) if order else None,
        tpr=_rate(judged_good[True, True], judged_good[True, True] + judged_good[True, False]),
        tnr=_rate(judged_good[False, False], judged_good[False, False] + judged_good[False, True]),
    )


def kappa(cells: Cells, size: int, credit: Credit) -> Kappa | None:
    """Cohen's kappa of a square table of counts; None without pairs, or when chance alone agrees on everything."""
    n = sum(cells.values())
    if n <= 0:
        return None
    rows = [sum(cells.get((i, j), 0.0) for j in range(size)) / n for i in range(size)]
    columns = [sum(cells.get((i, j), 0.0) for i in range(size)) / n for j in range(size)]
    by_people = [sum(credit(i, j) * columns[j] for j in range(size)) for i in range(size)]
    by_judge = [sum(credit(i, j) * rows[i] for i in range(size)) for j in range(size)]
    seen = sum(credit(i, j) * count for (i, j), count in cells.items()) / n
    chance = sum(credit(i, j) * rows[i] * columns[j] for i, j in product(range(size), repeat=2))
    if 1.0 - chance <= VANISHED:
        return None
    value = (seen - chance) / (1.0 - chance)
    spread = (
        sum(
            count / n * (credit(i, j) - (by_people[i] + by_judge[j]) * (1.0 - value)) ** 2
            for (i, j), count in cells.items()
        )
        - (value - chance * (1.0 - value)) ** 2
    )
    if spread <= VANISHED:
        lo, hi = ((bound - chance) / (1.0 - chance) for bound in wilson(seen * n, n, Z) or (seen, seen))
    else:
        half = Z * sqrt(spread / n) / (1.0 - chance)
        lo, hi = max(value - half, -1.0), min(value + half, 1.0)
    return Kappa(value, lo, hi)


def _labels(pairs: Sequence[tuple[str, str]], order: Sequence[str] | None) -> tuple[str, ...]:
    seen = set(chain.from_iterable(pairs))
    if order is None:
        return tuple(sorted(seen))
    if strangers := sorted(seen - set(order)):
        raise ValueError(f"labels outside of the scale {list(order)}: {strangers}")
    return tuple(order)


def _rate(passes: int, n: int) -> Rate | None:
    bounds = wilson(passes, n, Z)
    return Rate(passes / n, n, *bounds) if bounds else None
