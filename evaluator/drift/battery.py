"""Did a metric get worse that is no pass or fail? A battery of binary indicators under one detector.

Idea: a number, a score or a category is watched through J questions with yes or no ("slower than the baseline's p90?",
"rated 3 or lower?"; cuts.py, categories.py). Each gives an e-value per start (evidence.py), numbers and scores also a
ridit term (ridit.py) at half weight. Their average is an e-value, however the indicators depend on each other:

    E_k = (sum_j E_kj + E_k,ridit / 2) / (J + 1/2)

and everything else is as for one pass rate (detector.py), with the same promise: R_T = sum_k w_k E_k. The price of J
indicators is ln J nats at most. Rates, drop and conditions speak of the leading indicator, the one with the most
evidence at the onset. Where the ridit term leads they speak of the best supported cut, which has a plain meaning.

Reference: V. Vovk, R. Wang, "E-values: calibration, combination and applications", Annals of Statistics 49 (2021):
the average is the only sensible way to merge e-values that may depend on each other. Deviation: with several strata the
reference begins with at least half a vote on either side (Jeffreys), because cuts far out have few bad votes per
stratum, if any; tests/statistics/test_battery_false_alarms.py prints the false alarms with and without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log
from operator import index

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluator.drift import onset
from evaluator.drift.counts import Bad, Counts, FloatArray, read_battery
from evaluator.drift.decision import Decision
from evaluator.drift.drop import Drop, measure
from evaluator.drift.evidence import log_e, log_sum_exp, prior
from evaluator.drift.ridit import Ridit, RiditSums, log_ridit_e, read_ridit
from evaluator.drift.starts import Starts, refined, starts, with_markers

MARKER_ALPHA = 0.001
FEWEST_FAILS = 3.0
RIDIT_WEIGHT = 0.5
LEAST = 0.5


def evaluate_battery(
    baseline: Mapping[str, ArrayLike],
    buckets: Mapping[str, ArrayLike],
    *,
    arl: float,
    delta: float = 0.02,
    markers: Iterable[int] = (),
    bad: Sequence[Bad],
    ridit: Ridit | None = None,
) -> Decision:
    """One look at one series through J indicators that share the votes.

    `baseline` has "n" (S,) and "x" (J, S), `buckets` "n" (T, S) and "x" (J, T, S), oldest first. `bad[j]` is "up" where
    x[j] counts the worse outcome, "down" where it counts the better one; what is watched to both sides is listed twice.
    The rest is as in `evaluate`, and one indicator alone is `evaluate`.

    >>> before = {"n": [1000], "x": [[500], [100]]}  # above the baseline's p50, above its p90
    >>> same, slower = [[20, 10, 2]] * 50, [[20, 11, 6]] * 30
    >>> look = lambda rows: {"n": [[n] for n, *_ in rows], "x": [[[row[j]] for row in rows] for j in (1, 2)]}
    >>> evaluate_battery(before, look(same), arl=2880, bad=["up", "up"]).alarm
    False
    >>> found = evaluate_battery(before, look(same + slower), arl=2880, bad=["up", "up"])
    >>> found.alarm, found.onset, found.leading, round(found.p_ref, 3), round(found.p_now, 3)
    (True, 50, 1, 0.1, 0.3)
    """
    counts = read_battery(baseline, buckets, bad)
    sums = None if ridit is None else read_ridit(ridit, counts.n0, counts.n)
    up = np.array([direction == "up" for direction in bad])
    passes0 = np.where(up[:, None], counts.n0 - counts.x0, counts.x0)
    watch, alone = Watch(arl, delta, tuple(markers), tuple(bad)), len(bad) == 1 and ridit is None
    return watched(Series(Counts(counts.n0, passes0, counts.n, counts.x), sums, up, 0.0 if alone else LEAST), watch)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is asked of a look: threshold, smallest drop, markers, and the bad direction of each indicator."""

    arl: float
    delta: float
    markers: tuple[int, ...]
    bad: tuple[Bad, ...]

    def __post_init__(self) -> None:
        if not (isfinite(self.arl) and self.arl >= 1.0) or not 0.0 <= self.delta < 1.0:
            raise ValueError(
                f"arl must be at least 1 bucket and delta in [0, 1), not arl={self.arl}, delta={self.delta}"
            )

    def marked(self, grid: Starts, length: int) -> Starts:
        """The starts with one more at each marker inside the buckets."""
        inside = tuple(sorted({bucket for bucket in map(index, self.markers) if 0 <= bucket < length}))
        return with_markers(grid, inside, self.arl * MARKER_ALPHA)

    def told(self, rate: float, indicator: int) -> float:
        """A pass rate in the indicator's own terms."""
        return rate if self.bad[indicator] == "down" else 1.0 - rate


