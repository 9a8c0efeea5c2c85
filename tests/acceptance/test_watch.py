"""Watching all series of a store, from verdicts to alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

import pytest

from evaluator.api.shapes import CheckReport
from evaluator.buckets import STEP
from evaluator.errors import InputError
from evaluator.monitors.watch import Monitors
from evaluator.settings import BaselineSettings, DriftSettings, FeatureSettings, MetricName, MonitorSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, monitors, segments
from store.records import DriftCheck
from store.store import Store
from tests.alerting import settled
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE, FALL, PART, START, nobody_waits, range_of, vote

CHANNELS = AlertSettings(channels=(ChannelSettings(name="pager", kind="webhook", url_env="PAGER_URL"),))
Watch = Callable[..., Monitors]


@pytest.fixture
def watch(store: Store, clock: Clock) -> Watch:
    """Monitors over the test's store, with a baseline of 200 votes in at least six hours."""

    def make(**features: FeatureSettings) -> Monitors:
        drift = DriftSettings(baseline_votes=200, baseline_hours=6)
        settings = Settings(drift=drift, alerts=CHANNELS, features=features, monitors=ALONE)
        return Monitors(store, settings, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits)

    return make


def only_state(report: CheckReport) -> str:
    assert len(report.monitors) == 1
    return report.monitors[0].state


def history(store: Store, report: CheckReport) -> list[DriftCheck]:
    with store.read() as c:
        return monitors.checks(c, report.monitors[0].monitor_id)


async def test_an_empty_store_has_nothing_to_watch(watch: Watch) -> None:
    """Without verdicts there is no monitor and no error."""
    assert (await watch().check()).monitors == []


async def test_a_series_gets_a_monitor_by_itself(store: Store, watch: Watch) -> None:
    """The first verdicts of a judge on a feature make a monitor that waits for its baseline."""
    vote(store, [0.95])
    assert only_state(await watch().check()) == "insufficient"


async def test_a_fall_is_an_alert_with_its_evidence(store: Store, watch: Watch) -> None:
    """The alert tells value, baseline, n, interval, evidence, onset and three failing examples."""
    vote(store, FALL)
    report = await watch().check()
    told = report.firing[0].evidence
    onset = START + 8 * PART
    assert datetime.fromisoformat(told["onset"]["lo_at"]) <= onset <= datetime.fromisoformat(told["onset"]["hi_at"])
    assert told["value"]["rate"] < told["baseline"]["lo"]
    assert len(told["examples"]) == 3


async def test_an_alert_is_owed_to_every_channel(store: Store, watch: Watch) -> None:
    """What a look finds firing is owed to the channel by the pass after it."""
    vote(store, FALL)
    await watch().check()
    owed = settled(store, Settings(alerts=CHANNELS))
    assert [(one.channel, one.event, one.state) for one in owed] == [("pager", "firing", "pending")]


async def test_looking_again_changes_nothing(store: Store, watch: Watch) -> None:
    """A second look at the same data fires nothing and repeats nothing."""
    vote(store, FALL)
    watching = watch()
    first = await watching.check()
    second = await watching.check()
    assert (second.fired, len(second.firing), len(history(store, second))) == ([], 1, len(history(store, first)))


async def test_a_recovery_resolves_the_alert(store: Store, watch: Watch) -> None:
    """When the rate is back, the alert is resolved; the channel, which heard of nothing yet, hears that once."""
    vote(store, [0.95] * 6 + [0.65] * 4 + [0.95] * 4)
    report = await watch().check()
    assert (only_state(report), report.fired, len(report.resolved)) == ("ok", report.resolved, 1)
    assert [one.event for one in settled(store, Settings(alerts=CHANNELS))] == ["resolved"]


async def test_looks_in_time_and_one_late_look_agree(store: Store, watch: Watch, clock: Clock) -> None:
    """Looking every three hours finds the same alerts, of the same times, as looking once at the end."""
    vote(store, [0.95] * 6 + [0.65] * 4 + [0.95] * 4)
    watching = watch()
    fired = [name for part in range(1, 15) for name in (await watching.check(START + part * PART)).fired]
    with Store.open(None, clock=clock) as other:
        vote(other, [0.95] * 6 + [0.65] * 4 + [0.95] * 4)
        settings = Settings(drift=DriftSettings(baseline_votes=200, baseline_hours=6), monitors=ALONE)
        late = await Monitors(other, settings, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits).check()
    assert fired == late.fired


async def test_rows_that_come_late_are_looked_at(store: Store, watch: Watch) -> None:
    """A fall whose verdicts arrive after their looks is found by the next look, dated where it was."""
    vote(store, [0.95] * 8)
    watching = watch()
    await watching.check()
    vote(store, [0.65] * 6, start=START + 8 * PART, prefix="late")
    report = await watching.check()
    with store.read() as c:
        fired_at = [alert.fired_at for alert in alerts.find(c)]
    assert len(report.fired) == 1
    assert fired_at[0] < START + 10 * PART


async def test_a_look_as_of_then_does_not_know_the_future(store: Store, watch: Watch) -> None:
    """Looking as of the moment before the fall sees nothing of it."""
    vote(store, FALL)
    report = await watch().check(START + 8 * PART)
    assert (only_state(report), report.fired) == ("ok", [])


