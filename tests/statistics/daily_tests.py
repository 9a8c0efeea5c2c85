"""What drift tools test by default: once a day, the day's values against the baseline's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp

from tests.statistics.simulation import DAY, Array
from tests.statistics.streams import Metric, Stream

DAILY: dict[str, tuple[str, float]] = {
    "KS or chi², p < .05": ("test", 0.05),
    "p < .001": ("test", 0.001),
    "PSI ≥ .1": ("psi", 0.1),
    "PSI ≥ .2": ("psi", 0.2),
}


def alarm_days(rule: str, data: Stream, metric: Metric, first: int = 0) -> list[int]:
    """The days from `first` on whose values the rule calls drifted."""
    kind, limit = DAILY[rule]
    day = data.bucket // DAY
    found = []
    for one in range(first, data.buckets // DAY):
        values = data.value[day == one]
        if not len(values):
            continue
        score = _p_value(data.base, values, metric) if kind == "test" else -_psi(data.base, values, metric)
        if score < limit if kind == "test" else -score >= limit:
            found.append(one)
    return found


def _p_value(base: Array, values: Array, metric: Metric) -> float:
    """Kolmogorov-Smirnov's for numbers with a ridit, chi-square's for scores and labels."""
    if metric.ridit:
        return float(ks_2samp(base, values, method="asymp").pvalue)
    both = _shares(base, values, np.union1d(base, values), lambda array: array)
    return float(chi2_contingency(np.array(both)).pvalue) if len(both[0]) > 1 else 1.0


def _psi(base: Array, values: Array, metric: Metric) -> float:
    """The population stability index over the baseline's deciles, or over the values of scores and labels."""
    if metric.ridit:
        edges = np.unique(np.quantile(base, np.arange(0.1, 1.0, 0.1)))
        both = _shares(base, values, np.arange(len(edges) + 1), lambda array: np.searchsorted(edges, array))
    else:
        both = _shares(base, values, np.union1d(base, values), lambda array: array)
    p, q = (np.maximum(counts / counts.sum(), 1e-4) for counts in both)
    return float(((q - p) * np.log(q / p)).sum())


def _shares(base: Array, values: Array, levels: Array, place: Callable[[Array], Array]) -> tuple[Array, Array]:
    """How many of the baseline's and of the day's values lie at each level."""
    return tuple((place(array)[:, None] == levels).sum(0).astype(float) for array in (base, values))  # type: ignore
