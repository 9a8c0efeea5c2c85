"""The HTTP API as one FastAPI app over a started service."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from evaluator.api import (
    alerts,
    backtest,
    before_after,
    causes,
    channels,
    charts,
    docs,
    feedback,
    gate,
    health,
    incidents,
    ingest,
    judge_versions,
    labels,
    langfuse,
    markers,
    me,
    otlp,
    overview,
    plan,
    read,
    report,
    rubrics,
    samples,
    silences,
    status,
    usage,
    webhooks,
)
from evaluator.api.auth import Guard, Keys, Role, check_listen
from evaluator.api.door import Door, unavailable
from evaluator.api.sessions import keys_of
from evaluator.api.sign_in import check_sign_in
from evaluator.errors import InputError
from evaluator.intake.otlp.reader import Reader
from evaluator.service import Service
from store.errors import StoreError


def create_app(service: Service) -> FastAPI:
    """The app of a service that has been started.

    ConfigError: it would listen beyond loopback without keys, or nobody could sign in.
    """
    settings = service.settings
    keys = keys_of(settings, service.clock)
    check_listen(settings.server.host, keys)
    check_sign_in(settings)
    app = FastAPI(title="Leadline", version=service.version, redirect_slashes=False, docs_url=None, redoc_url=None)
    app.state.keys, app.state.settings = keys, settings
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
    for reading in _reading(service, keys):
        app.include_router(reading, dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(health.router(service, keys))
    app.include_router(me.router(keys))
    app.include_router(docs.router(app))
    app.add_exception_handler(InputError, _bad_input)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StoreError, _unavailable)
    return app


def _reading(service: Service, keys: Keys) -> Sequence[APIRouter]:
    """What takes a key that may read; routes that change something ask for an admin key themselves."""
    return (
        read.router(service),
        usage.router(service),
        overview.router(service),
        samples.router(service, keys),
        causes.router(service),
        before_after.router(service),
        plan.router(service),
        report.router(service),
        judge_versions.router(service),
        rubrics.router(service, keys),
        status.router(service),
        alerts.router(service, keys),
        incidents.router(service, keys),
        silences.router(service, keys),
        labels.router(service, keys),
        channels.router(service, keys),
        charts.router(service),
        gate.router(service),
        backtest.router(service, keys),
    )


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
