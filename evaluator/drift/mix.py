"""Did the answers get worse, or did other requests come? The change of a rate, split by segments.

With segment s' share w and rate p in the baseline (0) and now (1), N votes each:

    within = sum (w0 + w1)/2 (p1 - p0)      what changed inside the segments
    mix    = sum (w1 - w0) (p0 + p1)/2      what changed because segments grew or shrank
    SE² within = sum ((w0 + w1)/2)² (v0 + v1) + V(g; w0)/N0 + V(g; w1)/N1,  g = (p1 - p0)/2
    SE² mix    = sum ((w1 - w0)/2)² (v0 + v1) + V(m; w0)/N0 + V(m; w1)/N1,  m = (p0 + p1)/2
    v = p(1 - p)/n,  V(c; w) = sum c² w - (sum c w)²

within + mix is the change of the whole rate. A segment that is on one side only has no rate of its own to compare: p of
the other side stands for it, so that it counts under mix alone.

Reference: E. M. Kitagawa, JASA 50 (1955) 1168; the delta method for the intervals, Newcombe's for the whole.
Deviations: p in v is (x + 1/2)/(n + 1), so that a segment that never failed is not called certain; a segment's part of
mix is measured from the whole rate, (w1 - w0)(m - mean of the whole rates), which leaves the sum as it is and makes the
growth of a poor segment negative; fractional votes make v a little too large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluator.drift.counts import FloatArray, read
from evaluator.drift.intervals import newcombe

Z = 1.96


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the pass rate, negative when it fell, with its 95 % interval."""

    size: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one segment adds to both changes; rates are None on the side without votes."""

    name: str
    share_before: float
    share_now: float
    rate_before: float | None
    rate_now: float | None
    within: float
    mix: float


@dataclass(frozen=True, slots=True)
class Mix:
    """total = within + mix, and the segments, those that moved most first."""

    total: Change
    within: Change
    mix: Change
    parts: tuple[Part, ...]


def decompose(names: Sequence[str], baseline: Mapping[str, ArrayLike], current: Mapping[str, ArrayLike]) -> Mix | None:
    """Votes "n" and passes "x" per segment (S,), before and now; None when a side has no votes.

    >>> found = decompose(["easy", "hard"], {"n": [800, 200], "x": [760, 150]}, {"n": [400, 600], "x": [380, 450]})
    >>> round(found.total.size, 3), round(found.within.size, 3), round(found.mix.size, 3)
    (-0.08, 0.0, -0.08)
    >>> round(found.mix.lo, 3), round(found.mix.hi, 3), [part.name for part in found.parts]
    (-0.097, -0.063, ['hard', 'easy'])
    >>> decompose(["easy"], {"n": [0], "x": [0]}, {"n": [4], "x": [4]}) is None
    True
    """
    now = {key: np.asarray(values, dtype=np.float64)[None] for key, values in current.items()}
    counts = read(baseline, now)
    if len(names) != len(counts.n0):
        raise ValueError(f"{len(names)} names for {len(counts.n0)} segments")
    before, after = _Side.of(counts.n0, counts.x0), _Side.of(counts.n[0], counts.x[0])
    if before is None or after is None:
        return None
    bounds = newcombe((after.passes, after.votes), (before.passes, before.votes))
    return None if bounds is None else _split(names, before, after, bounds)


@dataclass(frozen=True, slots=True)
class _Side:
    votes: float
    passes: float
    share: FloatArray
    rate: FloatArray
    variance: FloatArray
    seen: NDArray[np.bool_]

    @classmethod
    def of(cls, n: FloatArray, x: FloatArray) -> _Side | None:
        votes = float(n.sum())
        if not votes > 0:
            return None
        some = np.where(n > 0, n, 1.0)
        drawn = (x + 0.5) / (n + 1.0)
        variance = np.where(n > 0, drawn * (1.0 - drawn) / some, 0.0)
        return cls(votes, float(x.sum()), n / votes, x / some, variance, n > 0)

    @property
    def whole(self) -> float:
        return self.passes / self.votes

    def spread(self, values: FloatArray) -> float:
        """V(c; w)/N: what an uncertain share adds."""
        return float(self.share @ values**2 - (self.share @ values) ** 2) / self.votes


def _split(names: Sequence[str], before: _Side, after: _Side, bounds: tuple[float, float]) -> Mix:
    both = before.seen & after.seen
    rate0 = np.where(before.seen, before.rate, after.rate)
    rate1 = np.where(after.seen, after.rate, before.rate)
    weight, moved = (before.share + after.share) / 2.0, after.share - before.share
    gap, middle = (rate1 - rate0) / 2.0, (rate0 + rate1) / 2.0
    noise = before.variance + after.variance
    alone = np.where(both, 0.5, 1.0)  # one side's rate stands for both, so its error counts whole
    within = 2.0 * weight * gap
    mix = moved * (middle - (before.whole + after.whole) / 2.0)
    error_within = float(np.where(both, weight**2 * noise, 0.0).sum()) + before.spread(gap) + after.spread(gap)
    error_mix = float((moved * alone) ** 2 @ noise) + before.spread(middle) + after.spread(middle)
    parts = [
        Part(
            name,
            float(before.share[i]),
            float(after.share[i]),
            float(before.rate[i]) if before.seen[i] else None,
            float(after.rate[i]) if after.seen[i] else None,
            float(within[i]),
            float(mix[i]),
        )
        for i, name in enumerate(names)
    ]
    parts.sort(key=lambda part: -abs(part.within) - abs(part.mix))
    whole = Change(after.whole - before.whole, *bounds)
    return Mix(whole, _change(within, error_within), _change(mix, error_mix), tuple(parts))


def _change(parts: FloatArray, squared_error: float) -> Change:
    size, half = float(parts.sum()), Z * float(np.sqrt(max(squared_error, 0.0)))
    return Change(size, size - half, size + half)
