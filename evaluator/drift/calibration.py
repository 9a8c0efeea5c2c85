"""What is the true pass rate, when a judge that errs says pass, and people labelled some of the same answers?

Labels from the same window, post-stratified by verdict, with p the share the judge passes:

    theta = p PPV + (1 - p)(1 - NPV)

Labels from another window, where the share of good answers may have been another (Rogan and Gladen):

    theta = (p + specificity - 1) / (sensitivity + specificity - 1), cut to [0, 1]

p, PPV and NPV, or p, sensitivity and specificity, are drawn from Jeffreys betas (x + 1/2, n - x + 1/2); the estimate is
the draws' mean, the interval their 2.5 % and 97.5 % points. The first is about half as wide, and wrong once the share
of good answers moved since the labels were made: PPV and NPV move with it. The second needs a judge that errs as it did
then: calibrate anew for each version of the judge and of the judged model, and show how old the labels are.

References: W. J. Rogan, B. Gladen, Am. J. Epidemiology 107 (1978) 71; D. Holt, T. M. F. Smith, JRSS-A 142 (1979) 33.
With the labels' own verdict shares in its place, theta is prediction-powered inference with the best weight
PPV + NPV - 1 (A. N. Angelopoulos, S. Bates, C. Fannjiang, M. I. Jordan, T. Zrnic, Science 382 (2023) 669).
Deviations: draws with sensitivity + specificity <= 1 say nothing and are left out; too many of them, no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluator.drift.counts import FloatArray

DRAWS = 2000
USELESS = 0.05  # a judge for which more draws than these are no better than chance gives no answer


@dataclass(frozen=True, slots=True)
class Labels:
    """Answers that people labelled, by the judge's verdict and theirs: `pass_fail` is judge pass, human fail."""

    pass_pass: float
    pass_fail: float
    fail_pass: float
    fail_fail: float


@dataclass(frozen=True, slots=True)
class TrueRate:
    """The pass rate people would give, with its 95 % interval."""

    rate: float
    lo: float
    hi: float


def post_stratified(
    labels: Labels, passes: float, n: float, rng: np.random.Generator, draws: int = DRAWS
) -> TrueRate | None:
    """The judge passed `passes` of the window's n votes; the labels are a random part of the same window.

    They may also be a random part of its passes and one of its fails, in shares of their own, as people's are here.
    None without votes, or without labels on a verdict that the judge gave: nobody knows how good those answers are.

    >>> found = post_stratified(Labels(85, 5, 2, 8), 9000, 10_000, np.random.default_rng(1))
    >>> round(found.rate, 2), round(found.lo, 2), round(found.hi, 2)
    (0.87, 0.81, 0.91)
    >>> post_stratified(Labels(85, 5, 0, 0), 9000, 10_000, np.random.default_rng(1)) is None
    True
    """
    _check(labels, passes, n)
    unknown = (passes > 0 and not labels.pass_pass + labels.pass_fail > 0) or (
        passes < n and not labels.fail_pass + labels.fail_fail > 0
    )
    if not n > 0 or unknown:
        return None
    p = jeffreys(rng, passes, n - passes, draws)
    good_if_passed = jeffreys(rng, labels.pass_pass, labels.pass_fail, draws)
    good_if_failed = jeffreys(rng, labels.fail_pass, labels.fail_fail, draws)
    return _summary(p * good_if_passed + (1.0 - p) * good_if_failed)


def rogan_gladen(
    labels: Labels, passes: float, n: float, rng: np.random.Generator, draws: int = DRAWS
) -> TrueRate | None:
    """The judge passed `passes` of the window's n votes; the labels are older.

    None without votes, without labels of both kinds, or when the judge may be no better than chance.

    >>> found = rogan_gladen(Labels(85, 5, 2, 8), 9000, 10_000, np.random.default_rng(1))
    >>> round(found.rate, 2), round(found.lo, 2), round(found.hi, 2)
    (0.87, 0.77, 0.95)
    >>> rogan_gladen(Labels(45, 45, 5, 5), 9000, 10_000, np.random.default_rng(1)) is None
    True
    """
    _check(labels, passes, n)
    good, bad = labels.pass_pass + labels.fail_pass, labels.pass_fail + labels.fail_fail
    if not (n > 0 and good > 0 and bad > 0):
        return None
    p = jeffreys(rng, passes, n - passes, draws)
    sensitivity = jeffreys(rng, labels.pass_pass, labels.fail_pass, draws)
    specificity = jeffreys(rng, labels.fail_fail, labels.pass_fail, draws)
    better = sensitivity + specificity - 1.0
    told = better > 0
    if told.mean() < 1.0 - USELESS:
        return None
    return _summary(np.clip((p + specificity - 1.0)[told] / better[told], 0.0, 1.0))


def jeffreys(rng: np.random.Generator, hits: float, misses: float, draws: int) -> FloatArray:
    """Draws of a share of which so many hits and misses are known."""
    return rng.beta(hits + 0.5, max(misses, 0.0) + 0.5, draws)


def _summary(theta: FloatArray) -> TrueRate:
    lo, hi = np.quantile(theta, [0.025, 0.975])
    return TrueRate(float(theta.mean()), float(lo), float(hi))


def _check(labels: Labels, passes: float, n: float) -> None:
    counts = (labels.pass_pass, labels.pass_fail, labels.fail_pass, labels.fail_fail)
    if not all(np.isfinite(count) and count >= 0 for count in counts):
        raise ValueError(f"labels must be counts of at least 0, not {counts}")
    if not 0.0 <= passes <= n * (1 + 1e-9) + 1e-9:
        raise ValueError(f"a calibration needs 0 <= passes <= n, not passes={passes}, n={n}")
