"""A change beside a marker, on a timeline: found with fewer votes, and named in everything that tells of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from evaluator.alerts.wording import render_text
from evaluator.api.alert_shapes import AlertView
from evaluator.api.shapes import CheckReport
from evaluator.markers import read
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.telemetry import Metrics
from store import alerts, markers
from store.records import Alert
from store.store import Store
from tests.builders import make_sample
from tests.conftest import Clock
from tests.voting import PART, START, nobody_waits, vote

FELL_AT = START + 8 * PART
FELL = [0.95] * 8 + [0.75] * 6
OTHERS = 19
"""Monitors of other features: with all of them an alarm needs more evidence, as in a workspace of its usual size."""


@pytest.fixture
def watching(store: Store, clock: Clock) -> Monitors:
    """Monitors with a baseline of 200 votes, beside those of other features."""
    for number in range(OTHERS):
        vote(store, [0.95], prefix=f"o{number}-", feature=f"other-{number}")
    settings = Settings(drift=DriftSettings(baseline_votes=200, baseline_hours=6))
    return Monitors(store, settings, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits)


def mark(store: Store, at: datetime, **told: str) -> None:
    one = read({"name": "2026.11.3", "ts": at.isoformat(), **told}, at, "api").marker
    store.run(lambda c: markers.append(c, [one])).result()


def fired(store: Store) -> Alert:
    """The only alert there is."""
    with store.read() as c:
        [found] = alerts.find(c)
    return found


def firing(report: CheckReport) -> AlertView:
    [found] = report.firing
    return found


async def test_a_drop_right_after_a_deploy_fires_earlier(store: Store, watching: Monitors, clock: Clock) -> None:
    """The same votes, looked at every quarter hour: with a marker at the deploy the alarm comes before that without."""
    vote(store, FELL)
    mark(store, FELL_AT - timedelta(minutes=5), feature="another")
    await watching.check()
    without = fired(store).fired_at
    with Store.open(None, clock=clock) as other:
        for number in range(OTHERS):
            vote(other, [0.95], prefix=f"o{number}-", feature=f"other-{number}")
        vote(other, FELL)
        mark(other, FELL_AT + timedelta(minutes=2), feature="support-chat")
        settings = Settings(drift=DriftSettings(baseline_votes=200, baseline_hours=6))
        await Monitors(other, settings, clock, Metrics(), {"tone": "v1"}, waiting=nobody_waits).check()
        marked = fired(other).fired_at
    print(f"fired {marked - FELL_AT} after the fall with a marker, {without - FELL_AT} without")
    assert FELL_AT < marked < without


async def test_an_alert_names_the_nearest_marker(store: Store, watching: Monitors) -> None:
    """In its evidence, in its message, and beside its monitor; markers of other features are none of its business."""
    vote(store, FELL)
    mark(store, FELL_AT - timedelta(days=1), name="2026.11.2")
    mark(store, FELL_AT - timedelta(minutes=12), kind="release")
    mark(store, FELL_AT, name="elsewhere", feature="another")
    report = await watching.check()
    told = firing(report).evidence["marker"]
    assert (told["kind"], told["name"], told["fit"]) == ("release", "2026.11.3", "inside")
    assert told["in_words"].startswith("release 2026.11.3 went out ")
    assert told["in_words"] in render_text({**firing(report).evidence, "state": "firing"})
    [view] = [view for view in report.monitors if view.state == "firing"]
    assert view.marker is not None
    assert view.marker.name == "2026.11.3"


async def test_a_marker_far_before_the_fall_is_called_a_poor_fit(store: Store, watching: Monitors) -> None:
    """It is named, with how far from the onset's interval it lies."""
    vote(store, FELL)
    mark(store, FELL_AT - timedelta(hours=20))
    told = firing(await watching.check()).evidence["marker"]
    assert told["fit"] == "before"
    assert told["in_words"].endswith("before the onset's 90 % interval: a poor fit")


async def test_an_alert_without_markers_names_none(store: Store, watching: Monitors) -> None:
    """Nothing was told and nothing new was seen."""
    vote(store, FELL)
    report = await watching.check()
    assert firing(report).evidence["marker"] is None
    assert {view.marker for view in report.monitors} == {None}


async def test_a_new_model_in_the_traffic_is_named_by_itself(store: Store, watching: Monitors) -> None:
    """The samples after the fall come from another model: the alert says that it first appeared then."""
    vote(store, FELL)
    store.append_samples([make_sample("new", ts=FELL_AT + timedelta(minutes=1), model="claude-haiku-9")]).result()
    told = firing(await watching.check()).evidence["marker"]
    assert (told["origin"], told["name"]) == ("seen", "claude-haiku-9")
    assert told["in_words"].startswith("model claude-haiku-9 first appeared ")


async def test_a_marker_alone_raises_nothing(store: Store, watching: Monitors) -> None:
    """Deploys without a fall are no alarm."""
    vote(store, [0.95] * 14)
    for part in range(14):
        mark(store, START + part * PART, name=f"v{part}")
    report = await watching.check()
    assert (report.fired, report.firing) == ([], [])
