"""A series' rollup rows as arrays: buckets of 15 minutes by strata (segment x hour block x sampling class)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from evaluator.buckets import STEP
from store.records import Bucket

Floats = NDArray[np.float64]
Stratum = tuple[str, int, str]
"""Segment, hour block, sampling class."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Votes `n` and passes `x`, both (T, S), of T consecutive buckets from `start`, oldest first, and the S strata."""

    start: datetime
    n: Floats
    x: Floats
    strata: tuple[Stratum, ...]

    @classmethod
    def of(cls, buckets: Sequence[Bucket], until: datetime) -> Counts:
        """Lays rollup rows on the grid from their first bucket up to `until` (exclusive); later rows are left out."""
        seen = [b for b in buckets if b.bucket < until]
        start = min((b.bucket for b in seen), default=until)
        strata = tuple(sorted({_stratum(b) for b in seen}))
        place = {stratum: i for i, stratum in enumerate(strata)}
        shape = (max((until - start) // STEP, 0), len(strata))
        counts = cls(start, np.zeros(shape), np.zeros(shape), strata)
        for b in seen:
            t, s = (b.bucket - start) // STEP, place[_stratum(b)]
            counts.n[t, s] += b.votes
            counts.x[t, s] += b.passes
        return counts

    def without_hours(self) -> Counts:
        """The same votes with the hour blocks of each segment and class taken together."""
        pooled = tuple(sorted({(segment, 0, sampling_class) for segment, _, sampling_class in self.strata}))
        member = np.array([[(s, 0, k) == one for one in pooled] for s, _, k in self.strata], dtype=np.float64)
        return replace(self, n=self.n @ member, x=self.x @ member, strata=pooled)

    def __len__(self) -> int:
        return len(self.n)

    def index(self, moment: datetime) -> int:
        """The bucket index of `moment`, clipped to [0, T]."""
        return min(max((moment - self.start) // STEP, 0), len(self))

    def time(self, index: int) -> datetime:
        """The start of bucket `index`."""
        return self.start + index * STEP

    def total(self, start: int, end: int) -> dict[str, Floats]:
        """Votes and passes of buckets [start, end) per stratum, as the detector's baseline."""
        return {"n": self.n[start:end].sum(axis=0), "x": self.x[start:end].sum(axis=0)}

    def slice(self, start: int, end: int) -> dict[str, Floats]:
        """Buckets [start, end), as the detector's input."""
        return {"n": self.n[start:end], "x": self.x[start:end]}


def _stratum(bucket: Bucket) -> Stratum:
    return (bucket.segment, bucket.hour_block, bucket.sampling_class)
