"""The pass rates that are shown, where sampling keeps one class of traffic more often than another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.telemetry import Metrics
from store.store import Store
from tests.builders import make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE, START, nobody_waits, vote

RARE = 0.05


def two_classes(store: Store, *, rare: float) -> None:
    """Common traffic passes 95 of 100 and is kept at the rate `rare`; dear traffic passes 60 of 100, all kept. All
    have a verdict; its probability is the lane's: the lesser of what was kept and the judge's half."""
    samples, verdicts = [], []
    for i in range(2400):
        ts = START + timedelta(minutes=i)
        dear = i % 2 == 1
        name, probability = ("dear", 1.0) if dear else ("common", rare)
        samples.append(make_sample(f"s{i}", ts=ts, sampling_class=name, sampling_probability=probability))
        good = (i // 2 * 37) % 100 < (60 if dear else 95)
        verdicts.append(
            make_verdict(f"s{i}", ts=ts, passed=good, sampling_class=name, judge_probability=min(probability, 0.5))
        )
    store.append_samples(samples).result()
    store.append_verdicts(verdicts).result()


async def rates(store: Store, clock: Clock) -> tuple[float, float, float, float]:
    """The baseline's rate with its interval, and n."""
    drift = DriftSettings(baseline_votes=200, baseline_hours=6)
    watch = Monitors(
        store, Settings(drift=drift, monitors=ALONE), clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits
    )
    shown = (await watch.check()).monitors[0].baseline
    assert shown is not None
    assert shown.rate is not None
    assert shown.lo is not None
    assert shown.hi is not None
    return shown.rate, shown.lo, shown.hi, shown.n


async def test_the_shown_rate_is_that_of_all_traffic(store: Store, clock: Clock) -> None:
    """Half of what is kept is dear, but of the traffic it is an eleventh: the rate is near that of the common."""
    two_classes(store, rare=RARE)
    rate, lo, hi, n = await rates(store, clock)
    assert rate == pytest.approx((10 * 0.95 + 0.60) / 11, abs=0.02)
    assert lo < rate < hi
    assert n == pytest.approx(360, abs=30)


async def test_equal_rates_show_the_votes_as_they_are(store: Store, clock: Clock) -> None:
    """Two classes that are kept alike: the plain rate, with Wilson's interval on all votes."""
    two_classes(store, rare=1.0)
    rate, lo, hi, _ = await rates(store, clock)
    assert rate == pytest.approx((0.95 + 0.60) / 2, abs=0.03)
    assert hi - lo < 0.1


async def test_unequal_weights_cost_certainty(store: Store, clock: Clock) -> None:
    """The same votes say less about all traffic when half of them stand for nearly all of it."""
    two_classes(store, rare=RARE)
    _, lo, hi, n = await rates(store, clock)
    with Store.open(None, clock=clock) as other:
        vote(other, [0.95] * 14)
        plain, plain_lo, plain_hi, plain_n = await rates(other, clock)
    assert (hi - lo) * (n / plain_n) ** 0.5 > plain_hi - plain_lo
    assert plain == pytest.approx(0.95, abs=0.01)


async def test_a_fall_that_missing_verdicts_could_explain_says_so(clock: Clock) -> None:
    """With as many samples waiting as failed, the alert and the monitor carry the flag; with none, they do not."""
    found = []
    for waiting in (100_000, 0):
        drift = DriftSettings(baseline_votes=200, baseline_hours=6)
        settings = Settings(drift=drift, monitors=ALONE)
        with Store.open(None, clock=clock) as fresh:
            vote(fresh, [0.95] * 8 + [0.65] * 6)
            watch = Monitors(
                fresh,
                settings,
                clock,
                Metrics(),
                {"tone": "v1"},
                waiting=lambda _, spans, n=waiting: [n for _ in spans],
            )
            report = await watch.check()
        flag = "may_be_missing_data"
        found.append((flag in report.firing[0].evidence["flags"], flag in report.monitors[0].flags))
    assert found == [(True, True), (False, False)]
