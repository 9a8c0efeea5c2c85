"""A series' rollup rows as arrays: buckets of 15 minutes by strata (segment x hour block x sampling class)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from store.records import Bucket

Floats = NDArray[np.float64]
STEP = timedelta(minutes=15)
PER_DAY = 96
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def floor(moment: datetime) -> datetime:
    """The start of the bucket that `moment` lies in."""
    return moment - (moment - EPOCH) % STEP


@dataclass(frozen=True, slots=True)
class Counts:
    """Votes `n` and passes `x`, both (T, S), and `errors` (T,) of T consecutive buckets from `start`, oldest first."""

    start: datetime
    n: Floats
    x: Floats
    errors: Floats

    @classmethod
    def of(cls, buckets: Sequence[Bucket], until: datetime) -> Counts:
        """Lays rollup rows on the grid from their first bucket up to `until` (exclusive); later rows are left out."""
        seen = [b for b in buckets if b.bucket < until]
        start = min((b.bucket for b in seen), default=until)
        strata = {key: i for i, key in enumerate(sorted({_stratum(b) for b in seen}))}
        shape = (max((until - start) // STEP, 0), len(strata))
        counts = cls(start, np.zeros(shape), np.zeros(shape), np.zeros(shape[0]))
        for b in seen:
            t, s = (b.bucket - start) // STEP, strata[_stratum(b)]
            counts.n[t, s] += b.votes
            counts.x[t, s] += b.passes
            counts.errors[t] += b.errors
        return counts

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


def _stratum(bucket: Bucket) -> tuple[str, int, str]:
    return (bucket.segment, bucket.hour_block, bucket.sampling_class)
