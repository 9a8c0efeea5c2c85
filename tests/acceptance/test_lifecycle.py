"""What becomes of monitors and alerts when judges, baselines and the time of looking change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evaluator.errors import InputError
from evaluator.monitors.watch import Monitors
from evaluator.settings import BaselineSettings, DriftSettings, FeatureSettings, MetricName, MonitorSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, monitors
from store.records import Alert, Baseline
from store.store import Store
from tests.alerting import settled
from tests.builders import NOON
from tests.conftest import Clock
from tests.voting import ALONE, FALL, PART, START, nobody_waits, range_of, vote

CHANNELS = Settings(
    alerts=AlertSettings(channels=(ChannelSettings(name="pager", kind="webhook", url_env="PAGER_URL"),))
)


def watch(store: Store, clock: Clock, *, version: str = "v1", baseline: BaselineSettings | None = None) -> Monitors:
    """Monitors of the judge `tone` in this version, with this configured baseline."""
    settings = Settings(
        drift=DriftSettings(baseline_votes=200, baseline_hours=6),
        alerts=CHANNELS.alerts,
        monitors=ALONE,
        features={"support-chat": FeatureSettings(baseline=baseline or BaselineSettings())},
    )
    return Monitors(store, settings, clock, Metrics(), {"tone": version}, waiting=nobody_waits)


def all_alerts(store: Store) -> list[Alert]:
    with store.read() as c:
        return alerts.find(c, limit=1000)


def newest_baseline(store: Store) -> Baseline:
    with store.read() as c:
        return monitors.baselines(c)[0]


async def test_an_edited_judge_ends_its_predecessor(store: Store, clock: Clock) -> None:
    """The old version's alert is closed, its monitor superseded, and it no longer takes part in the budget."""
    vote(store, FALL)
    before = await watch(store, clock).check()
    after = await watch(store, clock, version="v2").check()
    assert [one.state for one in before.monitors + after.monitors] == ["firing", "superseded"]
    assert (after.firing, after.resolved) == ([], before.fired)


async def test_a_version_that_comes_back_is_watched_again(store: Store, clock: Clock) -> None:
    """Undoing the edit takes the old series up again."""
    vote(store, [0.95] * 14)
    for version in ("v1", "v2"):
        await watch(store, clock, version=version).check()
    clock.advance(hours=3)
    vote(store, [0.95], start=NOON, prefix="new")
    assert (await watch(store, clock).check()).monitors[0].state == "ok"


async def test_labels_end_where_scores_begin(store: Store, clock: Clock) -> None:
    """A judge that gives its first score in between is watched by scores from then on; its label alert is closed."""
    on: dict[MetricName, MonitorSettings] = {"label": MonitorSettings(), "score": MonitorSettings()}
    settings = Settings(drift=DriftSettings(baseline_votes=200, baseline_hours=6), monitors=ALONE | on)
    judges = Monitors(store, settings, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits)
    vote(store, [1.0] * 8, kind="llm", label="fine")
    vote(store, [0.0] * 6, start=START + 8 * PART, prefix="late", kind="llm", label="rude")
    before = await judges.check()
    vote(store, [1.0], start=NOON - PART, prefix="scored", kind="llm", score=0.5)
    after = await judges.check()
    assert {one.metric: one.state for one in before.monitors} == {"pass_rate": "firing", "label": "firing"}
    assert {one.metric: one.state for one in after.monitors}["label"] == "superseded"
    assert set(after.resolved) < set(before.fired)


async def test_a_judge_that_is_not_configured_here_is_left_alone(store: Store, clock: Clock) -> None:
    """A command that runs without the configuration closes nothing."""
    vote(store, FALL)
    await watch(store, clock).check()
    other = Monitors(store, Settings(monitors=ALONE), clock, Metrics(), {}, waiting=nobody_waits)
    assert (await other.check()).monitors[0].state == "firing"


async def test_a_configured_baseline_replaces_the_first_window(store: Store, clock: Clock) -> None:
    """A window that is configured later becomes the next version, and watching starts again behind it."""
    vote(store, FALL)
    await watch(store, clock).check()
    accepted = BaselineSettings(start=START + 9 * PART, end=START + 12 * PART)
    report = await watch(store, clock, baseline=accepted).check()
    clock.advance(minutes=15)
    await watch(store, clock, baseline=accepted).check()
    assert (report.monitors[0].state, report.firing) == ("ok", [])
    assert (newest_baseline(store).version, newest_baseline(store).origin) == (2, "config")


async def test_a_fall_below_a_new_baseline_is_a_new_alert(store: Store, clock: Clock) -> None:
    """Replacing the baseline closes the alert; a fall that is one against the new baseline too is told again."""
    vote(store, FALL)
    watching = watch(store, clock)
    await watching.check()
    settled(store, CHANNELS)
    await watching.set_baseline(range_of(START, START + 3 * PART, note="shorter"))
    await watching.check()
    assert sorted(alert.state for alert in all_alerts(store)) == ["firing", "resolved"]
    assert sorted(row.event for row in settled(store, CHANNELS)) == ["firing", "firing", "resolved"]


