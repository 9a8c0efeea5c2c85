"""A file of the version before metrics: its history is counted anew, and what fires goes on firing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest

from evaluator.alerts.state import resolved
from evaluator.api.shapes import CheckReport
from evaluator.monitors.watch import Monitors
from evaluator.settings import Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, incidents, monitors, outbox, rollup
from store.records import Alert, Delivery, Series
from store.rollup import Window
from store.store import Store
from tests.acceptance import old_file
from tests.acceptance.old_file import BEGIN, FIRED, RESOLVED, monitor_id
from tests.alerting import settled
from tests.builders import NOON
from tests.conftest import Clock
from tests.voting import nobody_waits

SAMPLES = 6000
PAGER = ChannelSettings(name="pager", kind="webhook", url_env="PAGER_URL")
HEARD = Delivery(
    event_id=f"{FIRED}:firing",
    channel="pager",
    event="firing",
    state="delivered",
    created_at=NOON,
    next_attempt_at=NOON,
    incident_id="inc_firing",
    alert_id=FIRED,
    attempts=1,
    delivered_at=NOON,
)
"""What the old version told of it."""
CHANNELS = Settings(alerts=AlertSettings(channels=(PAGER,), repeat_hours=10_000))


@pytest.fixture
def old(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """The store of such a file, opened by this version."""
    old_file.write(tmp_path / "leadline.db", SAMPLES)
    with Store.open(tmp_path / "leadline.db", clock=clock) as store:
        yield store


async def checked(store: Store, clock: Clock) -> CheckReport:
    watching = Monitors(store, Settings(), clock, Metrics(), {"falls": "v1", "fell": "v1"}, waiting=nobody_waits)
    return await watching.check()


def all_alerts(store: Store) -> dict[str, Alert]:
    with store.read() as c:
        return {alert.alert_id: alert for alert in alerts.find(c, limit=1000)}


async def test_what_fires_goes_on_firing_and_nothing_fires_twice(old: Store, clock: Clock) -> None:
    """After the next checks the old alerts are the only ones, in the states that they had."""
    for _ in range(3):
        await checked(old, clock)
        clock.advance(minutes=15)
    found = all_alerts(old)
    assert {name: alert.state for name, alert in found.items()} == {FIRED: "firing", RESOLVED: "resolved"}


async def test_what_was_told_is_not_told_again(old: Store, clock: Clock) -> None:
    """Alerts of the old version are incidents that were told; only the end of what fires is still to come."""
    await checked(old, clock)
    old.run(lambda c: outbox.owe(c, [HEARD])).result()
    assert settled(old, CHANNELS) == [replace(HEARD, seq=1)]
    with old.read() as c:
        known = {one.incident_id: (one.state, one.told_at is not None) for one in incidents.find(c)}
    assert known == {"inc_firing": ("firing", True), "inc_resolved": ("resolved", True)}
    ended = resolved(all_alerts(old)[FIRED], clock(), all_alerts(old)[FIRED].evidence)
    old.run(lambda c: alerts.save(c, ended)).result()
    assert [(one.event, one.channel) for one in settled(old, CHANNELS)[1:]] == [("resolved", "pager")]


async def test_monitors_keep_their_baselines_and_get_company(old: Store, clock: Clock) -> None:
    """The pass rates' monitors are those of the old version; the metrics of the traffic get theirs."""
    report = await checked(old, clock)
    rates = {one.judge: (one.monitor_id, one.state) for one in report.monitors if one.metric == "pass_rate"}
    assert rates == {"falls": (monitor_id("falls"), "firing"), "fell": (monitor_id("fell"), "ok")}
    assert {one.metric for one in report.monitors} >= {"latency_ms", "stop_reason", "errors", "volume"}
    with old.read() as c:
        assert {one.monitor_id: one.version for one in monitors.baselines(c)}[monitor_id("falls")] == 1


async def test_old_votes_are_counted_anew_with_their_weights(old: Store, clock: Clock) -> None:
    """Every verdict of the old version is counted, and weighs what was left out when it was kept."""
    await checked(old, clock)
    with old.read() as c:
        [total] = rollup.totals(
            c, [Window(Series(feature="support-chat", judge="fell", judge_version="v1"), BEGIN, NOON)]
        )
        sessions = c.execute("SELECT count(DISTINCT coalesce(session_id, sample_id)) FROM sample").fetchall()[0][0]
    assert total.votes == sessions
    assert total.weight == 1.4 * SAMPLES


@pytest.mark.slow
async def test_half_a_million_samples_are_migrated_in_a_minute(tmp_path: Path, clock: Clock) -> None:
    """A file with a million verdicts is opened, counted anew and looked at while one waits."""
    old_file.write(tmp_path / "leadline.db", 500_000)
    started = perf_counter()
    with Store.open(tmp_path / "leadline.db", clock=clock) as store:
        opened = perf_counter()
        await checked(store, clock)
        looked = perf_counter()
        await checked(store, clock)
        again = perf_counter()
        states = {name: alert.state for name, alert in all_alerts(store).items()}
    print(f"1,000,000 verdicts: opened {opened - started:.1f} s, first check {looked - opened:.1f} s, ", end="")
    print(f"second check {again - looked:.2f} s")
    assert states == {FIRED: "firing", RESOLVED: "resolved"}
    assert looked - started < 60
