"""How many spans per second are acknowledged as durable and made samples, over loopback HTTP, and in how much memory.

The service runs in its own process (judges off) with everything that happens to a span: parse, conventions, redaction,
the part's commit, assembly and the sample's commit. Senders cost little: they patch ids and times in a built request.
"""

from __future__ import annotations

import asyncio
import re
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.otlp_load import send
from tests.benchmarks.test_ingest import running

pytestmark = pytest.mark.slow
SECONDS = 6.0
SETTLE_SECONDS = 1.0
DRAIN_SECONDS = 120
FOREVER = 10**9
LOADS = (("1 connection", 1, 1, 300.0), ("16 connections", 16, 1, 1500.0), ("batches of 100", 2, 100, 5000.0))
GAINS = (1.2, 2.0)
MANY, FIRST = 120_000, 30_000
GROWTH = 1.3


@dataclass
class Line:
    """One load: spans per second acknowledged, and made samples (until the last one is stored), and CPU per span."""

    name: str
    acknowledged: float
    settled: float
    p99_ms: float
    cpu_us: float
    target: float

    @property
    def holds(self) -> bool:
        return self.acknowledged >= self.target

    def report(self) -> str:
        verdict = "ok" if self.holds else "MISSED"
        return (
            f"otlp {self.name:<16}{self.acknowledged:>7,.0f} spans/s durable (target >= {self.target:,.0f}) {verdict};"
            f" {self.settled:,.0f}/s up to the last sample;"
            f" p99 {self.p99_ms:.0f} ms; {self.cpu_us:.0f} µs of CPU each"
        )


def accepted(port: int) -> int:
    """How many samples the service has stored."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        found = re.search(rb'leadline_samples_total\{outcome="accepted"\} (\S+)', answer.read())
    return int(float(found[1])) if found else 0


def drained(port: int, spans: int) -> float:
    """When all spans are samples."""
    end = time.perf_counter() + DRAIN_SECONDS
    while accepted(port) < spans:
        assert time.perf_counter() < end, f"{accepted(port)} of {spans} spans became samples"
        time.sleep(0.1)
    return time.perf_counter()


async def load(port: int, connections: int, spans: int, seconds: float, most: int = FOREVER) -> tuple[int, list[float]]:
    """How many spans were acknowledged, and how long each request took."""
    took: list[float] = []
    end, share = time.perf_counter() + seconds, most // connections
    counts = await asyncio.gather(*(send(port, spans, end, share, took) for _ in range(connections)))
    return sum(counts), sorted(took)


def measured(database: Path, name: str, connections: int, spans: int, target: float) -> Line:
    """One load against a service of its own."""
    with running(database, LEADLINE_INTAKE__SETTLE_SECONDS=str(SETTLE_SECONDS)) as (port, process):
        start, begun = time.perf_counter(), sum(psutil.Process(process).cpu_times()[:2])
        sent, took = asyncio.run(load(port, connections, spans, SECONDS))
        acknowledged = sent / (time.perf_counter() - start)
        # The wait for further records of a call is no work.
        settled = sent / (drained(port, sent) - start - SETTLE_SECONDS)
        spent = sum(psutil.Process(process).cpu_times()[:2])
    return Line(name, acknowledged, settled, took[int(len(took) * 0.99)] * 1000, (spent - begun) / sent * 1e6, target)


def test_acknowledged_spans_per_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sender, sixteen, and batches, beside their targets; every span becomes one sample.

    The machine is shared, so what is asserted is what sharing a sync and a request gains within this run.
    """
    lines = [
        measured(tmp_path / f"{connections}-{spans}", name, connections, spans, target)
        for name, connections, spans, target in LOADS
    ]
    with capsys.disabled():
        print(f"\n\nspans of 2.3 kB of text and 15 attributes, {SECONDS:g} s per line")
        print("\n".join(line.report() for line in lines))
        gains = [line.acknowledged / lines[0].acknowledged for line in lines[1:]]
        for line, gain, least in zip(lines[1:], gains, GAINS, strict=True):
            print(f"otlp {line.name} / 1 connection: {gain:.1f}x (asserted >= {least:g}x)")
    assert all(gain >= least for gain, least in zip(gains, GAINS, strict=True))


def test_memory_stays_flat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Four times as many spans need no more memory."""
    with running(tmp_path / "a", LEADLINE_INTAKE__SETTLE_SECONDS=str(SETTLE_SECONDS)) as (port, process):
        sizes, sent = [], 0
        for most in (FIRST, MANY - FIRST):
            sent += asyncio.run(load(port, 2, 100, 3 * DRAIN_SECONDS, most))[0]
            drained(port, sent)
            sizes.append(psutil.Process(process).memory_info().rss / 1e6)
    ratio = sizes[1] / sizes[0]
    with capsys.disabled():
        verdict = "ok" if ratio <= GROWTH else "MISSED"
        print(
            f"\nmemory after {FIRST:,} spans {sizes[0]:.0f} MB, after {sent:,} {sizes[1]:.0f} MB:"
            f" {ratio:.2f}x (target <= {GROWTH}x) {verdict}"
        )
    assert ratio <= GROWTH
