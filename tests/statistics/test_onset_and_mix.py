"""Target 3 of the detector: the onset's interval covers, a mix shift is silent, what a mix hides is seen."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from evaluator.drift.decision import Decision
from evaluator.drift.detector import evaluate
from tests.figures import Figures
from tests.statistics.simulation import DAY, Array, Simulated, coins, log_r, upper_bound

ARL = 5 * 30 * DAY
SERIES = 200

pytestmark = pytest.mark.slow


def _alarms(data: Simulated, looks: range) -> list[Decision | None]:
    """Each series' decision at its first alarm."""
    result: list[Decision | None] = []
    for i, evidence in enumerate(log_r(data, looks)):
        hits = (evaluate(*data.tables(i, looks[c]), arl=ARL) for c in np.flatnonzero(evidence >= log(ARL)))
        result.append(next((decision for decision in hits if decision.alarm), None))
    return result


@pytest.mark.parametrize("drop", [0.05, 0.10, 0.20])
def test_the_onset_interval_covers_as_often_as_it_says(drop: float, figures: Figures) -> None:
    """The 90 % interval at the alarm holds the true change in 85 to 97 % of alarms after it.

    Asserted is the lower end.
    """
    rng, change = np.random.default_rng([20261120, round(100 * drop)]), 5 * DAY
    rates = np.where(np.arange(change + 5 * DAY) < change, 0.95, 0.95 - drop)
    data = coins(rng, SERIES, len(rates), rate=rates, per_day=480, n0=1000)
    found = [d for d in _alarms(data, range(change + 2, len(rates) + 1, 2)) if d and d.onset is not None]
    inside = [(d.onset_lo or 0) <= change <= (d.onset_hi or 0) for d in found]
    width = np.median([(d.onset_hi or 0) - (d.onset_lo or 0) + 1 for d in found]) / 4
    miss = np.median([abs((d.onset or 0) - change) for d in found]) / 4
    figures.record(
        "3",
        f"onset, drop {drop:.0%}: the 90 % interval holds the change",
        f"{np.mean(inside):.3f}",
        target=".85-.97",
        ok=bool(0.85 <= np.mean(inside) <= 0.97),
        note=f"of {len(found)}; median width {width:.1f} h, median error {miss:.1f} h",
    )
    assert len(found) >= 0.9 * SERIES
    assert np.mean(inside) >= 0.85


def _two_segments(rng: np.random.Generator, shares: tuple[float, float], rates: tuple[Array, Array]) -> Simulated:
    """An easy and a hard segment, 960 votes a day; the share of the easy one and both rates change at day 3."""
    late = np.arange(10 * DAY) >= 3 * DAY
    share = np.where(late, shares[1], shares[0])
    volume = 10.0 * np.stack([share, 1.0 - share], axis=-1)
    n = rng.poisson(volume, (SERIES, *volume.shape))
    x = rng.binomial(n, np.where(late[:, None], rates[1], rates[0]))
    n0 = rng.multinomial(2000, [shares[0], 1.0 - shares[0]], SERIES)
    return Simulated(n0.astype(float), rng.binomial(n0, rates[0]).astype(float), n.astype(float), x.astype(float))


def _lumped(data: Simulated) -> Simulated:
    """The same votes without strata."""
    return Simulated(*(counts.sum(-1, keepdims=True) for counts in (data.n0, data.x0, data.n, data.x)))


@pytest.mark.parametrize(
    ("name", "shares", "after", "most", "least"),
    [("pure mix shift", (0.8, 0.4), (0.95, 0.75), 0.01, 0.0), ("hidden drop", (0.4, 0.8), (0.89, 0.69), 1.0, 0.95)],
)
def test_a_mix_shift_is_told_from_a_drop(
    name: str, shares: tuple[float, float], after: tuple[float, float], most: float, least: float, figures: Figures
) -> None:
    """Stratified, at most 1 % alarm on a pure mix shift and at least 95 % on a drop that a better mix hides."""
    data = _two_segments(np.random.default_rng(20261120), shares, (np.array([0.95, 0.75]), np.array(after)))
    looks = range(8, 10 * DAY + 1, 8)
    split, pooled = (sum(d is not None for d in _alarms(table, looks)) for table in (data, _lumped(data)))
    assert figures.record(
        "3",
        f"{name}: alarms",
        f"{split / SERIES:.1%}",
        target=f"{least:.0%}-{most:.0%}",
        ok=least <= split / SERIES <= most,
        note=f"{split}/{SERIES}, upper bound {upper_bound(split, SERIES):.1%}; without strata {pooled / SERIES:.0%}",
    )


def test_a_fall_in_one_of_five_segments_is_found(figures: Figures) -> None:
    """1000 votes of baseline and 960 since: 30 points in a fifth of the traffic are found, more often than unsplit."""
    rng, arl = np.random.default_rng(20261120), 20 * 30 * DAY
    n0 = rng.multinomial(1000, np.full(5, 0.2), SERIES)
    n = rng.poisson(1.0, (SERIES, 2 * DAY, 5))
    x = rng.binomial(n, np.array([0.65, *(0.95,) * 4]))
    data = Simulated(n0.astype(float), rng.binomial(n0, 0.95).astype(float), n.astype(float), x.astype(float))
    split, pooled = (
        float((log_r(table, range(2 * DAY, 2 * DAY + 1))[:, 0] >= log(arl)).mean()) for table in (data, _lumped(data))
    )
    what, note = "30 points in one of five segments, 960 votes: found", f"without strata {pooled:.0%}"
    assert figures.at_least("3", what, split, 0.95, form="{:.0%}", note=note)
    assert pooled < split
