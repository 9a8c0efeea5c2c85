"""Verdicts on their way to somebody's OTLP backend, from the whole service: killed, switched off, sent to itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from evaluator.doctor import examine
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import ExportSettings, JudgeSettings, Settings
from store import export as export_store
from store.store import Store
from tests.acceptance.process import Serving, serve
from tests.conftest import Clock
from tests.otlp_backend import TAKEN, Backend, Reply

SAMPLES = 5_000
BATCH = 500
DOWN, UNAUTHORIZED, BAD = Reply(status=503), Reply(status=401), Reply(status=400)

pytestmark = pytest.mark.slow


@pytest.fixture
def backend() -> Iterator[Backend]:
    """A backend that takes everything."""
    with Backend() as server:
        yield server


def exporting(database: Path, backend: Backend) -> Serving:
    """A real service that exports to this backend, with one judge."""
    told = {"EXPORT__ENDPOINT": backend.url, "EXPORT__EVERY_SECONDS": "0.1", "JUDGE__BUILTIN": '["smell_heuristic"]'}
    return serve(database, environ={f"LEADLINE_{name}": value for name, value in told.items()})


def post(serving: Serving, count: int) -> None:
    """So many samples."""
    now = datetime.now(UTC).isoformat()
    made = [{"id": f"s{n}", "timestamp": now, "feature": "load", "response": "Here."} for n in range(count)]
    with httpx2.Client(base_url=serving.url, timeout=60) as client:
        assert client.post("/v1/samples", json=made).status_code == 202


def when(backend: Backend, count: int) -> threading.Event:
    """Set once the events that were taken are about so many samples."""
    reached = threading.Event()

    def look() -> None:
        if len(set(backend.samples)) >= count:
            reached.set()

    backend.on_taken = look
    return reached


def stored(database: Path) -> list[str]:
    """The samples of the verdicts in the file, by number."""
    with Store.open(database, clock=lambda: datetime.now(UTC)) as store, store.read() as c:
        return [one.sample_id for one in export_store.following(c, 0, 1_000_000)]


def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path, backend: Backend) -> None:
    """After kill -9 under way and a restart every verdict has arrived, in order, and at most one request twice."""
    database = tmp_path / "a.duckdb"
    halfway = when(backend, SAMPLES // 2)
    first = exporting(database, backend)
    post(first, SAMPLES)
    assert halfway.wait(120)
    first.kill()
    before = len(backend.samples)
    everything = when(backend, SAMPLES)
    second = exporting(database, backend)
    assert everything.wait(120)
    assert second.interrupt(30) == 0
    once = list(dict.fromkeys(backend.samples))
    twice = len(backend.samples) - len(once)
    print(f"killed after {before} events; {len(once)} of {SAMPLES} arrived, {twice} of them twice (at most {BATCH})")
    assert before < SAMPLES
    assert once == stored(database)
    assert twice <= BATCH


def service(database: Path, clock: Clock, endpoint: str | None, *, scheduled: bool = True) -> Service:
    """A service with one judge that exports only when it is told to."""
    settings = Settings(
        database=database,
        judge=JudgeSettings(builtin=("smell_heuristic",)),
        export=ExportSettings(endpoint=endpoint, every_seconds=10_000),
    )
    return Service(settings, clock=clock, environ={}, scheduled=scheduled)


async def judge(running: Service, *names: str) -> None:
    """A sample of each name, judged."""
    items = [Item(n, {"id": name, "feature": "chat", "response": "Here."}) for n, name in enumerate(names)]
    await running.intake.accept(items)
    await running.pipeline.drain()


async def export(running: Service) -> int:
    assert running.exporter is not None
    return await running.exporter.export()


async def test_only_what_is_judged_while_it_is_on_leaves(tmp_path: Path, clock: Clock, backend: Backend) -> None:
    """Not what was judged before it was switched on, and not what was judged while it was off again."""
    for turn, endpoint in enumerate((None, backend.url, None, backend.url)):
        async with service(tmp_path / "a.duckdb", clock, endpoint) as running:
            await judge(running, f"turn{turn}")
            if endpoint:
                await export(running)
    assert backend.samples == ["turn1", "turn3"]


async def test_a_command_on_the_file_leaves_the_export_alone(tmp_path: Path, clock: Clock, backend: Backend) -> None:
    """What is owed stays owed when a command opens the file without the export's settings; its verdicts leave too."""
    backend.script = [DOWN]
    async with service(tmp_path / "a.duckdb", clock, backend.url) as running:
        await judge(running, "owed")
        await export(running)
    async with service(tmp_path / "a.duckdb", clock, None, scheduled=False) as running:
        await judge(running, "scored")
    async with service(tmp_path / "a.duckdb", clock, backend.url) as running:
        assert await export(running) == 2
    assert backend.samples == ["owed", "scored"]


async def test_an_export_to_leadline_itself_goes_nowhere(tmp_path: Path, clock: Clock) -> None:
    """The events are taken and ignored: no sample, no feedback, nothing new to judge and to export."""
    other = serve(tmp_path / "b.duckdb")
    async with service(tmp_path / "a.duckdb", clock, f"{other.url}/v1/logs") as running:
        await judge(running, "s1", "s2")
        assert await export(running) == 2
    with httpx2.Client(base_url=other.url) as client:
        counted = client.get("/metrics").text
        assert client.get("/v1/samples").json() == []
    other.interrupt(30)
    assert 'leadline_otlp_records_total{outcome="ignored",signal="logs"} 2.0' in counted
    assert "leadline_feedback_total{" not in counted


@pytest.mark.parametrize(
    ("reply", "level", "what", "fix"),
    [
        (TAKEN, "ok", "1 verdicts sent since the start; 0 verdicts wait", ""),
        (DOWN, "problem", "it answered 503", "it is tried again and again"),
        (UNAUTHORIZED, "problem", "it answered 401", "the headers of export.headers_env"),
        (BAD, "problem", "it answered 400", "a restart sends them again"),
    ],
)
async def test_the_doctor_says_how_it_goes(
    tmp_path: Path, clock: Clock, backend: Backend, reply: Reply, level: str, what: str, fix: str
) -> None:
    """What waits, since when, why, and what to do."""
    backend.script = [reply]
    async with service(tmp_path / "a.duckdb", clock, backend.url) as running:
        await judge(running, "s1")
        await export(running)
        (found,) = [finding for finding in examine(running) if finding.area == "export"]
    assert found.level == level
    assert what in found.what
    assert fix in found.fix


async def test_the_doctor_sees_an_endpoint_that_is_the_service_itself(tmp_path: Path, clock: Clock) -> None:
    """Nothing would ever arrive anywhere, and nothing would fail."""
    async with service(tmp_path / "a.duckdb", clock, "http://localhost:8321/v1/logs") as running:
        (found,) = [finding for finding in examine(running) if finding.area == "export"]
    assert (found.level, "this service itself" in found.what) == ("problem", True)