def harder(store: Store) -> None:
    """More traffic comes from a harder segment; each segment is as before."""
    for part in range(14):
        for plan, rate, every in (("pro", 0.95, 2 if part < 8 else 12), ("free", 0.7, 12 if part < 8 else 2)):
            times = [START + part * PART + timedelta(minutes=every * i) for i in range(180 // every)]
            pairs = [(f"{plan}-{part}-{i}", ts) for i, ts in enumerate(times)]
            store.append_samples([make_sample(name, ts=ts, metadata={"plan": plan}) for name, ts in pairs]).result()
            good = [((part * 90 + i) * 7) % 20 < 20 * rate for i in range(len(pairs))]
            judged = [make_verdict(name, ts=ts, passed=ok) for (name, ts), ok in zip(pairs, good, strict=True)]
            store.append_verdicts(judged).result()


async def test_a_mix_shift_between_segments_is_no_regression(store: Store, watch: Watch) -> None:
    """It lowers the overall rate, and nothing fires."""
    harder(store)
    report = await watch(**{"support-chat": FeatureSettings(segments=("plan",))}).check()
    assert (only_state(report), report.fired) == ("ok", [])


async def test_the_look_that_chooses_segments_gives_the_baseline(store: Store, watch: Watch) -> None:
    """All is counted anew by them, which calls monitors back that were looked at; they get it in the same go."""
    harder(store)
    watching = watch()
    await watching.count()
    with store.read() as c:
        looked_at = [replace(one, checked_until=NOON) for one in monitors.monitors(c)]
    store.run(lambda c: monitors.save_monitors(c, looked_at)).result()
    report = await watching.check()
    with store.read() as c:
        assert segments.chosen(c) == {"support-chat": ("plan",)}
        assert [one.version for one in monitors.baselines(c)] == [1]
    assert report.fired == []


async def test_a_baseline_can_be_replaced(store: Store, watch: Watch) -> None:
    """A given window becomes the next version of the baseline and the watching starts again behind it."""
    vote(store, FALL)
    watching = watch()
    await watching.check()
    made = await watching.set_baseline(range_of(START + 10 * PART, NOON, note="accepted"))
    report = await watching.check()
    assert [(one.version, one.origin, one.note) for one in made] == [(2, "command", "accepted")]
    assert (only_state(report), report.firing) == ("ok", [])


async def test_a_window_that_ends_within_a_quarter_hour_watches_all_the_same(store: Store, watch: Watch) -> None:
    """Of a range by command, whole quarter hours are the baseline, and the fall behind it is found at once."""
    vote(store, FALL)
    watching = watch()
    await watching.count()
    minutes = timedelta(minutes=10)
    (made,) = await watching.set_baseline(range_of(START + minutes, START + 5 * PART + minutes))
    assert (made.start_at, made.end_at) == (START + STEP, START + 5 * PART)
    report = await watching.check()
    assert (len(report.firing), report.fired) == (1, [])


async def test_a_window_that_is_given_within_a_quarter_hour_watches_all_the_same(store: Store, watch: Watch) -> None:
    """So does one from the configuration, of which whole quarter hours count."""
    vote(store, FALL)
    end = START + 5 * PART + timedelta(minutes=10)
    report = await watch(**{"support-chat": FeatureSettings(baseline=BaselineSettings(end=end))}).check()
    assert (report.monitors[0].baseline_end, len(report.fired)) == (START + 5 * PART, 1)


async def test_a_baseline_without_votes_is_refused(store: Store, watch: Watch) -> None:
    """A window with too few votes is an error that says how many there are."""
    vote(store, FALL)
    watching = watch()
    await watching.check()
    with pytest.raises(InputError, match="holds 0 votes"):
        await watching.set_baseline(range_of(START - timedelta(days=10), START - timedelta(days=9)))


async def test_an_unknown_series_has_no_baseline(watch: Watch) -> None:
    """A baseline for a judge that has no monitor is an error."""
    with pytest.raises(InputError, match="no monitor"):
        await watch().set_baseline(range_of(START, NOON, feature="nothing", judge="here"))


async def test_late_samples_of_the_baseline_do_not_move_an_alert_to_another_share(store: Store, clock: Clock) -> None:
    """Answers that are cut short stay frequent: late ones of a third kind change the places of the shares, not the
    alert."""

    def answers(first: int, until: int, cut: float, prefix: str = "") -> None:
        times = [START + timedelta(minutes=3 * i) for i in range(first * 60, until * 60)]
        kinds = ["max_tokens" if (i * 7) % 20 < 20 * cut else "end_turn" for i in range(len(times))]
        found = zip(times, kinds, strict=True)
        store.append_samples(
            [make_sample(f"{prefix}{ts:%d%H%M}", ts=ts, received_at=ts, stop_reason=kind) for ts, kind in found]
        ).result()

    only = {name: MonitorSettings(enabled=name == "stop_reason") for name in get_args(MetricName)}
    settings = Settings(drift=DriftSettings(baseline_votes=200, baseline_hours=6), monitors=only)
    watching = Monitors(store, settings, clock, Metrics(), {}, waiting=nobody_waits)
    answers(0, 8, 0.1)
    answers(8, 12, 0.35)
    (fired,) = (await watching.check(START + 12 * PART)).fired
    late = [make_sample(f"late{i}", ts=START + i * STEP, stop_reason="tool_use") for i in range(30)]
    store.append_samples(late).result()
    answers(12, 14, 0.35)
    report = await watching.check()
    assert ([alert.alert_id for alert in report.firing], report.fired, report.resolved) == ([fired], [], [])
