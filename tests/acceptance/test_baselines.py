"""Baselines that are chosen, refused, listed and begun anew when a judge changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluator.api.baseline_shapes import BaselineRequest, BaselineView
from evaluator.api.shapes import MonitorView
from evaluator.errors import InputError
from evaluator.monitors import views
from evaluator.monitors.history import listed
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.telemetry import Metrics
from store import markers
from store.records import Marker, MarkerKind
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE, PART, START, nobody_waits, range_of, vote

HOUR = timedelta(hours=1)


def settings(*, alone: bool = True) -> Settings:
    """A small first window; pass rates alone, or every metric."""
    drift = DriftSettings(baseline_votes=200, baseline_hours=6)
    return Settings(drift=drift, monitors=ALONE if alone else {})


def watch(store: Store, clock: Clock, *, version: str = "v1", alone: bool = True) -> Monitors:
    """Monitors of the judge `tone` in this version."""
    return Monitors(store, settings(alone=alone), clock, Metrics(), {"tone": version}, waiting=nobody_waits)


def asked(**fields: Any) -> BaselineRequest:
    return BaselineRequest(**{"feature": "support-chat", "judge": "tone", **fields})


def history(store: Store) -> list[BaselineView]:
    with store.read() as c:
        return listed(c, settings(), NOON, lambda _: True, replaced=True)


async def only(watching: Monitors) -> MonitorView:
    [view] = (await watching.check()).monitors
    return view


def deploy(store: Store, name: str, at: Any) -> None:
    told = Marker(marker_id=name, ts=at, created_at=at, kind=MarkerKind.DEPLOY, name=name)
    store.run(lambda c: markers.append(c, [told])).result()


def released(store: Store) -> None:
    """Fourteen times three hours of votes; the release changes after the fourth and after the tenth part."""
    times = [START + timedelta(minutes=3 * i) for i in range(840)]
    names = ["r1" if i < 240 else "r2" if i < 600 else "r3" for i in range(840)]
    named = [
        make_sample(f"s{i}", ts=ts, received_at=ts, release=name, latency_ms=100.0 + i * 37 % 50)
        for i, (ts, name) in enumerate(zip(times, names, strict=True))
    ]
    store.append_samples(named).result()
    store.append_verdicts([make_verdict(f"s{i}", ts=ts, passed=i % 20 != 0) for i, ts in enumerate(times)]).result()


async def test_a_release_becomes_the_baseline(store: Store, clock: Clock) -> None:
    """Its time is the window, its name and the reason are kept, and the answer says what would be noticed."""
    released(store)
    watching = watch(store, clock)
    await watching.check()
    [made] = await watching.set_baseline(asked(release="r2", note="the accepted one"))
    assert (made.start_at, made.end_at) == (START + 4 * PART, START + 10 * PART)
    assert (made.origin, made.note, made.votes) == ("release", "release r2: the accepted one", 360)
    assert made.in_words.startswith("The window holds 360 votes. With it, nothing smaller than ")
    view = await only(watching)
    assert (view.baseline_origin, view.baseline and view.baseline.n) == ("release", 360)


async def test_what_the_judge_said_since_a_marker_becomes_the_baseline(store: Store, clock: Clock) -> None:
    """Only votes of the present judge version count, from the marker or its own first vote on."""
    vote(store, [0.9] * 6)
    vote(store, [0.95] * 8, start=START + 6 * PART, prefix="n", judge_version="v2")
    deploy(store, "early", START + PART)
    watching = watch(store, clock, version="v2")
    await watching.check()
    [made] = await watching.set_baseline(asked(since_marker="early"))
    assert (made.judge_version, made.origin, made.note) == ("v2", "marker", "since deploy early")
    assert (made.start_at, made.end_at, made.votes) == (START + 6 * PART, NOON, 480)


async def test_the_features_own_metrics_get_a_baseline(store: Store, clock: Clock) -> None:
    """Without a judge it is the feature's metrics that change, all of them or one."""
    released(store)
    watching = watch(store, clock, alone=False)
    await watching.check()
    window = {"start": START, "end": START + 6 * PART}
    [one] = await watching.set_baseline(asked(judge="", metric="latency_ms", **window))
    assert (one.judge, one.metric, one.rate, one.votes) == ("", "latency_ms", None, 360)
    assert "points in a share of one in ten would be noticed" in one.in_words
    made = {view.metric for view in await watching.set_baseline(asked(judge="", release="r1"))}
    assert {"latency_ms", "errors", "stop_reason"} <= made
    assert not made & {"volume", "unscored", "pass_rate"}