def watched(series: Series, watch: Watch) -> Decision:
    """The look, once its input is checked."""
    counts = series.counts
    votes = float(counts.n.sum())
    if not counts.n0.sum() > 0:
        return _silent(votes, None, "no_baseline")
    if not votes > 0:
        return _silent(votes, watch.told(float(counts.x0[0].sum() / counts.n0.sum()), 0), "no_votes")
    return _decide(series, watch)


def merged(each: FloatArray, ridit: FloatArray | None = None) -> FloatArray:
    """log E (..., K) of a battery from log E of its indicators (..., J, K) and of its ridit term (..., K).

    >>> merged(np.log([[2.0, 1.0], [4.0, 0.5]])).round(3).tolist(), np.log([3.0, 0.75]).round(3).tolist()
    ([1.099, -0.288], [1.099, -0.288])
    """
    if each.shape[-2] == 1 and ridit is None:
        return each[..., 0, :]
    return log_sum_exp(np.moveaxis(_shares(each, ridit), -2, -1))


def _shares(each: FloatArray, ridit: FloatArray | None) -> FloatArray:
    """log of what each indicator, and last the ridit term, contributes to the average (..., J or J + 1, K)."""
    if ridit is None:
        return each - log(each.shape[-2])
    whole = each.shape[-2] + RIDIT_WEIGHT
    last = ridit[..., None, :] + log(RIDIT_WEIGHT)
    return np.concatenate([each, last], axis=-2) - log(whole)


@dataclass(frozen=True, slots=True)
class _Windows:
    """Per start: votes and passes from it on, and before it; votes (K, S), passes (J, K, S)."""

    grid: Starts
    votes: FloatArray
    votes_before: FloatArray
    passes: FloatArray
    passes_before: FloatArray

    @property
    def fails(self) -> FloatArray:
        return np.maximum(self.votes - self.passes, 0.0)

    @property
    def fails_before(self) -> FloatArray:
        return np.maximum(self.votes_before - self.passes_before, 0.0)


@dataclass(frozen=True, slots=True)
class Series:
    """The counts of one series, x with the indicators' axis in front, and for numbers its ridits.

    In the baseline x0 counts the good outcomes, in the buckets x the bad ones of indicators that are `up` (J,): turning
    sums costs less than turning buckets.
    """

    counts: Counts
    sums: RiditSums | None = None
    up: NDArray[np.bool_] | None = None
    least: float = 0.0

    def windows(self, grid: Starts) -> _Windows:
        votes, passes = _split(self.counts.n, grid), _split(self.counts.x, grid)
        if self.up is not None and self.up.any():
            up = self.up[:, None, None]
            since, before = (np.where(up, np.maximum(n - x, 0.0), x) for n, x in zip(votes, passes, strict=True))
            passes = (since, before)
        return _Windows(grid, *votes, *passes)

    def log_each(self, window: _Windows) -> tuple[FloatArray, FloatArray | None]:
        """log E of every indicator (J, K) and of the ridit term (K,)."""
        n0, x0 = self.counts.n0, self.counts.x0
        expected, expected_fails = prior(n0, x0)
        rate = expected / (expected + expected_fails)
        a, b = (side[..., None, :] for side in prior(n0, x0, self.least))
        each = log_e(window.passes, window.fails, a + window.passes_before, b + window.fails_before, rate)
        return each, None if self.sums is None else self._log_ridit(self.sums, window)

    def _log_ridit(self, sums: RiditSums, window: _Windows) -> FloatArray:
        now, before = _split(sums.r, window.grid)
        reference = (self.counts.n0 + window.votes_before, sums.r0 + before)
        return log_ridit_e((window.votes, now), reference, sums.spread, sums.bad)

    def drop_since(self, window: _Windows, start: int, indicator: int) -> Drop:
        """The drop of one indicator from one start on."""
        counts, before = self.counts, window.passes_before[indicator, start]
        passes, fails = window.passes[indicator, start], window.fails[indicator, start]
        return measure(
            passes + fails,
            passes,
            counts.n0 + before + window.fails_before[indicator, start],
            counts.x0[indicator] + before,
        )


