"""Since when: the onset's best bucket and its 90 % interval.

Idea: the evidence R_T = sum_k w_k E_k is a sum over starts, and each start's share of it is a posterior mass (flat
prior over buckets, more on a marker):

    mass_k = w_k E_k / R_T,  onset = argmax_k of the mass per bucket (argmax_k E_k without markers)
    interval = the buckets of the starts where the running mass, in time order, passes 5 % and 95 %

Reference: A. N. Shiryaev, "On optimum methods in quickest detection problems", Theory Probab. Appl. 8 (1963).
Deviations: a start speaks for all of its buckets, so the detector splits the interval's starts into single buckets and
asks again (starts.refined); the interval always contains the onset.
"""

from __future__ import annotations

import numpy as np

from evaluator.drift.counts import FloatArray
from evaluator.drift.starts import Starts

TAIL = 0.05
TIE = 1e-9


def best(grid: Starts, log_e: FloatArray) -> int:
    """Position in the grid of the start with the most mass per bucket, the last of equals: buckets without votes tie.

    >>> from evaluator.drift.starts import starts
    >>> best(starts(4), np.array([0.0, 4.0, 4.0, 1.0]))
    2
    """
    score = log_e + np.log(grid.weight / (grid.last - grid.first + 1))
    return int(np.flatnonzero(score >= score.max() - TIE)[-1])


def interval(grid: Starts, log_e: FloatArray, chosen: int) -> tuple[int, int]:
    """First and last bucket of the 90 % interval; some log E must be finite.

    >>> from evaluator.drift.starts import starts
    >>> interval(starts(4), np.log([0.01, 9.0, 9.0, 0.01]), 1)
    (1, 2)
    """
    log_mass = log_e + np.log(grid.weight)
    running = np.cumsum(np.exp(log_mass - log_mass.max()))
    lo = int(np.searchsorted(running, TAIL * running[-1]))
    hi = int(np.searchsorted(running, (1.0 - TAIL) * running[-1]))
    return int(grid.first[min(lo, chosen)]), int(grid.last[max(hi, chosen)])
