"""The HTTP API as one FastAPI app over a started service."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from evaluator.api import alerts, docs, health, ingest, read
from evaluator.api.auth import Guard, Keys, Role, check_listen
from evaluator.errors import InputError
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
    app.include_router(ingest.router(service.intake, keys, settings))
    app.include_router(read.router(service), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(alerts.router(service, keys), dependencies=[Depends(keys.require(Role.READ))])
    app.include_router(health.router(service, keys))
    app.include_router(docs.router(app))
    app.add_exception_handler(InputError, _bad_input)
    app.add_exception_handler(StoreError, _unavailable)
    return app


async def _bad_input(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=422)


async def _unavailable(_: Request, error: Exception) -> Response:
    return ingest.unavailable(error) if isinstance(error, StoreError) else Response(status_code=503)