async def test_a_metric_without_its_judge_is_refused(store: Store, clock: Clock) -> None:
    """The error says to name the judge, or which metrics there are."""
    vote(store, [0.95])
    with pytest.raises(InputError, match="name the judge"):
        await watch(store, clock).set_baseline(range_of(START, NOON, judge="", metric="pass_rate"))
    with pytest.raises(InputError, match="no metric 'speed'; there are: pass_rate, score"):
        await watch(store, clock).set_baseline(range_of(START, NOON, metric="speed"))


async def test_a_window_that_is_too_small_says_what_it_could_notice(store: Store, clock: Clock) -> None:
    """Below twenty votes it is refused, with what it would take; from twenty on it is taken, with the same words."""
    vote(store, [0.95] * 14)
    watching = watch(store, clock)
    await watching.check()
    with pytest.raises(InputError, match=r"holds 15 votes\. With it, .* a baseline of \d+ votes would notice 5 points"):
        await watching.set_baseline(range_of(START, START + 3 * timedelta(minutes=15)))
    [made] = await watching.set_baseline(range_of(START, START + HOUR))
    assert (made.votes, made.in_words[:22]) == (20, "The window holds 20 vo")
    assert made.noticed is None or made.noticed > 0.2


async def test_every_baseline_is_listed_with_its_reason(store: Store, clock: Clock) -> None:
    """The newest first; only that one is in use and says what it notices; a reset goes back to the first window."""
    vote(store, [0.95] * 14)
    watching = watch(store, clock)
    await watching.check()
    await watching.set_baseline(range_of(START + PART, START + 9 * PART, note="after the fix"))
    [back] = await watching.set_baseline(asked(automatic=True, note="the fix was none"))
    assert (back.origin, back.start_at, back.version) == ("first_window", START, 3)
    told = [(one.version, one.origin, one.note, one.in_use, bool(one.in_words)) for one in history(store)]
    assert told == [
        (3, "first_window", "the fix was none", True, True),
        (2, "command", "after the fix", False, False),
        (1, "first_window", "", False, False),
    ]


async def test_another_judge_version_says_what_it_replaced(store: Store, clock: Clock) -> None:
    """The new series names the version before it, since when and why, and how far its own baseline is."""
    vote(store, [0.95] * 12, kind="llm", model="small")
    vote(store, [0.7], start=START + 12 * PART, prefix="n", judge_version="v2", kind="llm", model="large")
    clock.now = START + 13 * PART
    found = {one.judge_version: one for one in (await watch(store, clock, version="v2").check()).monitors}
    before, so_far = found["v2"].predecessor, found["v2"].collecting
    assert found["v1"].predecessor is None
    assert before is not None
    assert so_far is not None
    assert (before.judge_version, before.cut_at) == ("v1", START + 12 * PART)
    assert before.why == "its model changed from small to large"
    assert before.in_words.startswith("judge version v2 replaced v1 on ")
    assert (so_far.votes, so_far.votes_needed, so_far.hours, so_far.hours_needed) == (60, 200, 3, 6)
    assert so_far.in_words.startswith(
        "collects its baseline: 60 of 200 votes, 3 of 6 hours, since the judge changed at "
    )


async def test_the_series_before_is_shown_beside(store: Store, clock: Clock) -> None:
    """A monitor's history begins with its version; what the one before it said stands apart."""
    vote(store, [0.95] * 12)
    vote(store, [0.7] * 2, start=START + 12 * PART, prefix="n", judge_version="v2")
    watching = watch(store, clock, version="v2")
    await watching.check()
    with store.read() as c:
        id_ = next(one.monitor.monitor_id for one in views.watched(c) if one.monitor.series.judge_version == "v2")
        found = views.series_view(c, id_, views.Showing(settings(), nobody_waits), NOON, 180)
    assert found is not None
    assert (sum(point.n for point in found.before), sum(point.n for point in found.points)) == (720, 120)
    assert found.monitor.predecessor is not None
    assert found.monitor.predecessor.why == "its definition changed"


async def test_a_first_window_that_begins_at_a_marker_says_so(store: Store, clock: Clock) -> None:
    """Votes before the marker do not count for it."""
    vote(store, [0.95] * 2)
    deploy(store, "v7", START + PART)
    clock.now = START + 2 * PART
    view = await only(watch(store, clock))
    assert view.collecting is not None
    assert (view.collecting.votes, view.collecting.since) == (60, START + PART)
    assert ", since the marker at " in view.collecting.in_words


async def test_a_monitor_with_a_baseline_collects_none(store: Store, clock: Clock) -> None:
    """Nothing is told where there is nothing to wait for, or no version before."""
    vote(store, [0.95] * 14)
    view = await only(watch(store, clock))
    assert (view.collecting, view.predecessor) == (None, None)
