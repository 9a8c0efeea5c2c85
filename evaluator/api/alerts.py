"""Alerts, looks on demand and baselines over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict

from evaluator.alerts import by_hand, views
from evaluator.api.alert_shapes import AlertView
from evaluator.api.auth import Keys, Role
from evaluator.api.baseline_shapes import BaselineRequest, BaselineView
from evaluator.api.incidents import actor
from evaluator.api.long_answers import written
from evaluator.api.moment import Moment
from evaluator.api.shapes import CheckReport
from evaluator.monitors.history import listed
from evaluator.service import Service
from store import alerts as alert_store
from store import monitors as monitor_store
from store.records import DriftCheck, Series

History = Annotated[bool, Query(description="Also the baselines that were replaced, newest first.")]


class CheckRequest(BaseModel):
    """`now`: look as of this time, seeing only what happened before it; null means the present."""

    model_config = ConfigDict(extra="forbid")
    now: Moment | None = None


def router(service: Service, keys: Keys) -> APIRouter:
    """The routes around monitors' decisions; another baseline needs an admin key."""
    admin = [Depends(keys.require(Role.ADMIN))]
    api = APIRouter(prefix="/v1", tags=["alerts"])

    @api.get("/alerts")
    @written
    def alerts(
        state: str | None = None, monitor_id: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> list[AlertView]:
        """Alerts with their evidence and deliveries, newest first; state is firing, acknowledged or resolved."""
        with service.store.read() as c:
            found = alert_store.find(c, state=state, monitor_id=monitor_id, limit=limit)
            return views.alert_views(c, found, service.settings, service.clock())

    @api.get("/alerts/{alert_id}")
    def alert(alert_id: str) -> AlertView:
        """One alert."""
        with service.store.read() as c:
            found = alert_store.get(c, alert_id)
            if found is None:
                raise HTTPException(404, f"There is no alert {alert_id!r}; GET /v1/alerts lists them.")
            [view] = views.alert_views(c, [found], service.settings, service.clock())
            return view

    @api.get("/checks")
    @written
    def checks(monitor_id: str) -> list[DriftCheck]:
        """Every drift check of one monitor, oldest first."""
        with service.store.read() as c:
            return monitor_store.checks(c, monitor_id)

    @api.post("/checks")
    async def look(request: CheckRequest) -> CheckReport:
        """Looks at every monitor and plain rule now, as the scheduler does every quarter hour."""
        return await service.look(request.now)

    @api.get("/baselines")
    def baselines(
        feature: str | None = None, judge: str | None = None, metric: str | None = None, history: History = False
    ) -> list[BaselineView]:
        """The reference window of every monitor; judge= (empty) asks for the features' own metrics."""

        def is_wanted(series: Series) -> bool:
            named = ((feature, series.feature), (judge, series.judge), (metric, series.metric))
            return all(name in (None, own) for name, own in named)

        with service.store.read() as c:
            return listed(c, service.settings, service.clock(), is_wanted, replaced=history)

    @api.post("/baselines", dependencies=admin)
    async def set_baseline(request: Request, asked: BaselineRequest) -> list[BaselineView]:
        """Gives monitors another reference window, and says what can be noticed with it."""
        return await by_hand.set_baseline(service, asked, actor(request, keys, asked.by))

    return api
