"""Whether a judge fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from evaluator.monitors.judge_health import broken
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.telemetry import Metrics
from store import monitors
from store.records import Monitor, Series, Status
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE, nobody_waits, vote


def judged(store: Store, ends: Sequence[bool | None]) -> None:
    """A verdict a minute up to noon; None is a judgement that failed."""
    named = [(f"n{n}", NOON - timedelta(minutes=len(ends) - n), good) for n, good in enumerate(ends)]
    store.append_samples([make_sample(name, ts=ts, received_at=ts) for name, ts, _ in named]).result()
    store.append_verdicts([make_verdict(name, ts=ts, passed=good) for name, ts, good in named]).result()


def watching(store: Store, clock: Clock, waits: int = 0) -> Monitors:
    settings = Settings(drift=DriftSettings(baseline_votes=200, baseline_hours=6), monitors=ALONE)

    def waiting(_: object, spans: Sequence[object]) -> list[int]:
        return [waits for _ in spans]

    return Monitors(store, settings, clock, Metrics(), {"tone": "v1"}, waiting=waiting)


def pass_rates(store: Store) -> list[Monitor]:
    with store.read() as c:
        return [one for one in monitors.monitors(c) if one.series.metric == "pass_rate"]


@pytest.mark.parametrize(
    ("ends", "fails"),
    [([True] * 60, False), ([None] * 9, False), ([None] * 20 + [True] * 10, True), ([None] * 10 + [True] * 20, False)],
)
async def test_more_errors_than_verdicts(store: Store, clock: Clock, ends: Sequence[bool | None], fails: bool) -> None:
    """Ten errors and more than half of the last hours' verdicts are a broken judge; fewer are not."""
    vote(store, [1.0], start=NOON - timedelta(hours=20))
    judged(store, ends)
    await watching(store, clock).count()
    with store.read() as c:
        assert bool(broken(c, pass_rates(store), NOON, nobody_waits)) is fails


async def test_a_judge_that_gives_scores_fails_as_well(store: Store, clock: Clock) -> None:
    """Errors are the judge's, whether it passes, scores or labels; as of a time before them it is well."""
    times = [NOON - timedelta(minutes=n) for n in range(1, 241)]
    names = [f"n{n}" for n in range(len(times))]
    store.append_samples([make_sample(n, ts=ts, received_at=ts) for n, ts in zip(names, times, strict=True)]).result()
    said = [{} if ts > NOON - timedelta(hours=2) else {"status": Status.OK, "score": ts.minute % 5} for ts in times]
    told = [make_verdict(n, ts=ts, passed=None, **s) for n, ts, s in zip(names, times, said, strict=True)]
    store.append_verdicts(told).result()
    await watching(store, clock).count()
    series = Series(feature="support-chat", judge="tone", judge_version="v1", metric="score")
    scored = Monitor(monitor_id="m1", series=series, kind="llm", state="ok", created_at=NOON)
    with store.read() as c:
        assert broken(c, [scored], NOON, nobody_waits) == {"m1"}
        assert broken(c, [scored], NOON - timedelta(hours=2), nobody_waits) == frozenset()


@pytest.mark.parametrize(("waits", "state"), [(0, "no_data"), (3, "judge_broken")])
async def test_silence_with_work_to_do(store: Store, clock: Clock, waits: int, state: str) -> None:
    """No verdict for a day is no data; for two, with samples that wait for one, it is the judge."""
    vote(store, [0.95] * 8, start=NOON - timedelta(days=3))
    report = await watching(store, clock, waits).check()
    assert [one.state for one in report.monitors] == [state]


async def test_a_monitor_that_fires_goes_on(store: Store, clock: Clock) -> None:
    """A broken judge does not end what fires."""
    vote(store, [0.95] * 8 + [0.5] * 6)
    await watching(store, clock).check()
    clock.now = NOON
    judged(store, [None] * 60)
    report = await watching(store, clock).check()
    assert [one.state for one in report.monitors] == ["firing"]