def _split(values: FloatArray, grid: Starts) -> tuple[FloatArray, FloatArray]:
    """Sums from each start on and before it, of buckets (..., T, S)."""
    parts = np.add.reduceat(values, grid.first, axis=-2)
    parts[..., :-1, :][..., grid.first[1:] == grid.first[:-1], :] = 0.0  # a marker shares its bucket with a start
    before = np.zeros_like(parts)
    np.cumsum(parts[..., :-1, :], axis=-2, out=before[..., 1:, :])
    return np.cumsum(parts[..., ::-1, :], axis=-2)[..., ::-1, :], before


def _decide(series: Series, watch: Watch) -> Decision:
    length = len(series.counts.n)
    grid = starts(length)
    window = series.windows(watch.marked(grid, length))
    evidence = merged(*series.log_each(window))
    log_r = max(float(log_sum_exp(evidence + np.log(window.grid.weight))), 0.0)
    if log_r < log(watch.arl):
        return _decision(series, watch, log_r, _Finding(series.drop_since(window, 0, 0)))
    rough = onset.interval(window.grid, evidence, onset.best(window.grid, evidence))
    window = series.windows(watch.marked(refined(grid, *rough), length))
    return _decision(series, watch, log_r, _find(series, watch, window))


@dataclass(frozen=True, slots=True)
class _Finding:
    """The drop that is told; once the evidence reaches arl also which indicator leads, since when, and what is amiss.

    `reading` is the indicator that the drop speaks of.
    """

    drop: Drop
    reading: int = 0
    leading: int | None = None
    since: tuple[int, int, int] | tuple[None, None, None] = (None, None, None)
    flags: tuple[str, ...] = ()


def _find(series: Series, watch: Watch, window: _Windows) -> _Finding:
    each, ridit = series.log_each(window)
    evidence = merged(each, ridit)
    chosen = onset.best(window.grid, evidence)
    since = (int(window.grid.first[chosen]), *onset.interval(window.grid, evidence, chosen))
    leading, reading = int(_shares(each, ridit)[:, chosen].argmax()), int(each[:, chosen].argmax())
    drop = series.drop_since(window, chosen, reading)
    few = window.fails[reading, chosen].sum() < FEWEST_FAILS
    marks = {"minor_shift": drop.size < watch.delta, "few_fails": few}
    return _Finding(drop, reading, leading, since, tuple(word for word in marks if marks[word]))


def _decision(series: Series, watch: Watch, log_r: float, found: _Finding) -> Decision:
    counts, drop = series.counts, found.drop
    new = bool(((counts.n0 <= 0) & (counts.n.sum(0) > 0)).any())
    return Decision(
        alarm=found.leading is not None and not found.flags,
        log_evidence=log_r,
        onset=found.since[0],
        onset_lo=found.since[1],
        onset_hi=found.since[2],
        p_ref=watch.told(drop.reference, found.reading),
        p_now=watch.told(drop.now, found.reading),
        drop=drop.size,
        drop_lo=drop.lo,
        drop_hi=drop.hi,
        votes=float(counts.n.sum()),
        flags=(*found.flags, "new_stratum") if new else found.flags,
        votes_since_onset=drop.votes,
        leading=found.leading,
        reading=found.reading,
    )


def _silent(votes: float, p_ref: float | None, flag: str) -> Decision:
    return Decision(False, None, None, None, None, p_ref, None, None, None, None, votes, (flag,))
