"""A process that adds parts of calls and says which it acknowledged, until it is killed: `python … DATABASE FIRST`."""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from evaluator.intake.accept import Intake
from evaluator.intake.parts import Part
from evaluator.intake.protection import AS_SENT
from evaluator.intake.settle import Settler
from evaluator.settings import IntakeSettings, Settings
from store.store import Store
from tests.parts import ANSWERED, ASKED, call, content, context

SENDERS = 4
SETTINGS = Settings(intake=IntakeSettings(settle_seconds=0.05, open_seconds=0.3, max_seconds=300))


def now() -> datetime:
    return datetime.now(UTC)


def trace(name: str) -> list[Part]:
    """One call of five records: two spans, a span above, and two logs."""
    group = {"group_id": f"t:{name}"}
    named = {**group, "links": (f"response:{name}",), "started_at": now(), "ended_at": now()}
    return [
        context(f"{name}-root", session_id=name, **group),
        call(f"{name}-a", parent_id=f"{name}-root", text=False, **named),
        call(f"{name}-b", parent_id=f"{name}-a", text=False, **named),
        content(f"{name}-1", span_id=f"{name}-a", order=1, request=ASKED, **group),
        content(f"{name}-2", span_id=f"{name}-a", order=2, response=ANSWERED, **group),
    ]


async def send(settler: Settler, name: str, first: int) -> None:
    """Adds one trace after the other in pieces, in any order; says its name when all of it is acknowledged."""
    rng = random.Random(f"{name} {first}")
    for n in range(first, first + 100_000):
        parts = trace(f"{name}{n}")
        rng.shuffle(parts)
        for piece in (parts[:2], parts[2:]):
            await settler.add(piece)
        sys.stdout.write(f"{name}{n}\n")
        sys.stdout.flush()


async def keep_settling(settler: Settler) -> None:
    while True:
        await settler.settle()
        await asyncio.sleep(0.02)


async def main(database: Path, first: int) -> None:
    with Store.open(database, clock=now) as store:
        intake = Intake(store, SETTINGS, now, lambda _: None)
        settler = Settler(store, SETTINGS, now, AS_SENT, intake)
        await asyncio.gather(keep_settling(settler), *(send(settler, f"s{n}x", first) for n in range(SENDERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
