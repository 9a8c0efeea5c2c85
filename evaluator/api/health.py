"""Is the service up, can it store, and its Prometheus metrics."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from evaluator.api.auth import Keys, Role
from evaluator.service import Service
from store.errors import StoreError

READY_SECONDS = 2


def router(service: Service, keys: Keys) -> APIRouter:
    """GET /healthz (the process answers), /readyz (it can store), /metrics (Prometheus text)."""
    api = APIRouter(tags=["health"])

    @api.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": service.version}

    @api.get("/readyz")
    def readyz() -> JSONResponse:
        """The store can write; 503 when it cannot."""
        if why := problem(service):
            return JSONResponse({"status": "not ready", "problem": why}, 503, headers={"Retry-After": "5"})
        return JSONResponse({"status": "ready"})

    @api.get("/metrics", dependencies=[Depends(keys.require(Role.READ))])
    def metrics() -> Response:
        """Prometheus metrics, as docs/metrics.md lists them."""
        service.metrics.slow_patterns.set(service.redactor.timeouts)
        service.metrics.queue.set(service.store.queue_length())
        return Response(service.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return api


def problem(service: Service) -> str:
    """Why the store cannot write now; empty when it can."""
    try:
        service.store.run(lambda _: None).result(timeout=READY_SECONDS)
    except (StoreError, TimeoutError) as error:
        return str(error) or "the writer does not answer"
    return ""
