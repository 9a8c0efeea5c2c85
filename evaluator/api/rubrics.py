"""What a rubric would cost, from the traffic of the running service."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluator.api.shapes import RubricCost
from evaluator.rubrics import names
from evaluator.rubrics.cost import price
from evaluator.rubrics.names import Meant
from evaluator.rubrics.workload import Asked, measure
from evaluator.service import Service
from judges.errors import JudgeConfigError
from judges.rubric import parse


class CostRequest(BaseModel):
    """A rubric by its name (configured or shipped) or as the text of its TOML file, and at which rate it would judge.

    Without `rate` it is judged at the rates of the configuration, of the rubric, or of judge.llm_rate.
    """

    model_config = ConfigDict(extra="forbid")
    name: str | None = None
    toml: Annotated[str, Field(max_length=200_000)] | None = None
    rate: Annotated[float, Field(ge=0, le=1)] | None = None
    days: Annotated[float, Field(ge=0.05, le=90)] = 7.0

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.name is None) == (self.toml is None):
            raise ValueError("give either name or toml")
        return self


def router(service: Service) -> APIRouter:
    """The route; it changes nothing and asks no provider."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.post("/rubrics/cost")
    def cost(request: CostRequest) -> RubricCost:
        """What a rubric would cost per day, before it is switched on."""
        settings = service.settings
        asked = Asked(meant=_meant(service, request), sampling=settings.sampling, rate=request.rate)
        with service.store.read() as c:
            load = measure(c, asked, now=service.clock(), days=request.days)
        return price(asked, load, repeat_rate=settings.judge.repeat_rate)

    return api


def _meant(service: Service, request: CostRequest) -> Meant:
    """Only names that are configured or shipped: nobody reads a file of the service's machine through this."""
    try:
        if request.toml is None:
            return names.named(service.settings, str(request.name))
        return names.drafted(service.settings, parse(request.toml, source="in the request"))
    except JudgeConfigError as error:
        raise HTTPException(422, str(error)) from None