async def test_many_alerts_fire_once_each(store: Store, clock: Clock) -> None:
    """With more than a hundred alerts firing, a second look fires none of them again."""
    with store.read() as c:
        assert alerts.firing(c) == []
    fired = [
        Alert(alert_id=f"a{i}", monitor_id=f"m{i}", state="firing", fired_at=NOON, resolved_at=None, evidence={})
        for i in range(150)
    ]
    for alert in fired:
        store.run(lambda c, alert=alert: alerts.save(c, alert)).result()  # type: ignore[misc]
    with store.read() as c:
        assert len(alerts.firing(c)) == 150


async def test_a_look_into_the_future_is_refused(store: Store, clock: Clock) -> None:
    """Looking as of tomorrow would close the eyes for today's samples."""
    with pytest.raises(InputError, match="future"):
        await watch(store, clock).check(NOON + timedelta(days=1))


async def test_a_look_back_shows_what_was_known(store: Store, clock: Clock) -> None:
    """A look as of a past time, after later ones, shows the monitor as it was then and fires nothing."""
    vote(store, FALL)
    watching = watch(store, clock)
    await watching.check()
    past = await watching.check(START + 8 * PART)
    assert (past.monitors[0].state, past.monitors[0].onset, past.firing, past.fired) == ("ok", None, [], [])


async def test_a_look_back_after_late_verdicts_keeps_the_recovery(store: Store, clock: Clock) -> None:
    """Late verdicts and a look back together do not fire a resolved alert again."""
    vote(store, [0.95] * 4 + [0.65] * 4 + [0.95] * 6)
    watching = watch(store, clock)
    await watching.check()
    vote(store, [0.95], start=START + 2 * PART + timedelta(minutes=1), prefix="late")
    await watching.check(START + 7 * PART)
    await watching.check()
    assert [alert.state for alert in all_alerts(store)] == ["resolved"]


async def test_a_monitor_shows_before_its_first_look(store: Store, clock: Clock) -> None:
    """Counting alone makes the monitor, so that the pages show it within seconds of the first verdicts."""
    vote(store, [0.95])
    await watch(store, clock).count()
    with store.read() as c:
        assert "pass_rate" in {one.series.metric for one in monitors.monitors(c)}


async def test_a_version_that_returns_is_not_told_of_its_past(store: Store, clock: Clock) -> None:
    """What fired before the judge was edited was told then: coming back alone fires nothing."""
    vote(store, FALL)
    await watch(store, clock).check()
    for version in ("v2", "v1"):
        clock.advance(minutes=15)
        report = await watch(store, clock, version=version).check()
    assert (report.fired, len(all_alerts(store))) == ([], 1)


async def test_a_command_sets_the_baseline_of_the_living_version(store: Store, clock: Clock) -> None:
    """A superseded version needs no votes in the new window and keeps its own baseline."""
    vote(store, [0.95] * 7)
    await watch(store, clock).check(START + 7 * PART)
    vote(store, [0.95] * 7, start=START + 7 * PART, prefix="new", judge_version="v2")
    await watch(store, clock, version="v2").check()
    window = (START + 8 * PART, START + 12 * PART)
    made = await watch(store, clock, version="v2").set_baseline(range_of(*window))
    assert [one.origin for one in made] == ["command"]


async def test_an_old_baseline_still_counts(store: Store, clock: Clock) -> None:
    """A fall is found, and its end too, when the baseline is older than what a look otherwise reads."""
    vote(store, [0.95] * 8)
    await watch(store, clock).check()
    clock.advance(days=420)
    later = clock() - 8 * PART
    vote(store, [0.6] * 4 + [0.95] * 4, start=later, prefix="later")
    report = await watch(store, clock).check()
    assert (len(report.fired), len(report.resolved)) == (1, 1)


async def test_a_look_back_leaves_the_gauges_alone(store: Store, clock: Clock) -> None:
    """Prometheus sees the present, whoever looks at the past."""
    vote(store, FALL)
    metrics = Metrics()
    settings = Settings(drift=DriftSettings(baseline_votes=200), monitors=ALONE)
    watching = Monitors(store, settings, clock, metrics, {"tone": "v1"}, waiting=nobody_waits)
    await watching.check()
    await watching.check(START + 8 * PART)
    assert b"leadline_alerts_firing 1.0" in metrics.render()


async def test_a_short_baseline_sees_a_fall_in_hours_it_has_not_seen(store: Store, clock: Clock) -> None:
    """After a baseline of ten hours, a fall in the next six-hour block is found within three hours (26 by blocks)."""
    vote(store, [0.95] * 4 + [0.65] * 4 + [0.95] * 6)
    await watch(store, clock).check()
    waited = all_alerts(store)[0].fired_at - (START + 4 * PART)
    print(f"fall in an hour block without a baseline: found after {waited} (target <= 3:00:00)")
    assert waited <= PART
