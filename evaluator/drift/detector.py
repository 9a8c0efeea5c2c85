"""Did quality fall? A Shiryaev-Roberts e-detector on bucket counts.

Idea: each bucket may be the start of a change; E_k is the evidence that it was start k (evidence.py). Their sum

    R_T = sum_k w_k E_k  (+ arl alpha E_e for a marker at bucket e, alpha = .001)

has mean <= T + arl sum alpha while nothing changes, whoever looks and however often, so

    P(R reaches arl within T buckets, nothing wrong) <= T/arl + sum alpha.

An alarm needs R_T >= arl, a drop of at least delta at the best start, and three fails from there on.
The engine is battery.py's: a pass rate is the battery of one indicator.

Scope of the promise: votes independent given the stratum (one vote per session), on average over the baseline's draw.
It is a pure function of counts: late rows, restarts and the order of looks change nothing.

References: J. Shin, A. Ramdas, A. Rinaldo, "E-detectors" (2023); A. Tartakovsky, I. Nikiforov, M. Basseville,
Sequential Analysis (2014), ch. 8. Deviations: starts are thinned (starts.py); R below 1 is reported as 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from numpy.typing import ArrayLike

from evaluator.drift.battery import Series, Watch, watched
from evaluator.drift.counts import Bad, Counts, read
from evaluator.drift.decision import Decision


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
    watch = Watch(arl, delta, tuple(markers), (bad,))
    counts = read(baseline, buckets, bad)
    return watched(Series(Counts(counts.n0, counts.x0[None], counts.n, counts.x[None])), watch)
