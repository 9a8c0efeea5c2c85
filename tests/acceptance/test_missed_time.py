"""After downtime every missed window is looked at, in order, as if somebody had been there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from evaluator.buckets import STEP
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, monitors
from store.records import Alert, DriftCheck
from store.store import Store
from tests.alerting import settled
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE, PART, nobody_waits, vote

CHANNEL = ChannelSettings(name="pager", kind="webhook", url_env="PAGER_URL")
THURSDAY, DOWN, UP = NOON - timedelta(days=4), NOON - timedelta(days=2, hours=18), NOON - timedelta(hours=3)
SETTINGS = Settings(
    drift=DriftSettings(baseline_votes=200, baseline_hours=6), alerts=AlertSettings(channels=(CHANNEL,)), monitors=ALONE
)
RATES = [0.95] * 14 + [0.6] * 6 + [0.95] * 12
"""Of three hours each: good until Saturday morning, then bad for 18 hours, good again from Sunday on."""


def watch(store: Store, clock: Clock) -> Monitors:
    """A scheduler as it is after a start."""
    return Monitors(store, SETTINGS, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits)


def arrive(store: Store, first: int, until: int) -> None:
    """The samples of these parts with their verdicts, whenever they come."""
    vote(store, RATES[first:until], start=THURSDAY + first * PART, prefix=f"part{first}-")


def left(store: Store) -> tuple[list[DriftCheck], list[Alert]]:
    """All looks, in the order in which they were stored, and all alerts."""
    with store.read() as c:
        [monitor] = [one for one in monitors.monitors(c) if one.series.metric == "pass_rate"]
        return monitors.checks(c, monitor.monitor_id), alerts.find(c)


def never_down(clock: Clock) -> tuple[list[DriftCheck], list[Alert]]:
    """What a scheduler finds that was there all the time, while everything came in time."""
    with Store.open(None, clock=clock) as store:
        for part in range(len(RATES)):
            arrive(store, part, part + 1)
            asyncio.run(watch(store, clock).check(THURSDAY + (part + 1) * PART))
        return left(store)


def look(store: Store, clock: Clock, now: datetime) -> None:
    clock.now = now
    asyncio.run(watch(store, clock).check())


def test_a_weekend_of_downtime_is_looked_at_window_by_window(store: Store, clock: Clock) -> None:
    """A client's retry queue brings the weekend on Monday morning: looks, alert and recovery are those of a scheduler
    that was never down, each quarter hour once and in order; the channel hears once that it was and is over."""
    down = (DOWN - THURSDAY) // PART
    arrive(store, 0, down)
    look(store, clock, DOWN)
    arrive(store, down, len(RATES))
    look(store, clock, NOON)
    checks, found = left(store)
    times = [check.looked_at for check in checks]
    missed = [time for time in times if time > DOWN]
    print(f"downtime of {NOON - DOWN}: {len(missed)} missed windows looked at, {len(found)} alert(s)")
    assert missed == [DOWN + n * STEP for n in range(1, (NOON - DOWN) // STEP + 1)]
    assert times == sorted(set(times))
    assert [(row.event, row.state) for row in settled(store, SETTINGS)] == [("resolved", "pending")]
    clock.now = NOON
    expected, told = never_down(clock)
    assert checks == expected
    assert [(one.fired_at, one.resolved_at) for one in found] == [(one.fired_at, one.resolved_at) for one in told]


def test_a_retry_queue_that_empties_in_pieces_calls_looks_back(store: Store, clock: Clock) -> None:
    """The weekend comes newest first, with a look in between: in the end each window was looked at once, and the last
    looks say what they say of a scheduler that was never down."""
    down = (DOWN - THURSDAY) // PART
    arrive(store, 0, down)
    look(store, clock, DOWN)
    middle = down + 15
    arrive(store, middle, len(RATES))
    look(store, clock, UP)
    arrive(store, down, middle)
    look(store, clock, NOON)
    checks, found = left(store)
    clock.now = NOON
    expected, told = never_down(clock)
    assert [check.looked_at for check in checks] == [check.looked_at for check in expected]
    assert checks == expected
    assert [(one.fired_at, one.resolved_at) for one in found] == [(one.fired_at, one.resolved_at) for one in told]


def test_looks_are_the_same_whenever_they_are_taken_long_after_the_baseline(clock: Clock) -> None:
    """A fall 41 days after the baseline, seen at one go or in eleven: all clean votes before it are in the reference of
    either, though evidence is sought in thirty days only."""
    days = (44, 40, 30, 12, 8, 4, 3.5, 3, 2, 1, 0)
    at_once, in_pieces = (sparse(clock, times) for times in ((0.0,), days))
    different = set(at_once) - set(in_pieces)
    print(f"{len(at_once)} looks, {len(different)} of them different (target 0)")
    assert (different, at_once[-1].state) == (set(), "firing")


def sparse(clock: Clock, days: Sequence[float]) -> list[DriftCheck]:
    """The looks of schedulers that came up so many days before noon: a vote every half hour, bad in the last days."""
    with Store.open(None, clock=clock) as store:
        times = [NOON - timedelta(days=45) + i * timedelta(minutes=30) for i in range(45 * 48)]
        passed = [(i * 7) % 20 < (19 if i < 41 * 48 else 9) for i in range(len(times))]
        found = [make_sample(f"s{i}", ts=ts, received_at=ts) for i, ts in enumerate(times)]
        store.append_samples(found).result()
        judged = [
            make_verdict(f"s{i}", ts=ts, passed=good) for i, (ts, good) in enumerate(zip(times, passed, strict=True))
        ]
        store.append_verdicts(judged).result()
        for before in days:
            asyncio.run(watch(store, clock).check(NOON - timedelta(days=before)))
        return left(store)[0]
