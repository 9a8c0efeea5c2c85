"""How many samples per second are acknowledged as durable over loopback HTTP, beside one transaction per row.

The service runs in its own process (`leadline serve`, judges off, so that only intake is measured); the client speaks
HTTP on raw sockets, because a full client would cost more than the service. The reference line is favoured: the same
store, called directly in this process without HTTP, with one commit per row. Commits follow one another, so more
callers would not make it faster.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evaluator.intake.public import read
from store.store import Store

ROOT = Path(__file__).parents[2]
SECONDS = 3.0
TARGET = 10.0
SERVE = "from evaluator.cli.app import leadline; leadline()"
TEXT = "Your order left our warehouse this morning and should reach you within two working days. " * 12
numbers = itertools.count()


def item() -> dict[str, object]:
    """A new sample of about 2.3 kB of text."""
    number = next(numbers)
    return {
        "id": f"bench-{os.getpid()}-{number}",
        "timestamp": datetime.now(UTC).isoformat(),
        "feature": "support-chat",
        "session_id": f"s{number // 3}",
        "model": "claude-sonnet-5-5",
        "prompt_version": "v7",
        "request": {"system": TEXT[:500], "messages": [{"role": "user", "content": TEXT[:700]}], "max_tokens": 600},
        "response": {"content": [{"type": "text", "text": TEXT[:1000]}], "stop_reason": "end_turn"},
        "usage": {"input_tokens": 310, "output_tokens": 220},
        "latency_ms": 812,
        "metadata": {"plan": "pro", "language": "de"},
    }


@dataclass
class Line:
    """One measured way to send: acknowledged samples per second, and how long the slowest of 100 requests took."""

    name: str
    rate: float
    p99_ms: float

    def report(self, reference: float) -> str:
        return f"{self.name:<44}{self.rate:>9,.0f}/s{self.rate / reference:>8.1f}x   p99 {self.p99_ms:.0f} ms"


@contextmanager
def service(database: Path) -> Iterator[int]:
    """A service of its own on a free port."""
    with running(database) as (port, _):
        yield port


@contextmanager
def running(database: Path, **settings: str) -> Iterator[tuple[int, int]]:
    """Port and process id of a service of its own; its first line of output says the port."""
    environment = {**os.environ, **settings, "LEADLINE_JUDGE__BUILTIN": "[]", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVE, "--database", str(database), "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, cwd=database.parent, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        listening = next(line for line in process.stderr if "listens on" in line)
        yield int(listening.partition("127.0.0.1:")[2].split()[0]), process.pid
    finally:
        process.terminate()
        process.communicate(timeout=20)


async def measure(name: str, port: int, *, connections: int, batch: int) -> Line:
    """Sends batches on so many connections for SECONDS, each waiting for its acknowledgement."""
    took: list[float] = []
    end = time.perf_counter() + SECONDS
    counts = await asyncio.gather(*(_connection(port, batch, end, took) for _ in range(connections)))
    took.sort()
    return Line(name, sum(counts) / SECONDS, took[int(len(took) * 0.99)] * 1000)


async def _connection(port: int, batch: int, end: float, took: list[float]) -> int:
    """Posts on one keep-alive connection until `end`; how many samples were acknowledged."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    acknowledged = 0
    while time.perf_counter() < end:
        body = json.dumps([item() for _ in range(batch)] if batch > 1 else item()).encode()
        start = time.perf_counter()
        writer.write(b"POST /v1/samples HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        took.append(time.perf_counter() - start)
        assert head.startswith(b"HTTP/1.1 202"), answer
        acknowledged += json.loads(answer)["accepted"]
    writer.close()
    return acknowledged


def one_transaction_per_row(database: Path) -> Line:
    """The reference: each row its own commit, straight into a store without HTTP."""
    took: list[float] = []
    with Store.open(database, clock=lambda: datetime.now(UTC)) as store:
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            sample = read(item(), received_at=datetime.now(UTC))
            start = time.perf_counter()
            store.append_samples([sample], []).result()
            took.append(time.perf_counter() - start)
    took.sort()
    return Line("one transaction per row (no HTTP), 1 caller", len(took) / SECONDS, took[int(len(took) * 0.99)] * 1000)


@pytest.mark.slow
def test_acknowledged_samples_per_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Batches of 20 from 32 senders are stored at ten times the rate of one transaction per row, or faster."""
    reference = one_transaction_per_row(tmp_path / "reference.duckdb")
    with service(tmp_path / "leadline.duckdb") as port:
        lines = [
            asyncio.run(measure(f"{kind}, {connections} connection(s)", port, connections=connections, batch=batch))
            for kind, batch in (("single posts", 1), ("batches of 20", 20), ("batches of 100", 100))
            for connections in (1, 32)
        ]
    alone, crowd = (line.rate / reference.rate for line in lines if "of 20" in line.name)
    with capsys.disabled():
        print(f"\n\nacknowledged samples, 2.3 kB of text each, {SECONDS:g} s per line")
        print("\n".join(line.report(reference.rate) for line in (reference, *lines)))
        verdict = "ok" if crowd >= TARGET else "MISSED"
        print(f"ingest 20-row batches / one txn per row, 1 connection: {alone:.1f}x (no target)")
        print(
            f"ingest 20-row batches / one txn per row, 32 connections: {crowd:.1f}x (target >= {TARGET:g}x) {verdict}"
        )
    assert crowd >= TARGET
