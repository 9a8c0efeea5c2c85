"""Real exporters against a running service that stops and starts again in the middle."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.acceptance.process import Serving, serve
from tests.fakes import FakeClaude

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"
QUICK = {"LEADLINE_INTAKE__SETTLE_SECONDS": "0.2", "LEADLINE_INTAKE__OPEN_SECONDS": "1"}
CALLS = 60


class Client:
    """A client's process: told how many calls to make, it says what was acknowledged."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.acknowledged: set[str] = set()

    def make(self, calls: int) -> None:
        """Begins to make calls."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{calls}\n")
        self._process.stdin.flush()

    def until_acknowledged(self) -> None:
        """Reads on until something more was acknowledged."""
        before = len(self.acknowledged)
        while len(self.acknowledged) == before:
            self._told()

    def until_done(self) -> None:
        """Reads on until all calls are made and what could be sent is sent."""
        while "done" not in self._told():
            pass

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the client ended; make .venv-clients/made installs it anew"
        told: dict[str, Any] = json.loads(line)
        self.acknowledged |= {*told.get("acknowledged", ()), *told.get("sent", ())}
        return told


@contextmanager
def client(name: str, leadline: str, model: str) -> Iterator[Client]:
    """The client `tests/clients/NAME.py`; it ends with the context."""
    assert PYTHON.exists(), "run `make .venv-clients/made` first: it installs the clients"
    # An exporter gives up after 10 s by itself; on a busy machine a service takes longer to start again.
    patience = {"OTEL_EXPORTER_OTLP_TIMEOUT": "60", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    environ = {**os.environ, "LEADLINE_URL": leadline, "MODEL_URL": model, **patience}
    command = [str(PYTHON), str(ROOT / "tests" / "clients" / f"{name}.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield Client(process)
            Client(process).make(0)
            process.wait(timeout=30)
        finally:
            process.kill()


def settled(serving: Serving) -> Counter[str]:
    """The ids of all samples, once nothing waits to be put together any more."""
    with httpx2.Client(base_url=serving.url, timeout=30) as http:
        for _ in range(3000):
            if not http.get("/v1/intake").json()["parts_waiting"]:
                break
        found = http.get("/v1/samples", params={"limit": 1000}).json()
    assert all(sample["request"]["messages"] and sample["response"]["content"] for sample in found)
    return Counter(sample["sample_id"] for sample in found)


def again(database: Path, before: Serving) -> Serving:
    """The service once more, on the port that it had."""
    return serve(database, environ=QUICK, port=urlsplit(before.url).port or 0)


@pytest.mark.parametrize("name", ["otel_sdk", "anthropic_sdk"])
def test_an_exporter_survives_a_kill_of_the_service(tmp_path: Path, name: str) -> None:
    """The service is killed with -9 while spans come in: what was acknowledged is stored once, nothing twice."""
    database = tmp_path / "a.duckdb"
    first = serve(database, environ=QUICK)
    with FakeClaude() as model, client(name, first.url, model.url) as calls:
        calls.make(CALLS)
        calls.until_acknowledged()
        first.kill()
        second = again(database, first)
        calls.until_done()
    stored = settled(second)
    second.interrupt(10)
    lost, doubled = calls.acknowledged - set(stored), [key for key, times in stored.items() if times > 1]
    print(f"{name}: {len(calls.acknowledged)} acknowledged, {len(lost)} lost, {len(doubled)} doubled (target 0, 0)")
    assert len(calls.acknowledged) == CALLS
    assert (lost, doubled, len(stored)) == (set(), [], CALLS)


def test_litellm_goes_on_after_a_restart(tmp_path: Path) -> None:
    """LiteLLM's generic callback sends before and after a restart: every event is one sample."""
    database = tmp_path / "a.duckdb"
    first = serve(database, environ=QUICK)
    with FakeClaude() as model, client("litellm_callback", first.url, model.url) as calls:
        calls.make(10)
        calls.until_done()
        first.interrupt(10)
        second = again(database, first)
        calls.make(10)
        calls.until_done()
    stored = settled(second)
    second.interrupt(10)
    print(f"litellm: {len(calls.acknowledged)} events sent, {len(stored)} samples (target: as many)")
    assert stored == Counter(calls.acknowledged)
    assert len(stored) == 20
