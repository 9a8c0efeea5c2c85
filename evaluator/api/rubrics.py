"""What a rubric would cost, from the traffic of the running service, and what it says of one stored sample."""

from __future__ import annotations

import asyncio
import math
from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from evaluator.api.auth import Keys, Role
from evaluator.api.incidents import actor
from evaluator.api.shapes import RubricCost
from evaluator.api.version_shapes import EstimateView, RubricRequest, SampleRequest, TriedView, TryRequest
from evaluator.rubrics import names, tried
from evaluator.rubrics.cost import price
from evaluator.rubrics.names import Meant
from evaluator.rubrics.tried import TrialError, Tried
from evaluator.rubrics.workload import Asked, measure
from evaluator.service import Service
from judges.errors import JudgeConfigError
from judges.models import require_pinned
from judges.rubric import parse


class CostRequest(RubricRequest):
    """The rubric, and at which rate it would judge.

    Without `rate` it is judged at the rates of the configuration, of the rubric, or of judge.llm_rate.
    """

    rate: Annotated[float, Field(ge=0, le=1)] | None = None
    days: Annotated[float, Field(ge=0.05, le=90)] = 7.0


def router(service: Service, keys: Keys) -> APIRouter:
    """The routes; only trying a rubric asks a provider, and takes a key with the role admin."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.post("/rubrics/cost")
    def cost(request: CostRequest) -> RubricCost:
        """What a rubric would cost per day, before it is switched on."""
        settings = service.settings
        asked = Asked(meant=_meant(service, request), sampling=settings.sampling, rate=request.rate)
        with service.store.read() as c:
            load = measure(c, asked, now=service.clock(), days=request.days)
        return price(asked, load, repeat_rate=settings.judge.repeat_rate)

    @api.post("/rubrics/estimate", response_model=EstimateView)
    def estimate(asked: SampleRequest) -> EstimateView | JSONResponse:
        """About what judging one stored sample by a rubric would cost."""
        meant = _meant_for(service, asked)
        try:
            found = tried.estimate(service, meant, asked.sample_id)
        except TrialError as error:
            return _refused(error)
        return EstimateView(model=meant.model, version=meant.version, **found._asdict())

    @api.post("/rubrics/try", response_model=TriedView, dependencies=[Depends(keys.require(Role.ADMIN))])
    async def try_(request: Request, asked: TryRequest) -> TriedView | JSONResponse:
        """Judges one stored sample by a rubric, once and for money; no verdict is stored."""
        # It may read files.
        meant = await asyncio.to_thread(_meant_for, service, asked)
        try:
            return _view(await tried.tried(service, meant, asked.sample_id, actor(request, keys, asked.by)))
        except TrialError as error:
            return _refused(error)

    return api


def _meant(service: Service, request: RubricRequest) -> Meant:
    """Only names that are configured or shipped: nobody reads a file of the service's machine through this."""
    try:
        if request.toml is None:
            return names.named(service.settings, str(request.name))
        return names.drafted(service.settings, parse(request.toml, source="in the request"))
    except JudgeConfigError as error:
        raise HTTPException(422, str(error)) from None


def _meant_for(service: Service, asked: SampleRequest) -> Meant:
    """The rubric with the model that is to be asked: the request's, a draft's own, else the one that is configured."""
    meant = _meant(service, asked)
    own = meant.rubric.model if asked.toml is not None else None
    try:
        return replace(meant, model=require_pinned(asked.model or own or meant.model))
    except JudgeConfigError as error:
        raise HTTPException(422, str(error)) from None


def _view(found: Tried) -> TriedView:
    told = asdict(found.judgement) | {"duration_ms": found.duration_ms, "sample_id": found.sample_id}
    return TriedView.model_validate({**told, "rubric": found.meant.config.name, "version": found.meant.version})


def _refused(error: TrialError) -> JSONResponse:
    """Why it was not judged, in words and by name; when it is worth another try, where that is known."""
    wait = {"retry-after": str(math.ceil(error.retry_after_seconds))} if error.retry_after_seconds else {}
    return JSONResponse({"detail": str(error), "reason": error.reason}, error.status, wait)
