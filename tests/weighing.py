"""The sums of weighted votes, one vote after the other: what the rollup keeps of a bucket."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift.level import Sums


def sums(y: ArrayLike, weight: ArrayLike) -> Sums:
    """The sums of votes y in [0, 1] with weights 1/probability."""
    votes, w = np.asarray(y, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    each = (w, w**2, w * votes, w * w * votes, (w * votes) ** 2)
    return Sums(float(len(votes)), *(float(one.sum()) for one in each))
