"""One call is one sample: through kill -9, and however a trace's parts are split, ordered and repeated."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evaluator.intake.accept import Intake
from evaluator.intake.protection import AS_SENT
from evaluator.intake.settle import Settler
from store import samples
from store.records import TextState
from store.samples import SampleFilter
from store.store import Store
from tests.acceptance.adding_parts import SETTINGS

KILLS = 6
pytestmark = pytest.mark.slow


def add_until_killed(database: Path, first: int, lines: int) -> set[str]:
    """The traces that a process acknowledged before it was killed in the middle of its work."""
    command = [sys.executable, "-m", "tests.acceptance.adding_parts", str(database), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.read().split("\n")
    return {line.strip() for line in said if line.strip()}


async def settle_all(store: Store) -> None:
    """What a restarted service does, an hour later."""
    intake = Intake(store, SETTINGS, lambda: datetime.now(UTC), lambda _: None)
    later = datetime.now(UTC) + timedelta(hours=1)
    await Settler(store, SETTINGS, lambda: later, AS_SENT, intake).settle()


def test_kills_lose_no_acknowledged_call_and_double_none(tmp_path: Path) -> None:
    """After kill -9 while parts are added and settled, each acknowledged call becomes one sample, with its text."""
    database, rng = tmp_path / "parts.duckdb", random.Random(3)
    acknowledged: set[str] = set()
    for round_ in range(KILLS):
        acknowledged |= add_until_killed(database, round_ * 100_000, rng.randint(20, 120))
    with Store.open(database, clock=lambda: datetime.now(UTC)) as store:
        asyncio.run(settle_all(store))
        with store.read() as c:
            found = samples.search(c, SampleFilter(limit=1_000_000))
    stored = Counter(str(sample.trace_id) for sample in found)
    lost, doubled = acknowledged - set(stored), [name for name, times in stored.items() if times > 1]
    print(
        f"{KILLS} kills: {len(acknowledged)} calls acknowledged, {len(lost)} lost, {len(doubled)} doubled (target 0, 0)"
    )
    whole = [one for one in found if one.trace_id in acknowledged]
    assert len(acknowledged) > 100
    assert (lost, doubled) == (set(), [])
    assert {(one.text, one.incomplete) for one in whole} == {(TextState.KEPT, None)}
