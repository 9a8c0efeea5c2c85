"""What calls and pages take: by the clock, and in seconds of CPU of the service."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import psutil
from playwright.sync_api import BrowserContext

from tests.benchmarks.pages.visits import Visit
from tests.browser.people import LOADED

PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one thing, done again and again, and of CPU each time; `size` is that of the answer in kB."""

    name: str
    ms: Sequence[float]
    cpu_ms: float
    size: float = 0.0

    def quantile(self, q: float) -> float:
        """So much of them took at most that long."""
        return sorted(self.ms)[min(int(len(self.ms) * q), len(self.ms) - 1)]


def found(url: str) -> dict[str, str]:
    """A monitor that fires with its incident, and one of latency."""
    with urlopen(f"{url}/v1/monitors", timeout=60) as answer:
        monitors: list[dict[str, Any]] = json.load(answer)
    firing = next((one for one in monitors if one["state"] == "firing" and one["metric"] == "pass_rate"), monitors[0])
    latency = next(one for one in monitors if one["metric"] == "latency_ms")
    known = {"monitor": firing["monitor_id"], "incident": firing["incident_id"], "latency": latency["monitor_id"]}
    return {name: str(value) for name, value in known.items()}


class Reader:
    """One client on one connection, and the process that serves it."""

    def __init__(self, url: str, process: int) -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._process = psutil.Process(process)

    def cpu(self) -> float:
        """Seconds of CPU of the service so far."""
        return sum(self._process.cpu_times()[:2])

    def ask(self, path: str) -> bytes:
        """The answer, which is no error."""
        self._http.request("GET", path)
        answer = self._http.getresponse()
        content = answer.read()
        assert answer.status == 200, (path, answer.status, content[:500])
        return content

    def page(self, name: str, paths: Sequence[str], times: int) -> tuple[Taken, list[Taken]]:
        """All calls of a page together, and each of them, after one round to warm up."""
        self._http.close()  # The service may have closed it, for nothing was asked for a while.
        sizes = [len(self.ask(path)) / 1000 for path in paths]
        took: list[list[float]] = [[] for _ in paths]
        begun = self.cpu()
        for _ in range(times):
            for place, path in enumerate(paths):
                start = time.perf_counter()
                self.ask(path)
                took[place].append(1000 * (time.perf_counter() - start))
        cpu = 1000 * (self.cpu() - begun) / times
        single = [Taken(path, ms, 0.0, size) for path, ms, size in zip(paths, took, sizes, strict=True)]
        return Taken(name, [sum(one) for one in zip(*took, strict=True)], cpu, sum(sizes)), single


def usable(
    context: BrowserContext, url: str, visit: Visit, known: Mapping[str, str], reader: Reader, times: int
) -> Taken:
    """From the address to a page whose heading, tables and charts stand and whose script has ended, in a fresh tab."""
    took, begun = [], reader.cpu()
    for _ in range(times):
        page = context.new_page()
        start = time.perf_counter()
        page.goto(url + visit.path(known), wait_until="commit", timeout=PATIENCE_MS)
        standing = page.get_by_test_id("stHeading").or_(page.get_by_test_id("stAlert")).first
        standing.wait_for(timeout=PATIENCE_MS)
        page.wait_for_function(LOADED, timeout=PATIENCE_MS)
        took.append(1000 * (time.perf_counter() - start))
        page.close()
    return Taken(visit.name, took, 1000 * (reader.cpu() - begun) / times)
