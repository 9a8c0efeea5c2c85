"""Two schedulers on one store: every window is looked at once, every alert exists once and is owed once.

The interleaving is forced, not waited for: a store that lets the other scheduler go first before a write.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from evaluator.api.baseline_shapes import BaselineRequest
from evaluator.buckets import STEP
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, monitors, rollup
from store.database import Connection
from store.records import Baseline
from store.rollup import Counted, Source
from store.store import Store
from tests.alerting import settled
from tests.builders import NOON
from tests.conftest import Clock
from tests.voting import ALONE, FALL, START, nobody_waits, vote

CHANNEL = ChannelSettings(name="pager", kind="webhook", url_env="PAGER_URL")
SETTINGS = Settings(
    drift=DriftSettings(baseline_votes=200, baseline_hours=6), alerts=AlertSettings(channels=(CHANNEL,)), monitors=ALONE
)


class Overtaken:
    """A store as a slow scheduler meets it: before its writes somebody else may do all that there is to do."""

    def __init__(self, store: Store, others: Callable[[], Any]) -> None:
        self._store = store
        self._others = others

    def read(self) -> AbstractContextManager[Connection]:
        return self._store.read()

    def run(self, operation: Callable[[Connection], Any]) -> Future[Any]:
        self._others()
        return self._store.run(operation)


def owes_two(c: Connection, done: Mapping[Source, datetime], end: datetime) -> Sequence[Counted]:
    """A judge that left two samples unscored in each quarter hour that is not counted."""
    first = max(done.values(), default=START) + STEP
    buckets = [first + n * STEP for n in range((end - first) // STEP)]
    return [Counted("support-chat", "tone", "v1", bucket, "unscored", 2.0) for bucket in buckets]


def scheduler(store: Any, clock: Clock, settings: Settings = SETTINGS) -> Monitors:
    """One scheduler on this store."""
    return Monitors(
        cast("Store", store), settings, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits, unscored=owes_two
    )


def no_space(*_: object) -> None:
    """Writes nothing."""
    raise OSError("no space left on the device")


def everything(store: Store) -> dict[str, Any]:
    """What looking and two passes over the alerts left behind, with how often each thing is there."""
    settled(store, SETTINGS)
    owed = settled(store, SETTINGS)
    with store.read() as c:
        monitor_ids = [one.monitor_id for one in monitors.monitors(c)]
        found = alerts.find(c, limit=1000)
        checks = [check for monitor_id in monitor_ids for check in monitors.checks(c, monitor_id)]
        return {
            "monitors": Counter(monitor_ids),
            "checks": Counter((check.monitor_id, check.looked_at, check.state) for check in checks),
            "alerts": Counter((alert.alert_id, alert.state, alert.fired_at, alert.resolved_at) for alert in found),
            "deliveries": Counter((one.event_id, one.channel) for one in owed),
            "baselines": Counter((row["monitor_id"], row["version"]) for row in _table(c, "baseline")),
            "cells": Counter(
                (row["metric"], row["bucket"], row["label"], row["votes"]) for row in _table(c, "rollup_value")
            ),
        }


def _table(c: Connection, name: str) -> list[dict[str, Any]]:
    answer = c.execute(f"SELECT * FROM {name}")
    columns = [column[0] for column in answer.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def alone(clock: Clock, times: Sequence[datetime]) -> dict[str, Any]:
    """What one scheduler with the store to itself leaves behind."""
    with Store.open(None, clock=clock) as store:
        vote(store, FALL)
        for now in times:
            asyncio.run(scheduler(store, clock).check(now))
        return everything(store)


@pytest.mark.parametrize("turn", [1, 2, 3, 4, 5])
def test_a_scheduler_that_is_overtaken_adds_nothing(store: Store, clock: Clock, turn: int) -> None:
    """One checks to the end before one of the writes of the other (counts, monitors, baseline, looks): all that is
    left is there once, and the same as of one scheduler alone."""
    vote(store, FALL)
    quick, writes = scheduler(store, clock), itertools.count(1)
    slow = scheduler(Overtaken(store, lambda: asyncio.run(quick.check()) if next(writes) == turn else None), clock)
    asyncio.run(slow.check())
    found = everything(store)
    assert next(writes) > turn
    assert {name: max(times.values()) for name, times in found.items()} == dict.fromkeys(found, 1)
    assert found == alone(clock, [NOON])


async def test_two_schedulers_at_the_same_time_leave_what_one_leaves(store: Store, clock: Clock) -> None:
    """Four checks of two schedulers run in threads at once; nothing is there twice."""
    vote(store, FALL)
    times = [START + timedelta(hours=hours) for hours in (9, 24, 30)] + [NOON]
    both = [scheduler(store, clock), scheduler(store, clock)]
    for now in times:
        await asyncio.gather(*(one.check(now) for one in both + both))
    assert everything(store) == await asyncio.to_thread(alone, clock, times)


async def test_a_look_is_taken_anew_when_votes_were_counted_under_it(store: Store, clock: Clock) -> None:
    """Votes that another process counts between reading and writing are looked at by the same check, not forgotten."""
    vote(store, [0.95] * 8)
    await scheduler(store, clock).check()
    vote(store, [0.95] * 6, start=START + timedelta(hours=24), prefix="new")
    late = iter([lambda: vote(store, [0.3] * 5, start=START + timedelta(hours=24, minutes=1), prefix="late")])

    def counts_once() -> None:
        with store.read() as c:
            seen = rollup.counted_until(c)
        if seen > 3 * 480 and (told := next(late, None)):
            told()
            asyncio.run(scheduler(store, clock).count())

    report = await scheduler(Overtaken(store, counts_once), clock).check()
    assert next(late, None) is None
    assert len(report.fired) == 1


async def test_a_command_is_carried_out_though_it_was_overtaken(store: Store, clock: Clock) -> None:
    """A baseline that is set while a scheduler looks is version 2, made once, with its looks behind it."""
    vote(store, FALL)
    quick = scheduler(store, clock)
    checks = iter([lambda: asyncio.run(quick.check())] * 3)
    slow = scheduler(Overtaken(store, lambda: next(checks, lambda: None)()), clock)
    window = {"start": START + timedelta(hours=30), "end": NOON}
    asked = BaselineRequest(feature="support-chat", judge="tone", note="accepted", **window)
    made = await slow.set_baseline(asked)
    report = await quick.check()
    newest: list[Baseline]
    with store.read() as c:
        newest = monitors.baselines(c)
    assert [(one.version, one.note) for one in made] == [(2, "accepted")]
    assert ([one.version for one in newest], report.firing) == ([2], [])


async def test_what_people_do_is_written_together_with_its_line_of_the_log(store: Store, clock: Clock) -> None:
    """Where the line cannot be written, nothing is done."""
    vote(store, FALL)
    watch = scheduler(store, clock)
    before = await watch.check()
    window = {"start": START + timedelta(hours=30), "end": NOON}
    with pytest.raises(OSError, match="no space"):
        await watch.close(set(before.fired), no_space)
    with pytest.raises(OSError, match="no space"):
        await watch.set_baseline(BaselineRequest(feature="support-chat", judge="tone", **window), no_space)
    after = await watch.check()
    assert ([one.alert_id for one in after.firing], after.resolved) == (before.fired, [])


async def test_an_alert_is_ended_by_hand_though_it_was_overtaken(store: Store, clock: Clock) -> None:
    """A scheduler that looks at the same moment does not keep the alert firing, and the log has one line."""
    vote(store, FALL)
    quick = scheduler(store, clock)
    fired = set((await quick.check(NOON - timedelta(hours=1))).fired)
    checks = iter([lambda: asyncio.run(quick.check())])
    lines: list[tuple[datetime, int]] = []
    slow = scheduler(Overtaken(store, lambda: next(checks, lambda: None)()), clock)
    await slow.close(fired, lambda _, at, ended: lines.append((at, ended)))
    with store.read() as c:
        assert (alerts.firing(c), lines) == ([], [(clock(), 1)])
