"""Minor shifts of a store: what moved too little for an alert is listed, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import inf, log

import pytest

from evaluator.report.asked import Asked
from evaluator.report.shapes import ShiftList
from evaluator.report.shifts import candidates, chosen, log_e, shifts
from evaluator.service import Service
from store import alerts
from tests.builders import NOON, make_sample, make_verdict
from tests.unit.evaluator.report.conftest import version_of

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
GOLDEN = 0.6180339887498949
N = 18_000
"""Votes in eight days."""


def vote_evenly(service: Service, feature: str, rate: Callable[[float], float]) -> None:
    """Votes of eight days with the rate of each day, spread evenly, so that chance adds nothing to it."""
    times = [NOON - 8 * DAY + 8 * DAY * place / N for place in range(N)]
    passed = [(place * GOLDEN) % 1.0 < rate((ts - NOON) / DAY) for place, ts in enumerate(times)]
    version = version_of(service)
    named = [(f"{feature}-{place}", ts, good) for place, (ts, good) in enumerate(zip(times, passed, strict=True))]
    service.store.append_samples([make_sample(name, ts=ts, feature=feature) for name, ts, _ in named]).result()
    verdicts = [
        make_verdict(name, ts=ts, feature=feature, passed=good, judge_version=version) for name, ts, good in named
    ]
    service.store.append_verdicts(verdicts).result()


def found(service: Service, end: timedelta = timedelta(0)) -> ShiftList:
    with service.store.read() as c:
        return shifts(c, service.settings, Asked(NOON - 7 * DAY, NOON - end))


async def test_a_planted_shift_below_the_alarm_is_listed_and_fires_nothing(service: Service) -> None:
    """1.5 points of 18,000 votes, with 2 as the least change of an alert: in the list, with drop and interval."""
    vote_evenly(service, "moved", lambda day: 0.95 if day < -4 else 0.935)
    vote_evenly(service, "steady", lambda _: 0.95)
    await service.monitors.check()
    with service.store.read() as c:
        assert alerts.find(c) == []
    listed = found(service)
    (one,) = listed.found
    assert (one.feature, one.judge, one.small, listed.monitors) == ("moved", "tone", True, 2)
    assert one.change.lo <= 0.015 <= one.change.hi
    assert (round(one.before, 2), round(one.now, 3)) == (0.95, 0.935)
    assert one.began.lo <= NOON - 4 * DAY <= one.began.hi


async def test_what_had_not_happened_yet_is_not_listed(service: Service) -> None:
    """A report that ends before the shift does not know it."""
    vote_evenly(service, "moved", lambda day: 0.95 if day < -4 else 0.935)
    await service.monitors.check()
    assert found(service, 5 * DAY).found == ()


async def test_what_gets_better_is_no_shift(service: Service) -> None:
    """Only changes for the worse are listed."""
    vote_evenly(service, "better", lambda day: 0.93 if day < -4 else 0.95)
    await service.monitors.check()
    assert found(service).found == ()


async def test_every_monitor_with_a_look_is_asked(service: Service) -> None:
    """Its e-value is the evidence over the quarter hours since its baseline."""
    vote_evenly(service, "steady", lambda _: 0.95)
    await service.monitors.check()
    with service.store.read() as c:
        (one,) = candidates(c, Asked(NOON - 7 * DAY, NOON))
    buckets = (one.check.looked_at - one.base.end_at) // timedelta(minutes=15)
    assert one.check.log_evidence is not None
    assert one.log_e == one.check.log_evidence - log(buckets)


def test_a_marker_makes_the_mean_larger() -> None:
    """Each mass of a marker adds a thousandth of the threshold to what R may be while nothing changes."""
    assert log_e(0.0, 96, 2, log(2880.0)) == -log(96 + 2 * 2.88)


def test_what_fires_is_not_listed_and_still_counts() -> None:
    """As e = 0 among as many monitors: 20 is enough of two, not of three."""
    assert chosen([-inf, log(21.0)]) == [1]
    assert chosen([-inf, log(21.0), -inf]) == []
