"""Do these texts differ from those? A classifier learns to tell them apart; how well does it do on texts it never saw?

The features of a text are its distinct runs of four bytes (lower case, spaces drawn together, the first 2000
characters), hashed into 32,768 bins: they know every language and need no tokeniser. The classifier is naive Bayes on
half of each lot, with c_b texts of N having bin b, and is asked about the rest:

    score = mean over the text's bins of ln[(c1_b + 1/2)/(N1 + 1)] - ln[(c0_b + 1/2)/(N0 + 1)]
    AUC   = P(score of a new text > score of an old one), .5 when nothing can be told

The texts asked about took no part in the learning, so while both lots come from one source their scores are
exchangeable, and Mann and Whitney's test of AUC > .5 is exact up to its normal approximation: no permutations needed.
A hash of the text decides its half: a text that comes again, before or now, is learned from or asked about, never both.
The mean, not the sum, keeps the length of a text out of it.

References: D. Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests" (ICLR 2017); H. Mann, D. Whitney, Ann.
Math. Statist. 18 (1947) 50. Deviations: AUC instead of accuracy, one split instead of many. Scope: texts independent of
each other; give one per session, or a talkative user reads as a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.counts import FloatArray
from evaluator.drift.two_windows import FEWEST, Difference

RUN = 4
BITS = 15
LONGEST = 2000
MULTIPLIER = np.uint32(2654435761)

Bins = NDArray[np.int64]


def told_apart(before: Sequence[str], now: Sequence[str]) -> Difference | None:
    """The held-out AUC as `effect` (.5 alike, 1 apart) and its p; None when a half has fewer than 20 texts on a side.

    >>> old, new = [f"where is order {i}?" for i in range(80)], [f"wo ist Bestellung {i}?" for i in range(80)]
    >>> found = told_apart(old, new)
    >>> found.effect, found.p < 1e-9
    (1.0, True)
    >>> told_apart(old[:10], new) is None
    True
    """
    from scipy.stats import mannwhitneyu

    old, asked_old = _halves(before)
    new, asked_new = _halves(now)
    if min(map(len, (old, new, asked_old, asked_new))) < FEWEST:
        return None
    ratio = _rates(new) - _rates(old)
    score_old, score_new = _scores(asked_old, ratio), _scores(asked_new, ratio)
    found = mannwhitneyu(score_new, score_old, alternative="greater", method="asymptotic")
    p = float(found.pvalue)
    return Difference(float(found.statistic) / (len(score_old) * len(score_new)), 1.0 if np.isnan(p) else p)


def _halves(lot: Sequence[str]) -> tuple[list[Bins], list[Bins]]:
    """The texts to learn from and those to ask about."""
    plain = [" ".join(text[:LONGEST].lower().split()).encode("utf-8", "replace") for text in lot]
    learned, asked = ([_bins(text) for text in plain if crc32(text) % 2 == half] for half in (0, 1))
    return learned, asked


def _bins(text: bytes) -> Bins:
    """The distinct bins of a text; one shorter than a run has none."""
    data = np.frombuffer(text, dtype=np.uint8).astype(np.uint32)
    if len(data) < RUN:
        return np.zeros(0, dtype=np.int64)
    run = data[:-3] | data[1:-2] << np.uint32(8) | data[2:-1] << np.uint32(16) | data[3:] << np.uint32(24)
    return np.unique((run * MULTIPLIER) >> np.uint32(32 - BITS)).astype(np.int64)


def _rates(lot: list[Bins]) -> FloatArray:
    """ln of the share of texts that have each bin."""
    seen = np.bincount(np.concatenate(lot), minlength=1 << BITS)
    rates: FloatArray = np.log((seen + 0.5) / (len(lot) + 1.0))
    return rates


def _scores(lot: list[Bins], ratio: FloatArray) -> FloatArray:
    return np.array([ratio[bins].mean() if len(bins) else 0.0 for bins in lot])
