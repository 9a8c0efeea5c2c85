"""The gate over HTTP: two sets of stored verdicts, compared once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from evaluator.api.gate_shapes import GateReport
from evaluator.errors import InputError
from evaluator.gate.comparison import compare, planned
from evaluator.gate.sides import STORED, Side, stored
from evaluator.intake.clean import text as clean
from evaluator.service import Service
from store.database import Connection

Text = Annotated[str, AfterValidator(clean), Field(max_length=500)]
Names = Annotated[list[Text], Field(max_length=50)]
Word = Annotated[Text, Field(examples=["release:2026-11", "2026-11-01..2026-11-08"])]


class GateRequest(BaseModel):
    """Two sides of one feature: release:NAME, prompt_version:NAME, model:NAME, or a time START..END.

    No `judges` means all; no `slices` means the feature's segments; `margin` is the fall of the pass rate that is
    tolerated, drift.min_drop when it is left out. `unpaired` compares the rates alone, even where ids match.
    """

    model_config = ConfigDict(extra="forbid")
    feature: Text
    baseline: Word
    candidate: Word
    judges: Names = Field(default_factory=list)
    slices: Names = Field(default_factory=list)
    margin: Annotated[float, Field(ge=0, le=0.5)] | None = None
    unpaired: bool = False


def router(service: Service) -> APIRouter:
    """The route; it stores nothing and judges nothing."""
    api = APIRouter(prefix="/v1", tags=["gate"])

    @api.post("/gate")
    def gate(request: GateRequest) -> GateReport:
        """Whether the candidate is no worse than the baseline, judge by judge; 422 when nothing can be compared."""
        plan = planned(
            service.settings,
            judges=request.judges,
            slices=request.slices,
            margin=request.margin,
            unpaired=request.unpaired,
        )
        with service.store.read() as c:
            return compare(_side(c, request, request.baseline), _side(c, request, request.candidate), plan)

    return api


def _side(c: Connection, request: GateRequest, word: str) -> Side:
    chosen = stored(word, request.feature)
    if chosen is None:
        raise InputError(f"{word!r} names nothing that is stored; write {STORED}")
    return Side(name=word, chosen=chosen, c=c)
