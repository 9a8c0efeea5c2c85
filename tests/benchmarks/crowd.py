"""Thirty days of many features, made inside the database: the crowd a look is timed on, and the program that times it.

    python -m tests.benchmarks.crowd make FILE SAMPLES
    python -m tests.benchmarks.crowd look FILE SAMPLES FEATURES

`make` writes the file and counts it day by day; every monitor has its baseline, and counts as looked at until the end
of the 30 days: taking the looks themselves would be a benchmark of days. `look` watches the first so many features: the
quarter hours of an hour arrive and are looked at one by one; then the clock is turned back for every monitor, so that
all are due at once, which happens only after a stop. It prints the figures of the dearest look of the hour as JSON, the
time of the look at all, and the time by phase of one more look under a profiler.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import pstats
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast, get_args

from evaluator.api.shapes import CheckReport
from evaluator.lane import Lane
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, FeatureSettings, MetricName, MonitorSettings, SamplingSettings, Settings
from evaluator.telemetry import Metrics
from evaluator.waiting import Waiting
from store import monitors
from store.database import Connection
from store.samples import LATEST
from store.store import Store
from tests.builders import NOON
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

FEATURES, JUDGES, SAMPLES, DAYS = 16, 10, 1_000_000, 30
"""Every judge gives a verdict on every sample: ten million."""
SCORES, LABELS, FAILING = (6, 7), (8, 9), (0, 1)
"""Which judges give scores or labels of their own, and which fail once in 200 samples."""
FALLING = 3
"""Which feature some judges may find worse from a time on (Scene.fall_at)."""
LENGTH = timedelta(days=DAYS)
START = NOON - LENGTH
QUARTER = timedelta(minutes=15)
MICROSECOND = timedelta(microseconds=1)

SAMPLES_SQL = """
INSERT INTO sample (
  sample_id, ts, received_at, feature, environment, session_id, user_id, model, stop_reason, error, input_tokens,
  output_tokens, latency_ms, metadata, source, sampling_class, sampling_probability, sampling_u, text, length, cost_usd,
  seq
)
SELECT
  'sample-' || i, ts, ts, 'feature-' || lpad((i % 16)::VARCHAR, 2, '0'), 'production',
  CASE WHEN i // 32 % 3 = 0 THEN 'session-' || (i // 32) || '-' || (i % 16) END, 'user_' || u % 40000,
  CASE WHEN u % 10 < 8 THEN 'large' ELSE 'small' END,
  CASE WHEN u % 100 < 95 THEN 'end_turn' ELSE 'max_tokens' END,
  CASE WHEN u % 1000 < 7 THEN 'timeout' END,
  (200 * exp(n1))::BIGINT, (150 * exp(n2))::BIGINT, 900 * exp(n1 / 2),
  MAP {'plan': CASE WHEN u // 1000 % 10 < 6 THEN 'free' ELSE 'paid' END},
  'webhook', 'default', 1, (u % 100000) / 100000, 'kept', (600 * exp(n2))::BIGINT, round(.001 * exp(n1), 6), 11 * i + 1
FROM (
  SELECT
    i, hash(i) AS u, $start::TIMESTAMP + to_microseconds(i * $gap) AS ts,
    sqrt(-2 * ln((1 + hash(i, 1) % 1000000) / 1000001)) * cos(hash(i, 2) % 6283 / 1000) AS n1,
    sqrt(-2 * ln((1 + hash(i, 3) % 1000000) / 1000001)) * cos(hash(i, 4) % 6283 / 1000) AS n2
  FROM range($first, $until) AS r(i)
)
"""
VERDICTS_SQL = f"""
INSERT INTO verdict (
  seq, sample_id, ts, judged_at, feature, session_id, sampling_class, judge, judge_version, kind, status,
  judge_probability, passed, score, label, explanation, reason, model, provider, via, input_tokens, output_tokens,
  cache_read_tokens, cost_usd, duration_ms, flipped
)
SELECT
  11 * i + 2 + j, 'sample-' || i, ts, ts + to_microseconds((u % CASE WHEN llm THEN 40000000 ELSE 900000 END)::BIGINT),
  'feature-' || lpad((i % 16)::VARCHAR, 2, '0'),
  CASE WHEN i // 32 % 3 = 0 THEN 'session-' || (i // 32) || '-' || (i % 16) END,
  'default', 'judge-' || j, ($versions::VARCHAR[])[j + 1], CASE WHEN llm THEN 'llm' ELSE 'check' END,
  CASE WHEN failed THEN 'error' ELSE 'ok' END, 1,
  CASE WHEN NOT failed THEN good END,
  CASE WHEN failed THEN NULL WHEN j IN (6, 7) THEN (CASE WHEN good THEN 3 ELSE 0 END + u // 1000 % 2) / 4
  ELSE good::INTEGER END,
  CASE
    WHEN failed THEN NULL
    WHEN j IN (8, 9) THEN CASE WHEN good THEN 'fine' WHEN u // 1000 % 3 = 0 THEN 'rude' ELSE 'wrong' END
    WHEN good THEN 'pass' ELSE 'fail'
  END,
  CASE
    WHEN failed THEN NULL
    WHEN llm AND good THEN 'It answers what was asked and stays with the order ' || u // 7 % 90000 || '.'
    WHEN llm THEN 'It says "' || u // 7 % 900 || ' days" where the request names a day: the reader is sent away.'
    WHEN NOT good THEN 'The response has ' || 400 + u // 7 % 5000 || ' characters where at most 400 are allowed.'
  END,
  CASE WHEN failed THEN 'timeout' END,
  CASE WHEN llm THEN 'claude-haiku-5-5' END, CASE WHEN llm THEN 'custom' END,
  CASE WHEN llm THEN CASE WHEN u // 11 % 50 = 0 THEN 'cache' ELSE 'call' END END,
  CASE WHEN llm THEN 200 + u // 13 % 900 END, CASE WHEN llm THEN 40 + u // 17 % 120 END,
  CASE WHEN llm THEN 1800 END, CASE WHEN llm THEN (200 + u // 13 % 900) * 1e-6 END,
  CASE WHEN llm THEN 600 + u // 19 % 3000 ELSE u // 19 % 40 / 10 END,
  CASE WHEN llm AND u // 23 % 50 = 0 THEN u // 29 % 20 = 0 END
FROM (
  SELECT
    *, j >= 6 AS llm,
    u % 1000
      < CASE WHEN i % 16 = {FALLING} AND j IN (2, 7, 8) AND ts >= $fall_at::TIMESTAMP THEN 600 ELSE 930 END AS good
  FROM (
    SELECT
      i, j, hash(i, 10 + j) AS u, $start::TIMESTAMP + to_microseconds(i * $gap) AS ts,
      j < 2 AND hash(i, 30 + j) % 200 = 0 AS failed
    FROM range($first, $until) AS r(i), range(10) AS q(j)
  )
)
"""


@dataclass(frozen=True)
class Scene:
    """When the 30 days begin, the judges' versions, and from when on three judges pass less on one feature."""

    start: datetime = START
    versions: tuple[str, ...] = ("v1",) * JUDGES
    fall_at: datetime = LATEST

    @property
    def end(self) -> datetime:
        """When the 30 days are over."""
        return self.start + LENGTH


USUAL = Scene()


@dataclass
class Arrivals:
    """`samples` in 30 days, evenly spread, each with a verdict of every judge."""

    store: Store
    samples: int
    here: int = 0
    scene: Scene = USUAL

    def until(self, moment: datetime) -> None:
        """What comes before `moment` and is not here yet."""
        gap, start, versions = LENGTH // self.samples, _naive(self.scene.start), list(self.scene.versions)
        first, self.here = self.here, (moment - self.scene.start) // gap
        told = {"start": start, "gap": gap // MICROSECOND, "first": first, "until": self.here}

        def write(c: Connection) -> None:
            c.execute(SAMPLES_SQL, told)
            c.execute(VERDICTS_SQL, {**told, "versions": versions, "fall_at": _naive(self.scene.fall_at)})

        self.store.run(write).result()


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


class Crowd:
    """Monitors of the first `features` features, with judges that owe what they have not judged."""

    def __init__(self, store: Any, features: int = FEATURES, scene: Scene = USUAL) -> None:
        self.clock = Clock()
        judges = [FakeJudge(name=f"judge-{j}", version=version) for j, version in enumerate(scene.versions)]
        lanes = [Lane(judge.entry, judge, SamplingSettings(), self.clock) for judge in judges]
        waiting = Waiting(lanes, 7.0, self.clock)
        off = FeatureSettings(monitors={name: MonitorSettings(enabled=False) for name in get_args(MetricName)})
        unwatched = {f"feature-{place:02d}": off for place in range(features, FEATURES)}
        self.watch = Monitors(
            cast("Store", store),
            Settings(features=unwatched, drift=DriftSettings(baseline_votes=200)),
            self.clock,
            Metrics(),
            {judge.name: judge.version for judge in judges},
            waiting=waiting.in_spans,
            unscored=waiting.unscored,
        )

    def check(self, now: datetime) -> CheckReport:
        """The scheduled look at `now`."""
        self.clock.now = now
        return asyncio.run(self.watch.check())

    def count(self, now: datetime) -> None:
        """What the service does every few seconds."""
        self.clock.now = now
        asyncio.run(self.watch.count())


def make(store: Store, samples: int, scene: Scene = USUAL, days: Sequence[int] = range(1, DAYS + 1)) -> Crowd:
    """Thirty days: arrived, counted after each of these `days`, with baselines, and as if looked at until the end."""
    arrivals, crowd = Arrivals(store, samples, scene=scene), Crowd(store, scene=scene)
    for day in days:
        arrivals.until(scene.start + day * timedelta(days=1))
        crowd.count(scene.start + day * timedelta(days=1))
        if day in (2, 8):  # the first baselines, then those of traffic, which need a week
            now = scene.start + timedelta(days=day - 1, hours=4)
            looked_at(store, now - QUARTER if day == 8 else None)
            crowd.check(now)
    looked_at(store, scene.end)
    return crowd


def looked_at(store: Store, until: datetime | None, looks: int = 0, feature: str | None = None) -> None:
    """Leaves out the looks before then, but for the last so many of each; of all features, or of one."""
    with store.read() as c:
        known = [one for one in monitors.monitors(c) if feature in (None, one.series.feature)]
    if until:
        skipped = [
            replace(one, checked_until=until - looks * METRICS[one.series.metric].step * QUARTER) for one in known
        ]
        store.run(lambda c: monitors.save_monitors(c, skipped)).result()


class Profiled:
    """A store whose writes are profiled too: they run in a thread of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.profile = cProfile.Profile()
        self.on = False

    def read(self) -> AbstractContextManager[Connection]:
        return self._store.read()

    def run(self, operation: Callable[[Connection], Any]) -> Future[Any]:
        return self._store.run(lambda c: self.profile.runcall(operation, c) if self.on else operation(c))


PHASES = {
    "rollup refresh": ("refresh",),
    "hours": ("refresh_hours",),
    "unscored": ("unscored", "append_unscored"),
    "reading": ("of_rates", "of_values", "levels", "_of_each", "number", "counts"),
    "evaluation": ("looks",),
    "saving": ("_save",),
    "report": ("_report",),
}
FILES = ("rollup.py", "waiting.py", "cells.py", "reading.py", "look.py", "watch.py")


def phases(profiles: list[cProfile.Profile]) -> dict[str, float]:
    """Seconds in each phase, of the functions that make it up."""
    taken: dict[str, float] = {}
    for profile in profiles:
        for (file, _, name), (_, _, _, seconds, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
            if Path(file).name in FILES:
                taken[name] = taken.get(name, 0.0) + seconds
    return {phase: round(sum(taken.get(name, 0.0) for name in names), 2) for phase, names in PHASES.items()}


def look(store: Store, samples: int, features: int) -> dict[str, Any]:
    """The looks of an hour, timed, one at which all are due, and one more by phase."""
    told = Profiled(store)
    arrivals, crowd = Arrivals(store, samples, samples), Crowd(told, features)
    warm_up, *hour = [timed(arrivals, crowd, quarter) for quarter in range(1, 6)]
    looked_at(store, NOON + 6 * QUARTER, looks=1)
    everything = timed(arrivals, crowd, 6)
    arrivals.until(NOON + 7 * QUARTER)
    crowd.clock.now, told.on, here = NOON + 7 * QUARTER, True, cProfile.Profile()
    here.runcall(crowd.watch._check, crowd.clock.now)
    return {
        **max(hour, key=lambda one: one["cpu_seconds"]),
        "warm_up": warm_up["cpu_seconds"],
        "hour": [one["cpu_seconds"] for one in hour],
        "all_at_once": everything["cpu_seconds"],
        "peak_mb": _peak(),
        "phases": phases([here, told.profile]),
    }


def timed(arrivals: Arrivals, crowd: Crowd, quarter: int) -> dict[str, Any]:
    """The look after that quarter hour: how many monitors there are, how many were looked at, and its times."""
    moment = NOON + quarter * QUARTER
    arrivals.until(moment)
    wall, cpu = time.perf_counter(), time.process_time()
    report = crowd.check(moment)
    return {
        "monitors": len(report.monitors),
        "looked_at": sum((one.checked_until or NOON) > moment - QUARTER for one in report.monitors),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "seconds": round(time.perf_counter() - wall, 2),
    }


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    what, file, amount, *rest = sys.argv[1:]
    with Store.open(Path(file), clock=Clock()) as opened:
        if what == "make":
            make(opened, int(amount))
        else:
            print(json.dumps(look(opened, int(amount), int(rest[0]))))
