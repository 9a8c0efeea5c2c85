"""Plain rules and back-tests over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from evaluator.api.auth import Keys, Role
from evaluator.api.moment import Moment
from evaluator.api.rule_shapes import BacktestReport, RuleView
from evaluator.backtest.report import Question, answer, changed
from evaluator.service import Service


class BacktestRequest(BaseModel):
    """Alarms of [since, until] on the features that match.

    `config`: another configuration's tables drift, monitors, features and rules.
    """

    model_config = ConfigDict(extra="forbid")
    since: Moment
    until: Moment | None = None
    feature: str = "*"
    config: dict[str, Any] | None = None


def router(service: Service, keys: Keys) -> APIRouter:
    """The routes of rules and back-tests; a back-test, which keeps a core busy, needs an admin key."""
    api = APIRouter(prefix="/v1", tags=["alerts"])
    one_replay = asyncio.Lock()

    @api.get("/rules")
    async def rules() -> list[RuleView]:
        """Every plain rule as it stands, with the false alarms a month that it would raise on this traffic."""
        return await service.rules.noted()

    @api.post("/backtest", dependencies=[Depends(keys.require(Role.ADMIN))])
    async def backtest(request: BacktestRequest) -> BacktestReport:
        """Replays history look by look, under the present settings and, if given, others; one replay at a time."""
        now, settings = service.clock(), service.settings
        question = Question(
            settings=settings,
            since=request.since,
            # Nothing is known of the future.
            until=min(request.until or now, now),
            feature=request.feature,
            other=None if request.config is None else changed(settings, request.config),
        )
        async with one_replay:
            return await answer(service.store, question)

    return api
