"""A back-test raises what the live looks raised: the same alerts, at the same looks, whatever came late."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from evaluator.backtest.replay import Outcome, Plan, run
from evaluator.backtest.schedule import Grid
from evaluator.monitors.watch import Monitors
from evaluator.rules.watch import Rules
from evaluator.settings import DriftSettings, Settings
from evaluator.settings_rules import DropRule, QuantileRule
from evaluator.telemetry import Metrics
from store import alerts
from store.records import Alert, Sample, Verdict
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import nobody_waits, range_of

pytestmark = pytest.mark.slow

RULES = (
    DropRule(name="down 15", kind="drop", points=15, window_votes=30, min_n=30),
    QuantileRule(name="slow", kind="quantile", of="latency_ms", limit=5000, window_minutes=30, min_n=5, for_looks=2),
)
HOURS = 8
START = NOON - timedelta(hours=HOURS)
LOOKED_UNTIL = NOON + timedelta(hours=1)


@dataclass(frozen=True)
class Traffic:
    """How late things come, and what goes wrong: a share of them up to so many hours late, a fall, a judge's edit."""

    seed: int
    late: float
    hours_late: float
    in_sessions: bool
    falls_after: float
    edited_after: float

    def rows(self) -> list[tuple[Sample, Verdict]]:
        """Two features, a vote every three minutes each."""
        rng = np.random.default_rng(self.seed)
        return [pair for feature in ("a", "b") for pair in self._feature(feature, rng)]

    def _feature(self, feature: str, rng: np.random.Generator) -> Iterator[tuple[Sample, Verdict]]:
        for i in range(HOURS * 20):
            hours = i / 20 + float(rng.uniform(0, 0.04))
            ts = START + timedelta(hours=hours)
            fell = self.falls_after < hours < self.falls_after + 4 and feature == "a"
            waits = [timedelta(hours=self.hours_late) * float(rng.random()) if rng.random() < self.late else
                     timedelta(seconds=20 * float(rng.random())) for _ in range(2)]  # fmt: skip
            session = f"{feature}{i // 3 + 9 * (i % 3)}" if self.in_sessions else None
            common: dict[str, Any] = {"ts": ts, "feature": feature, "session_id": session}
            latency = float(rng.exponential(9000 if fell else 1000))
            sample = make_sample(f"{feature}-{i}", received_at=ts + waits[0], latency_ms=latency, **common)
            passed = bool(rng.random() < (0.4 if fell else 0.95))
            version = "v2" if hours > self.edited_after else "v1"
            judge = f"tone-{feature}"
            told = {"judge": judge, "judge_version": version, "judged_at": ts + waits[0] + waits[1]}
            yield sample, make_verdict(f"{feature}-{i}", passed=passed, **told, **common)


SETTINGS = Settings(drift=DriftSettings(baseline_votes=40, baseline_hours=1), rules=RULES)


async def live(store: Store, traffic: Traffic) -> list[Alert]:
    """What a service raises that gets the rows as they come and looks every quarter hour."""
    clock, rows = Clock(START), traffic.rows()
    last = {verdict.judge: "" for _, verdict in rows}
    rules = Rules(store, SETTINGS, clock, closes=True, quiet=True)
    versions: dict[str, str] = {}
    monitors = Monitors(store, SETTINGS, clock, Metrics(), versions, waiting=nobody_waits, quiet=True)
    for before, look in pairwise(looks()):
        clock.now = look
        vote(store, traffic, after=before, until=look)
        for judge in last:
            if version := in_use([v for _, v in rows if v.judge == judge], look):
                versions[judge] = version
        await monitors.check()
        await rules.look(look)
    with store.read() as c:
        return alerts.find(c, limit=1000)


def in_use(verdicts: list[Verdict], now: datetime) -> str | None:
    """The edited version as soon as it has judged, as when a service was started anew with it."""
    return max((v.judge_version for v in verdicts if v.judged_at <= now), default=None)


