"""How fast history is gone through once more: seconds for each replayed day, and memory beside the history's length."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import psutil
import pytest

from evaluator.backtest.replay import Plan, run
from evaluator.settings import Settings
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock

pytestmark = [pytest.mark.slow, pytest.mark.long]

DAYS, SERIES, VOTES = 30, 20, 500
LATENCY_SECONDS = 10.0
RULES = [{"name": "five points", "kind": "drop", "points": 5, "window_votes": 100}]


@contextmanager
def history(folder: Path) -> Iterator[Store]:
    """20 series with 500 votes a day each, judged some seconds after they came; one of them falls by 15 points."""
    rng = np.random.default_rng(1)
    start, n = NOON - timedelta(days=DAYS), DAYS * VOTES
    with Store.open(folder / "history.duckdb", clock=Clock()) as store:
        for series in range(SERIES):
            feature = f"f{series}"
            days, waits = np.sort(rng.uniform(0, DAYS, n)), rng.exponential(LATENCY_SECONDS, n)
            good = rng.random(n) < np.where((series == 0) & (days > 0.7 * DAYS), 0.80, 0.95)
            rows = [
                (f"{series}-{i}", start + timedelta(days=float(day)), bool(ok), timedelta(seconds=float(wait)))
                for i, (day, ok, wait) in enumerate(zip(days, good, waits, strict=True))
            ]
            samples = [
                make_sample(name, ts=ts, received_at=ts + wait / 2, feature=feature) for name, ts, _, wait in rows
            ]
            store.append_samples(samples).result()
            judged = [
                make_verdict(name, ts=ts, judged_at=ts + wait, passed=ok, feature=feature)
                for name, ts, ok, wait in rows
            ]
            store.append_verdicts(judged).result()
        yield store


def test_a_month_of_twenty_series(tmp_path: Path) -> None:
    """30 days of 20 series are replayed; the second half needs hardly more memory than the first; the fall is found."""
    process = psutil.Process()
    memory: list[int] = []
    with history(tmp_path) as store:
        started = perf_counter()
        plan = Plan(Settings.model_validate({"rules": RULES}), NOON)
        outcome = asyncio.run(run(store, plan, lambda *_: memory.append(process.memory_info().rss)))
        took = perf_counter() - started
    grown = (max(memory[DAYS // 2 :]) - max(memory[: DAYS // 2])) / 2**20
    monitors = [one for one in outcome.alerts if "rule" not in one.evidence]
    print(
        f"\n{DAYS} days of {SERIES} series, {VOTES} votes a day each: {took / DAYS:.2f} s per replayed day, "
        f"{outcome.looks} of {96 * DAYS} looks taken by themselves; "
        f"memory of the second half {grown:+.0f} MB (target ≤ 64 MB) {'ok' if grown <= 64 else 'MISSED'}; "
        f"{len(monitors)} alert(s) of monitors (1 is true), {len(outcome.alerts) - len(monitors)} of the plain rule"
    )
    assert grown <= 64
    assert {one.evidence["monitor"]["feature"] for one in monitors} == {"f0"}
