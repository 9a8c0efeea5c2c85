"""How many more labels does the corrected pass rate need?

With p the judge's pass rate, a and b the shares of passes and fails that people pass, and m labels on each verdict:

    half-width h = z sqrt((p² a (1 - a) + (1 - p)² b (1 - b)) / m)

solved for m at h = 5 points; no verdict needs more labels than it has samples, and each needs 20 to be called known.
Before labels tell, a judge that agrees with people in nine of ten is assumed, with the weight of ten labels.

Reference: W. G. Cochran, Sampling Techniques (1977), section 5.5 (stratified sampling, equal allocation).
"""

from __future__ import annotations

from math import ceil

from evaluator.drift.calibration import Labels

HALF = 0.05
Z = 1.96
LEAST = 20
ASSUMED, WEIGHT = 0.9, 10.0


def lacking(labels: Labels, passes: int, n: int) -> int | None:
    """About how many labels are lacking, 0 when it is enough; None when nothing was judged.

    >>> lacking(Labels(0, 0, 0, 0), 900, 1000)
    214
    >>> lacking(Labels(180, 6, 12, 60), 900, 1000)
    0
    >>> lacking(Labels(0, 0, 0, 0), 0, 0) is None
    True
    """
    if n <= 0:
        return None
    p = passes / n
    on_passes, on_fails = labels.pass_pass + labels.pass_fail, labels.fail_pass + labels.fail_fail
    good = (labels.pass_pass + ASSUMED * WEIGHT) / (on_passes + WEIGHT)
    bad = (labels.fail_fail + ASSUMED * WEIGHT) / (on_fails + WEIGHT)
    of_passes, of_fails = p**2 * good * (1 - good), (1 - p) ** 2 * bad * (1 - bad)
    allowed = (HALF / Z) ** 2
    known = on_passes >= min(LEAST, passes) and on_fails >= min(LEAST, n - passes)
    if known and of_passes / max(on_passes, 1) + of_fails / max(on_fails, 1) <= allowed:
        return 0
    each = max(LEAST, ceil((of_passes + of_fails) / allowed))
    short = (min(each, there) - have for there, have in ((passes, on_passes), (n - passes, on_fails)))
    return ceil(sum(max(0.0, one) for one in short))
