"""What four readers who click all the time cost those who send: the p99 of acknowledgements, alone and with them.

Their browsers keep to half of the cores: those of real readers take none of the service's.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.benchmarks.crowd import SAMPLES
from tests.benchmarks.otlp_load import HEAD, Body
from tests.benchmarks.pages.test_pages import FEW, showing
from tests.benchmarks.pages.visits import ROOT
from tests.figures import Figures

pytestmark = pytest.mark.slow

READERS, RATIO = 4, 1.5
PER_SECOND = 20


async def sent(port: int, seconds: float) -> list[float]:
    """Milliseconds until each of PER_SECOND spans a second was acknowledged as durable, in order of length.

    Counted from when it was to be sent: what one slow answer holds up counts too.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body, begun, took = Body(1), time.perf_counter(), []
    for number in range(int(seconds * PER_SECOND)):
        due = begun + number / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        content = body.new()
        writer.write(HEAD % len(content) + content)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        took.append(1000 * (time.perf_counter() - due))
    writer.close()
    return sorted(took)


@contextmanager
def clicking(url: str, opened: list[int]) -> Iterator[None]:
    """Readers in a process of their own; how many pages they have opened is added at the end."""
    command = [sys.executable, "-m", "tests.benchmarks.pages.clicking", url, str(READERS)]
    readers = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert readers.stdout is not None
    try:
        assert readers.stdout.readline().strip() == "clicking"
        yield
        opened.append(int(readers.communicate("\n", timeout=300)[0]))
    finally:
        readers.kill()
        readers.wait()


def measure(folder: Path, figures: Figures, samples: int, seconds: float) -> int:
    """Alone, then with readers, then alone again: the machine may have become slower meanwhile."""
    opened: list[int] = []
    with showing(folder, samples) as (served, _):
        port, service = urlsplit(served.url).port, psutil.Process(served.process.pid)
        assert port is not None
        alone = asyncio.run(sent(port, seconds))
        with clicking(served.url, opened):
            begun = sum(service.cpu_times()[:2])
            beside = asyncio.run(sent(port, seconds))
            cpu = sum(service.cpu_times()[:2]) - begun
        again = asyncio.run(sent(port, seconds))
    before, during, after = (one[int(len(one) * 0.99)] for one in (alone, beside, again))
    ratio = during / max(before, after)
    usual, slowed = alone[len(alone) // 2], beside[len(beside) // 2]
    note = (
        f"alone {before:.0f} and {after:.0f} ms, with readers {during:.0f} ms (p50 {slowed:.0f} for {usual:.0f}); "
        f"{opened[0]} pages opened, {cpu / seconds:.2f} cores of the service"
    )
    what = f"ingest p99 while {READERS} readers click, {samples:,} samples: times the p99 alone"
    figures.at_most("pages", what, ratio, RATIO, form="{:.2f}", note=note)
    return opened[0]


@pytest.mark.long
def test_readers_hardly_slow_senders(tmp_path: Path, figures: Figures) -> None:
    """At most 1.5 times the p99, over a million samples. Told and not asserted: the machine is shared."""
    assert measure(tmp_path, figures, SAMPLES, 60)


def test_readers_and_senders_together(tmp_path: Path, figures: Figures) -> None:
    """The program itself, on a small store: everything sent is acknowledged while pages are opened."""
    assert measure(tmp_path, figures, FEW, 5)
