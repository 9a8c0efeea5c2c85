"""How long it takes to say what happened, in a store of a million samples. Run with -s to see the figures."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from evaluator.explanation.explain import explain
from evaluator.explanation.question import Question
from store.records import Series, Share
from store.store import Store
from tests.benchmarks.pace import holds
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock

pytestmark = pytest.mark.slow

SAMPLES, JUDGED, DAYS = 1_000_000, 50, 30
START, ONSET = NOON - timedelta(days=DAYS), NOON - timedelta(days=2)
BATCH = 20_000
LANGUAGES = ("de", "en", "fr", "es", "it")
TEXT = "Where is my order? It was to come on Monday, and nobody answers the phone. "


def test_a_million_samples_and_twenty_thousand_votes(tmp_path: Path, clock: Clock) -> None:
    """Mix, slices and requests of one monitor, texts included, take at most a second of work."""
    step = timedelta(days=DAYS) / SAMPLES
    with Store.open(tmp_path / "a.duckdb", clock=clock) as store:
        for first in range(0, SAMPLES, BATCH):
            numbers = range(first, first + BATCH)
            store.append_samples(
                [
                    make_sample(
                        f"s{i}",
                        ts=START + i * step,
                        metadata={"language": LANGUAGES[i % 5], "plan": "ab"[i % 7 // 6], "user": f"u{i}"},
                        ask=TEXT * (1 + i % 5),
                        text=TEXT,
                    )
                    for i in numbers
                ]
            ).result()
            store.append_verdicts(
                [make_verdict(f"s{i}", ts=START + i * step, passed=i % 29 > 1) for i in numbers if i % JUDGED == 0]
            ).result()
        asked = Question(
            Series(feature="support-chat", judge="tone", judge_version="v1"),
            Share(),
            "down",
            (START, ONSET),
            (ONSET, NOON),
        )
        walls, works = [], []
        for _ in range(5):
            wall, work = time.perf_counter(), time.process_time()
            with store.read() as c:
                found = explain(c, asked)
            walls.append(time.perf_counter() - wall)
            works.append(time.process_time() - work)
    assert found.before
    assert found.now
    assert found.requests
    fine = median(works) <= 1.0
    print(
        f"\nwhat happened, {SAMPLES:,} samples, {found.before.n + found.now.n:,.0f} votes, "
        f"{found.requests.read_before + found.requests.read_now:,} texts: work of all threads {median(works):.2f} s "
        f"(target <= 1 s) {'ok' if fine else 'MISSED'}; by the clock {median(walls):.2f} s"
    )
    # Work, not time by the clock, and its best as `holds` takes the machine's best. A quarter more is
    # allowed: threads that wait for one another work, too.
    assert holds(min(works), 1.25)
