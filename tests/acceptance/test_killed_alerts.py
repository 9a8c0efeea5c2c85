"""kill -9 at any point between the look and the delivery: every alert is delivered, under one id per event."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.store import Store
from tests.acceptance import cut_off
from tests.acceptance.test_alert_delivery import Receiver, receiver
from tests.builders import NOON
from tests.voting import FALL, vote

__all__ = ["receiver"]
pytestmark = pytest.mark.slow

MOST_WRITES = 30


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a fall that nobody has looked at."""
    file = tmp_path_factory.mktemp("fallen") / "leadline.duckdb"
    with Store.open(file, clock=lambda: NOON) as store:
        vote(store, FALL)
    return file


def points() -> Iterator[str]:
    """Every write, before and after its commit, and both sides of the request."""
    yield from ("sending", "sent")
    for number in range(1, MOST_WRITES):
        yield f"write:{number}"
        yield f"written:{number}"


def run(file: Path, receiver: Receiver, point: str) -> int | None:
    """The process, killed at that point; its exit code. It is forked from a server that has loaded the modules."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.acceptance.cut_off", "evaluator.drift.battery", "scipy.special", "pyarrow"])
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    process = context.Process(target=cut_off.main, args=(str(file), url, point))
    process.start()
    process.join(60)
    return process.exitcode


def test_killed_at_every_step(fallen: Path, receiver: Receiver, tmp_path: Path) -> None:
    """Whatever write or request the process dies at, the next one delivers the alert; receivers see one id."""
    receiver.answers_503_first = False
    deaths, heard, repeats = 0, set[str](), 0
    for point in points():
        file = tmp_path / point.replace(":", "-")
        shutil.copy(fallen, file)
        receiver.got.clear()
        died = run(file, receiver, point)
        if died != -signal.SIGKILL:
            assert died == 0, f"{point}: the process failed"
            if point.startswith("written"):
                break
            continue
        deaths += 1
        before = len(receiver.got)
        assert run(file, receiver, "never") == 0
        ids = [headers["webhook-id"] for headers, _ in receiver.got]
        assert len(set(ids)) == 1, f"{point}: {ids}"
        assert all(json.loads(body)["type"] == "alert.firing" for _, body in receiver.got)
        heard.add(ids[0])
        repeats += len(ids) > 1
        assert len(ids) == 1 or before == 1, f"{point}: sent twice without need"
    print(f"killed at {deaths} points: delivered each time (target: each), {len(heard)} event id, {repeats} sent twice")
    assert deaths >= 10
    assert len(heard) == 1
