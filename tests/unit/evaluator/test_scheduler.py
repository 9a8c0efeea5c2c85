"""Jobs by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from evaluator.scheduler import Scheduler


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    """A running scheduler."""
    running = Scheduler()
    running.start()
    yield running
    running.stop()


async def test_a_job_runs_at_start(scheduler: Scheduler) -> None:
    """A job that is wanted at start does not wait for its first interval."""
    done = asyncio.Event()

    async def job() -> None:
        done.set()

    scheduler.every(3600, "once", job, at_start=True)
    await asyncio.wait_for(done.wait(), 5)


async def test_a_failed_job_is_called_again(scheduler: Scheduler) -> None:
    """A job that raises is logged and called at its next time; nothing ends."""
    calls: asyncio.Queue[int] = asyncio.Queue()

    async def job() -> None:
        calls.put_nowait(1)
        raise RuntimeError("this time it fails")

    scheduler.every(0.05, "failing", job)
    for _ in range(2):
        await asyncio.wait_for(calls.get(), 5)


async def test_a_stop_ends_a_job_under_way(scheduler: Scheduler) -> None:
    """Stopping cancels what runs, quietly."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    scheduler.every(3600, "endless", job, at_start=True)
    await asyncio.wait_for(begun.wait(), 5)
    scheduler.stop()
    await asyncio.wait_for(ended.wait(), 5)