def looks() -> Iterator[datetime]:
    look = Grid().at_or_before(START - timedelta(hours=1))
    while look <= LOOKED_UNTIL:
        yield look
        look += timedelta(minutes=15)


def told(found: list[Alert]) -> list[tuple[Any, ...]]:
    """All of an alert that the samples' texts have no part in."""
    return sorted(
        (a.monitor_id, a.fired_at, a.resolved_at, a.alert_id, str(a.evidence["onset"]), str(a.evidence["drop"]))
        for a in found
    )


TRAFFIC = st.builds(
    Traffic,
    seed=st.integers(0, 2**32 - 1),
    late=st.sampled_from([0.0, 0.02, 0.3]),
    hours_late=st.sampled_from([0.3, 3.0]),
    in_sessions=st.booleans(),
    falls_after=st.sampled_from([3.0, 5.0, 20.0]),
    edited_after=st.sampled_from([4.0, 20.0]),
)


FEW = settings(
    deadline=None,
    database=None,
    derandomize=True,
    # A history that fails is not made smaller: that takes longer than to read it.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


async def both(traffic: Traffic) -> tuple[list[Alert], Outcome]:
    """The alerts of live looks, and the replay of the history they leave."""
    with Store.open(None, clock=Clock()) as store:
        raised = await live(store, traffic)
        return raised, await run(store, Plan(SETTINGS, list(looks())[-1]))


@pytest.mark.parametrize("histories", [2, pytest.param(24, marks=pytest.mark.long)])
def test_the_fast_way_raises_what_every_look_raised(histories: int) -> None:
    """Looks taken in one go, where nothing came late, raise the alerts of looks taken one by one as rows came."""
    seen: Counter[str] = Counter()

    @settings(FEW, max_examples=histories)
    @given(TRAFFIC)
    def compare(traffic: Traffic) -> None:
        raised, replayed = asyncio.run(both(traffic))
        seen.update(histories=1, alerts=len(raised), looks=len(list(looks())) - 1, taken=replayed.looks)
        assert (told(replayed.alerts), replayed.notes) == (told(raised), [])

    compare()
    print(
        f"{seen['histories']} random histories, {seen['alerts']} alerts of live looks, all replayed the same; "
        f"{seen['taken']} of {seen['looks']} looks taken by themselves"
    )
    assert seen["alerts"] > seen["histories"] / 4
    assert seen["taken"] < seen["looks"]


async def test_a_baseline_set_by_command_is_set_again() -> None:
    """A window that a command chose in the middle counts from the moment it was chosen, as it did live."""
    traffic = Traffic(7, 0.0, 0.3, in_sessions=False, falls_after=3.0, edited_after=20.0)
    clock = Clock(START + timedelta(hours=6, minutes=1))
    with Store.open(None, clock=clock) as store:
        vote(store, traffic, until=clock())
        monitors = Monitors(store, SETTINGS, clock, Metrics(), {}, waiting=nobody_waits)
        await monitors.check()
        start, end = START + timedelta(hours=4), START + timedelta(hours=5)
        await monitors.set_baseline(range_of(start, end, feature="a", judge="tone-a", note="the new normal"))
        vote(store, traffic, after=clock(), until=NOON + timedelta(hours=9))
        clock.now = LOOKED_UNTIL
        await monitors.check()
        with store.read() as c:
            raised = [one for one in alerts.find(c) if "rule" not in one.evidence]
        replayed = await run(store, Plan(SETTINGS, LOOKED_UNTIL))
    again = [one for one in replayed.alerts if "rule" not in one.evidence]
    assert sorted(one.alert_id for one in again) == sorted(one.alert_id for one in raised)
    assert any(one.evidence["baseline"]["origin"] != "command" and one.resolved_at for one in again)


def vote(store: Store, traffic: Traffic, *, after: datetime = START - timedelta(days=1), until: datetime) -> None:
    """Stores what became known in (after, until]."""
    rows = traffic.rows()
    store.append_samples([s for s, _ in rows if after < s.received_at <= until]).result()
    store.append_verdicts([v for _, v in rows if after < v.judged_at <= until]).result()
