"""What happens by the clock: looks for drift, deliveries, the search for unjudged samples. APScheduler's only home."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger(__name__)

Job = Callable[[], Awaitable[object]]
AT_BUCKETS = datetime(2020, 1, 1, 0, 1, tzinfo=UTC)
"""Looks fall one minute after a bucket's end, so that most of its verdicts are there."""


@dataclass(slots=True)
class Run:
    """How a job fares: when its last call ended, with which error if any (its type; the log has the message)."""

    name: str
    every_seconds: float
    ended_at: datetime | None = None
    error: str = ""
    next_at: datetime | None = None


class Scheduler:
    """Runs each job in the service's event loop; a job that is late runs once."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})

    def every(
        self, seconds: float, name: str, job: Job, *, aligned: bool = False, at_start: bool = False, at_once: int = 1
    ) -> None:
        """Calls `job` every `seconds`; `aligned` puts the calls on the clock's grid instead of the start's.

        `at_start` makes the first call at once; `at_once` lets that many calls overlap, for jobs that allow it.
        """
        trigger = IntervalTrigger(seconds=seconds, start_date=AT_BUCKETS if aligned else None, timezone=UTC)
        run = self._runs[name] = Run(name, seconds)
        added = self._scheduler.add_job(_guarded(run, job), trigger, id=name, max_instances=at_once)
        if at_start:
            added.modify(next_run_time=datetime.now(UTC))

    def start(self) -> None:
        self._scheduler.start()

    def runs(self) -> list[Run]:
        """Every job, with how its last call ended and when its next one is."""
        next_at = {job.id: job.next_run_time for job in self._scheduler.get_jobs()}
        return [replace(run, next_at=next_at.get(name)) for name, run in self._runs.items()]

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _guarded(noted: Run, job: Job) -> Job:
    async def run() -> None:
        try:
            await job()
            noted.error = ""
        except asyncio.CancelledError:
            # The service stops: what the job was at stays owed in the store.
            return
        except Exception as error:  # noqa: BLE001 - a failed look must not end the looking; the next one tries again
            noted.error = type(error).__name__
            log.error("scheduled job failed", job=noted.name, error=noted.error, message=str(error)[:300])
        noted.ended_at = datetime.now(UTC)

    return run
