"""The HTTP API as one FastAPI app over a started service."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from evaluator.api import (
    alerts,
    backtest,
    causes,
    channels,
    charts,
    docs,
    feedback,
    gate,
    health,
    incidents,
    ingest,
    langfuse,
    markers,
    otlp,
    plan,
    read,
    report,
    rubrics,
    silences,
    webhooks,
)
from evaluator.api.auth import Guard, Keys, Role, check_listen
from evaluator.api.door import Door, unavailable
from evaluator.errors import InputError
from evaluator.intake.otlp.reader import Reader
from evaluator.service import Service
from store.errors import StoreError


def create_app(service: Service) -> FastAPI:
    """The app of a service that has been started. ConfigError: it would listen beyond loopback without keys."""
    settings = service.settings
    keys = Keys.parse(settings.keys)
    check_listen(settings.server.host, keys)
    app = FastAPI(title="Leadline", version=service.version, redirect_slashes=False, docs_url=None, redoc_url=None)
    app.state.keys = keys
    app.add_middleware(Guard, keys=keys)
    door = Door(keys, settings, service.metrics)
    app.include_router(ingest.router(service.intake, door))
    sink = otlp.Sink(service.settler.add, service.feedbacks.add)
    reader = Reader(settings.intake.feature_attributes, door.limits)
    app.include_router(otlp.router(sink, reader, door, service.metrics))
    app.include_router(webhooks.router(service.intake, door, settings.intake.feature_attributes))
    app.include_router(feedback.router(service.feedbacks, door))
    app.include_router(langfuse.router(service.settler, service.feedbacks, door, keys, settings))
    app.include_router(markers.router(service, door, keys))
    app.include_router(read.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(causes.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(plan.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(report.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(rubrics.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(alerts.router(service, keys), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(incidents.router(service, keys), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(silences.router(service, keys), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(channels.router(service, keys), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(charts.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(gate.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(backtest.router(service, keys), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(health.router(service, keys))
    app.include_router(docs.router(app))
    app.add_exception_handler(InputError, _bad_input)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StoreError, _unavailable)
    return app


async def _invalid(request: Request, error: Exception) -> Response:
    """What FastAPI says of a bad request; of a body that was not said to be JSON, what to do about it."""
    assert isinstance(error, RequestValidationError)
    whole = any(tuple(one["loc"]) == ("body",) for one in error.errors())
    if whole and "json" not in request.headers.get("content-type", ""):
        return JSONResponse({"detail": "The body is not said to be JSON: send Content-Type: application/json."}, 422)
    return await request_validation_exception_handler(request, error)


async def _bad_input(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=422)


async def _unavailable(_: Request, error: Exception) -> Response:
    return unavailable(error)
