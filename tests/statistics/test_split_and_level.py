"""The 95 % intervals of within and mix, and of the level of unevenly sampled traffic, cover as often as they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evaluator.drift.level import level
from evaluator.drift.mix import decompose
from tests.figures import Figures
from tests.weighing import sums

SERIES = 2000
MONTE_CARLO = 3 * (0.95 * 0.05 / SERIES) ** 0.5
Row = Sequence[float]

pytestmark = pytest.mark.slow

EASY_HARD = ((0.8, 0.2), (0.4, 0.6))


@pytest.mark.parametrize(
    ("name", "votes", "shares", "rates"),
    [
        ("pure mix shift", (2000, 1000), EASY_HARD, ((0.95, 0.75), (0.95, 0.75))),
        ("pure fall", (2000, 500), ((0.8, 0.2), (0.8, 0.2)), ((0.95, 0.75), (0.85, 0.65))),
        ("fall hidden by a better mix", (2000, 1000), ((0.4, 0.6), (0.8, 0.2)), ((0.95, 0.75), (0.89, 0.69))),
        ("four segments", (2000, 500), ((0.5, 0.3, 0.15, 0.05), (0.3, 0.3, 0.2, 0.2)), ((0.95, 0.9, 0.8, 0.9),) * 2),
        ("eight segments", (1000, 300), ((0.3, *(0.1,) * 7), (*(0.1,) * 7, 0.3)), ((0.9,) * 8, (0.85,) * 8)),
        ("few votes", (500, 200), ((0.5, 0.3, 0.2), (0.3, 0.3, 0.4)), ((0.95, 0.9, 0.8), (0.9, 0.9, 0.8))),
    ],
)
def test_the_split_covers(
    name: str, votes: tuple[int, int], shares: tuple[Row, Row], rates: tuple[Row, Row], figures: Figures
) -> None:
    """Both intervals hold the truth in 93 to 97 % of cases, give or take three Monte-Carlo errors."""
    rng = np.random.default_rng([20261129, len(name)])
    (w0, w1), (p0, p1) = np.array(shares), np.array(rates)
    truth = {"within": ((w0 + w1) / 2) @ (p1 - p0), "mix": (w1 - w0) @ ((p0 + p1) / 2), "total": w1 @ p1 - w0 @ p0}
    hits = dict.fromkeys(truth, 0)
    for _ in range(SERIES):
        before, now = rng.multinomial(votes[0], w0), rng.multinomial(votes[1], w1)
        tables = [{"n": n, "x": rng.binomial(n, p)} for n, p in ((before, p0), (now, p1))]
        found = decompose([str(i) for i in range(len(w0))], *tables)
        assert found is not None
        for part in truth:
            change = getattr(found, part)
            hits[part] += change.lo <= truth[part] <= change.hi
    for part, count in hits.items():
        share, note = count / SERIES, f"{SERIES} series; asserted within three Monte-Carlo errors"
        words, ok = f"{share:.3f}", 0.93 <= share <= 0.97
        figures.record("happened", f"split, {name}: {part} covers", words, target=".93-.97", ok=ok, note=note)
        assert 0.93 - MONTE_CARLO <= share <= 0.97 + MONTE_CARLO


@pytest.mark.parametrize(
    ("requests", "share", "rare", "full"),
    [
        (2000, 0.1, 0.95, 0.60),
        (2000, 0.3, 0.90, 0.90),
        (10_000, 0.05, 0.95, 0.50),
        (1000, 0.1, 0.90, 0.70),
        (5000, 0.5, 0.80, 0.98),
        (5000, 0.5, 0.98, 0.80),
    ],
)
def test_the_level_covers(requests: int, share: float, rare: float, full: float, figures: Figures) -> None:
    """Two classes kept with .05 and 1: at least 93 % hold the rate of all traffic; the plain rate's do not.

    There is no upper target: where the rarely kept class varies less, the floor at Kish's effect makes it wide.
    """
    rng = np.random.default_rng([20261129, requests, round(100 * rare), round(100 * full)])
    truth, hits, plain = share * full + (1 - share) * rare, 0, 0
    for _ in range(SERIES):
        always = rng.random(requests) < share
        chance = np.where(always, 1.0, 0.05)
        kept = rng.random(requests) < chance
        y = (rng.random(requests) < np.where(always, full, rare)).astype(float)[kept]
        found, unweighted = level(sums(y, 1.0 / chance[kept])), level(sums(y, np.ones(len(y))))
        assert found is not None
        assert unweighted is not None
        hits += found.lo <= truth <= found.hi
        plain += unweighted.lo <= truth <= unweighted.hi
    covered = hits / SERIES
    name = f"level covers, {requests} requests, {share:.0%} always kept at {full}, others 1 in 20 at {rare}"
    note = f"{SERIES} series; the unweighted rate {plain / SERIES:.3f}; asserted within three Monte-Carlo errors"
    figures.at_least("happened", name, covered, 0.93, form="{:.3f}", note=note)
    assert covered >= 0.93 - MONTE_CARLO
