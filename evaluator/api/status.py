"""How the service itself fares, and with which settings it runs."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from evaluator.api import shown
from evaluator.api.health import problem
from evaluator.api.status_shapes import JobView, SettingView, StatusView
from evaluator.effective import effective
from evaluator.scheduler import Run
from evaluator.service import Service
from store import monitors as monitor_store
from store import outbox
from store import parts as part_store


def router(service: Service) -> APIRouter:
    """GET /v1/status and /v1/settings."""
    api = APIRouter(prefix="/v1", tags=["health"])

    @api.get("/status")
    def status() -> StatusView:
        """Version, room, queues and jobs: what an operator looks at first."""
        return view(service)

    @api.get("/settings")
    def settings() -> list[SettingView]:
        """The settings in effect and where each comes from; of secrets only whether they are set."""
        return [SettingView(**asdict(one)) for one in effective(service.settings)]

    return api


def view(service: Service) -> StatusView:
    """The service as it stands."""
    with service.store.read() as c:
        waiting_parts, _ = part_store.waiting(c)
        deliveries = len(outbox.pending(c))
        looked_at = service.looked_at or monitor_store.last_look(c)
    return StatusView(
        version=service.version,
        started_at=service.started_at,
        now=service.clock(),
        problem=problem(service),
        database=str(service.settings.database),
        database_bytes=service.store.size_bytes(),
        free_bytes=service.store.free_bytes(),
        writer_queue=service.store.queue_length(),
        journal_parts=service.store.unfolded_parts(),
        waiting_parts=waiting_parts,
        waiting_samples=sum(shown.pending(service, lane)[0] for lane in service.pipeline.lanes),
        waiting_deliveries=deliveries,
        last_look_at=looked_at,
        jobs=[_job(run) for run in service.scheduler.runs()],
    )


def _job(run: Run) -> JobView:
    return JobView(
        name=run.name, every_seconds=run.every_seconds, last_at=run.ended_at, next_at=run.next_at, error=run.error
    )
