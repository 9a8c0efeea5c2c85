"""Judgements per second, what they cost in CPU and memory, and what faults and a kill do to them.

Everything runs in a process of its own: the fake Claude, a bare loop of asyncio, SDK and semaphore that keeps nothing,
and Leadline over a real database file with durable verdicts. The machine is shared, so only ratios within a run are
asserted; rates and CPU are the best of a few rounds, in which the two take turns.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evaluator.intake.public import read
from store import verdicts
from store.samples import EARLIEST, LATEST
from store.store import Store
from tests.benchmarks.judging.load import CONCURRENCY, Cost, item

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SAMPLES = 2_000
LATENCY_SECONDS = 0.2
RATE, CPU = 0.9, 1.5
ROUNDS = 3
FEW, MANY, FAST_SECONDS = 2_000, 10_000, 0.02


def show(what: str, value: float, target: float, *, at_least: bool = False) -> bool:
    """Print the figure beside its target; whether it holds."""
    fine = value >= target if at_least else value <= target
    print(f"judging: {what} {value:.2f} (target {'>=' if at_least else '<='} {target:g}) {'ok' if fine else 'MISSED'}")
    return fine


@dataclass(frozen=True)
class Server:
    """A running fake Claude."""

    url: str

    def answers(self) -> dict[str, int]:
        """How often each sample was answered with a verdict."""
        with urllib.request.urlopen(f"{self.url}/counts", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found


def python(module: str, *arguments: object, **how: Any) -> subprocess.Popen[str]:
    """One of this folder's programs, in a process of its own; its output is read from here."""
    command = [sys.executable, "-m", f"tests.benchmarks.judging.{module}", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, **how)


@contextmanager
def claude(*flags: str, latency: float = LATENCY_SECONDS) -> Iterator[Server]:
    """A fake Claude on a free port."""
    process = python("server", "--latency", latency, *flags)
    try:
        assert process.stdout is not None
        yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.communicate()


def run(kind: str, server: Server, count: int, database: Path) -> Cost:
    """One way to judge, to its end."""
    output, _ = python("load", kind, server.url, count, database).communicate(timeout=300)
    return Cost(**json.loads(output.splitlines()[-1]))


def filled(database: Path, count: int) -> Path:
    """A new database file with so many samples and no verdict."""
    now = datetime.now(UTC)
    with Store.open(database, clock=lambda: now) as store:
        for first in range(0, count, SAMPLES):
            numbers = range(first, min(count, first + SAMPLES))
            store.append_samples([read(item(number), received_at=now) for number in numbers]).result()
    return database


def stored(database: Path) -> int:
    """How many ok verdicts a database file holds."""
    with Store.open(database, clock=lambda: datetime.now(UTC)) as store, store.read() as c:
        return sum(row.n for row in verdicts.counts(c, EARLIEST, LATEST) if row.status == "ok")


def report(name: str, cost: Cost) -> None:
    print(
        f"judging: {name:<16}{cost.rate:>5.0f}/s  {cost.cpu_ms:.2f} ms of CPU each  peak {cost.peak_mb:.0f} MB"
        f" ({cost.ready_mb:.0f} before the first)"
    )


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Cost], list[Cost]]:
    """The bare loop's and Leadline's costs, round by round until the targets are met; at most ROUNDS."""
    bare: list[Cost] = []
    ours: list[Cost] = []
    print(f"\njudging: {SAMPLES} samples, {LATENCY_SECONDS * 1000:.0f} ms latency, {CONCURRENCY} at once;", end=" ")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for number in range(ROUNDS):
        folder = tmp_path_factory.mktemp("clean")
        with claude() as server:
            bare.append(run("bare", server, SAMPLES, folder / "none"))
        with claude() as server:
            ours.append(run("recover", server, SAMPLES, filled(folder / "a.duckdb", SAMPLES)))
        report(f"bare loop, {number + 1}.", bare[-1])
        report(f"leadline, {number + 1}.", ours[-1])
        if _rates(bare, ours) >= RATE and _cpu(bare, ours) <= CPU:
            break
    return bare, ours


