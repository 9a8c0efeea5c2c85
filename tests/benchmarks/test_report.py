"""How long a report takes and how large it is: of nothing, of twenty features, of two hundred."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.report import page, text
from evaluator.report.asked import Asked
from evaluator.report.facts import collect
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from judges.checks import MustMatchConfig
from store.store import Store
from tests.benchmarks.pace import holds
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.figures import Figures

pytestmark = pytest.mark.slow

DAYS, A_DAY = 14, 4
JUDGES = ("tone", "no_leaks")


def fill(store: Store, features: int, versions: dict[str, str]) -> None:
    """Two weeks of samples every six hours, each judged by two judges."""
    for number in range(features):
        times = [NOON - timedelta(days=DAYS) * (place + 1) / (DAYS * A_DAY) for place in range(DAYS * A_DAY)]
        name = f"feature-{number:03}"
        named = [(f"{name}-{place}", ts, place % 20 > 0) for place, ts in enumerate(times)]
        store.append_samples([make_sample(one, ts=ts, received_at=ts, feature=name) for one, ts, _ in named]).result()
        verdicts = [
            make_verdict(one, ts=ts, feature=name, passed=good, judge=judge, judge_version=versions[judge])
            for one, ts, good in named
            for judge in JUDGES
        ]
        store.append_verdicts(verdicts).result()


@pytest.mark.parametrize(("features", "seconds", "kilobytes"), [(0, 1.0, 20), (20, 5.0, 1000), (200, 20.0, 1000)])
async def test_a_report(
    features: int, seconds: float, kilobytes: float, tmp_path: Path, clock: Clock, figures: Figures
) -> None:
    """Facts, page and text of a week, from a store with two weeks of samples."""
    settings = Settings(
        database=tmp_path / "a.duckdb",
        drift=DriftSettings(baseline_votes=20, baseline_hours=24),
        judges=tuple(MustMatchConfig(kind="must_match", name=name, pattern=name) for name in JUDGES),
        judge=JudgeSettings(builtin=()),
    )
    async with Service(settings, clock=clock, environ={}, scheduled=False) as service:
        fill(service.store, features, {one.name: one.judge.version for one in service.entries if one.judge})
        await service.monitors.look(clock())
        began = time.process_time()
        facts = collect(service, Asked(NOON - timedelta(days=7), NOON))
        collected = time.process_time()
        html = page.render(facts)
        rendered = time.process_time()
    size = len(html.encode()) / 1000
    what = f"report of {features} features, {facts.counts.watched:,} monitors"
    note = f"facts {collected - began:.2f} s, page {rendered - collected:.2f} s, {html.count('<svg')} drawings"
    assert len(text.render(facts).splitlines()) <= 40
    assert len(facts.features) == features
    figures.at_most("report", f"{what}, seconds of CPU", rendered - began, seconds, form="{:.2f} s", note=note)
    assert holds(rendered - began, seconds)
    assert figures.at_most("report", f"{what}, size", size, kilobytes, form="{:.0f} kB")
