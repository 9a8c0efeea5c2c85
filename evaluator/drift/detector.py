"""Did quality fall? A Shiryaev-Roberts e-detector on bucket counts.

Idea: each bucket may be the start of a change; E_k is the evidence that it was start k (evidence.py). Their sum

    R_T = sum_k w_k E_k  (+ arl alpha E_e for a marker at bucket e, alpha = .001)

has mean <= T + arl sum alpha while nothing changes, whoever looks and however often, so

    P(R reaches arl within T buckets, nothing wrong) <= T/arl + sum alpha.

An alarm needs R_T >= arl, a drop of at least delta at the best start, and three fails from there on.

Scope of the promise: votes independent given the stratum (one vote per session), on average over the baseline's draw.
It is a pure function of counts: late rows, restarts and the order of looks change nothing.

References: J. Shin, A. Ramdas, A. Rinaldo, "E-detectors" (2023); A. Tartakovsky, I. Nikiforov, M. Basseville,
Sequential Analysis (2014), ch. 8. Deviations: starts are thinned (starts.py); R below 1 is reported as 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite, log
from operator import index

import numpy as np
from numpy.typing import ArrayLike

from evaluator.drift import onset
from evaluator.drift.counts import Bad, Counts, FloatArray, read
from evaluator.drift.decision import Decision
from evaluator.drift.drop import Drop, measure
from evaluator.drift.evidence import log_e, log_sum_exp, prior
from evaluator.drift.starts import Starts, refined, starts, with_markers

MARKER_ALPHA = 0.001
FEWEST_FAILS = 3.0


def evaluate(
    baseline: Mapping[str, ArrayLike],
    buckets: Mapping[str, ArrayLike],
    *,
    arl: float,
    delta: float = 0.02,
    markers: Iterable[int] = (),
    bad: Bad = "down",
) -> Decision:
    """One look at one series.

    `baseline` has "n" (votes) and "x" (passes) of shape (S,), `buckets` of shape (T, S), oldest first; votes may be
    fractions. `arl` is in buckets, `markers` are bucket indices (those outside the buckets are ignored). With bad="up"
    x counts the bad outcome. ValueError says what is wrong with the input.

    >>> before = {"n": [1000], "x": [950]}
    >>> good, worse = [[20, 19]] * 50, [[20, 16]] * 30
    >>> look = lambda rows: {"n": [[n] for n, _ in rows], "x": [[x] for _, x in rows]}
    >>> evaluate(before, look(good), arl=2880).alarm
    False
    >>> found = evaluate(before, look(good + worse), arl=2880)
    >>> found.alarm, found.onset, round(found.p_ref, 3), round(found.p_now, 3)
    (True, 50, 0.95, 0.8)
    """
    if not (isfinite(arl) and arl >= 1.0) or not 0.0 <= delta < 1.0:
        raise ValueError(f"arl must be at least 1 bucket and delta in [0, 1), not arl={arl}, delta={delta}")
    counts = read(baseline, buckets, bad)
    votes = float(counts.n.sum())
    if not counts.n0.sum() > 0:
        return _silent(votes, None, "no_baseline")
    if not votes > 0:
        rate = float(counts.x0.sum() / counts.n0.sum())
        return _silent(votes, rate if bad == "down" else 1.0 - rate, "no_votes")
    length = len(counts.n)
    marked = tuple(sorted({bucket for bucket in map(index, markers) if 0 <= bucket < length}))
    return _decide(counts, _Watch(arl, delta, marked, bad))


@dataclass(frozen=True, slots=True)
class _Watch:
    arl: float
    delta: float
    markers: tuple[int, ...]
    bad: Bad

    def marked(self, grid: Starts) -> Starts:
        return with_markers(grid, self.markers, self.arl * MARKER_ALPHA)


@dataclass(frozen=True, slots=True)
class _Windows:
    """Per start: passes and fails from it on, and before it (both (K, S))."""

    grid: Starts
    passes: FloatArray
    fails: FloatArray
    passes_before: FloatArray
    fails_before: FloatArray

    @classmethod
    def cut(cls, counts: Counts, grid: Starts) -> _Windows:
        passes, passes_before = _split(counts.x, grid)
        votes, votes_before = _split(counts.n, grid)
        fails, fails_before = np.maximum(votes - passes, 0.0), np.maximum(votes_before - passes_before, 0.0)
        return cls(grid, passes, fails, passes_before, fails_before)


def _split(values: FloatArray, grid: Starts) -> tuple[FloatArray, FloatArray]:
    """Sums from each start on and before it."""
    running = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    before = running[grid.first]
    return np.maximum(running[-1] - before, 0.0), before


def _weigh(counts: Counts, grid: Starts) -> tuple[_Windows, FloatArray]:
    """The windows of these starts and their log E_k (K,)."""
    a, b = prior(counts.n0, counts.x0)
    window = _Windows.cut(counts, grid)
    evidence = log_e(window.passes, window.fails, a + window.passes_before, b + window.fails_before, a / (a + b))
    return window, evidence


def _decide(counts: Counts, watch: _Watch) -> Decision:
    grid = starts(len(counts.n))
    window, evidence = _weigh(counts, watch.marked(grid))
    log_r = max(float(log_sum_exp(evidence + np.log(window.grid.weight))), 0.0)
    if log_r < log(watch.arl):
        return _decision(counts, watch, log_r, drop=_drop_since(counts, window, 0))
    rough = onset.interval(window.grid, evidence, onset.best(window.grid, evidence))
    window, evidence = _weigh(counts, watch.marked(refined(grid, *rough)))
    chosen = onset.best(window.grid, evidence)
    since = (int(window.grid.first[chosen]), *onset.interval(window.grid, evidence, chosen))
    drop = _drop_since(counts, window, chosen)
    marks = {"minor_shift": drop.size < watch.delta, "few_fails": window.fails[chosen].sum() < FEWEST_FAILS}
    return _decision(counts, watch, log_r, drop=drop, since=since, flags=tuple(word for word in marks if marks[word]))


def _drop_since(counts: Counts, window: _Windows, start: int) -> Drop:
    return measure(
        window.passes[start] + window.fails[start],
        window.passes[start],
        counts.n0 + window.passes_before[start] + window.fails_before[start],
        counts.x0 + window.passes_before[start],
    )


def _decision(
    counts: Counts,
    watch: _Watch,
    log_r: float,
    *,
    drop: Drop,
    since: tuple[int, int, int] | tuple[None, None, None] = (None, None, None),
    flags: tuple[str, ...] = (),
) -> Decision:
    new = bool(((counts.n0 <= 0) & (counts.n.sum(0) > 0)).any())
    return Decision(
        alarm=since[0] is not None and not flags,
        log_evidence=log_r,
        onset=since[0],
        onset_lo=since[1],
        onset_hi=since[2],
        p_ref=drop.reference if watch.bad == "down" else 1.0 - drop.reference,
        p_now=drop.now if watch.bad == "down" else 1.0 - drop.now,
        drop=drop.size,
        drop_lo=drop.lo,
        drop_hi=drop.hi,
        votes=float(counts.n.sum()),
        flags=(*flags, "new_stratum") if new else flags,
        votes_since_onset=drop.votes,
    )


def _silent(votes: float, p_ref: float | None, flag: str) -> Decision:
    return Decision(False, None, None, None, None, p_ref, None, None, None, None, votes, (flag,))