def _rates(bare: list[Cost], ours: list[Cost]) -> float:
    return max(cost.rate for cost in ours) / max(cost.rate for cost in bare)


def _cpu(bare: list[Cost], ours: list[Cost]) -> float:
    return min(cost.cpu_ms for cost in ours) / min(cost.cpu_ms for cost in bare)


def test_durable_verdicts_cost_little_more_than_a_bare_loop(clean: tuple[list[Cost], list[Cost]]) -> None:
    """Leadline judges at 0.9 of the bare loop's rate or faster, for 1.5 times its CPU or less, within 200 MB."""
    bare, ours = clean
    assert {cost.judged for cost in (*bare, *ours)} == {SAMPLES}
    rate = show("rate / bare loop's rate", _rates(bare, ours), RATE, at_least=True)
    cpu = show("CPU / bare loop's CPU", _cpu(bare, ours), CPU)
    show("peak memory in MB", min(cost.peak_mb for cost in ours), 200)
    assert rate
    assert cpu


def test_the_server_is_not_what_is_measured(tmp_path: Path) -> None:
    """Without latency the fake Claude answers the bare loop at more than twice the rate that is asked of it above."""
    with claude(latency=0) as server:
        cost = run("bare", server, SAMPLES, tmp_path)
    assert show("rate of the bare loop without latency / rate above at best", cost.rate / 500, 1, at_least=True)


def test_faults_delay_a_little_and_lose_nothing(clean: tuple[list[Cost], list[Cost]], tmp_path: Path) -> None:
    """With 1 % rate limits and 1 % overloads every sample is judged once, within 1.6 times the time without."""
    with claude("--faulty") as server:
        cost = run("recover", server, SAMPLES, filled(tmp_path / "a.duckdb", SAMPLES))
        answers = server.answers()
    assert (len(answers), set(answers.values()), stored(tmp_path / "a.duckdb")) == (SAMPLES, {1}, SAMPLES)
    report("with faults", cost)
    usual = min(one.seconds for one in clean[1])
    assert show("time with 1 % 429 and 1 % 529 / without", cost.seconds / usual, 1.6)


def test_a_kill_pays_for_no_more_than_was_under_way(tmp_path: Path) -> None:
    """Killed at half and started again: all is judged, and no more judgements are paid twice than ran at once."""
    database = filled(tmp_path / "a.duckdb", SAMPLES)
    with claude() as server:
        process = python("load", "recover", server.url, SAMPLES, database)
        while len(server.answers()) < SAMPLES / 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        before = sum(server.answers().values())
        rest = run("recover", server, SAMPLES, database)
        answers = server.answers()
    twice = sum(answers.values()) - len(answers)
    print(f"judging: killed after {before} judgements were asked for; {rest.judged} were made after the restart")
    assert (len(answers), stored(database)) == (SAMPLES, SAMPLES)
    assert show("judgements paid twice after a kill / at once", twice / CONCURRENCY, 1)


def test_memory_does_not_grow_with_the_samples(tmp_path: Path) -> None:
    """Five times as many samples take the same memory at their peak."""
    with claude(latency=FAST_SECONDS) as server:
        few, many = (run("recover", server, n, filled(tmp_path / f"{n}.duckdb", n)) for n in (FEW, MANY))
    report(f"{FEW} samples", few)
    report(f"{MANY} samples", many)
    assert (few.judged, many.judged) == (FEW, MANY)
    assert show(f"peak memory of {MANY} samples / of {FEW}", many.peak_mb / few.peak_mb, 1.15)


def test_files_are_judged_as_fast(tmp_path: Path, clean: tuple[list[Cost], list[Cost]]) -> None:
    """Rows of a file are stored and judged at no less than two thirds of the rate of judging alone."""
    with claude() as server:
        cost = run("score", server, SAMPLES, tmp_path / "a.duckdb")
    report("leadline score", cost)
    assert show("rate of score / of judging alone", cost.rate / max(one.rate for one in clean[1]), 0.66, at_least=True)
