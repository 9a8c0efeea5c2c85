"""The chart of an alert over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from evaluator.alerts import pictures
from evaluator.plots.regression import chart
from evaluator.service import Service
from store import alerts as alert_store

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    404: {"description": "No such alert, or none that has a chart."},
}


def router(service: Service) -> APIRouter:
    """The route of the charts."""
    api = APIRouter(prefix="/v1", tags=["alerts"])

    @api.get("/alerts/{alert_id}/chart.png", response_class=Response, responses=ANSWERS)
    def picture(alert_id: str) -> Response:
        """The alert's share over time, with its baseline and onset, as it goes along with messages: 800 by 360."""
        with service.store.read() as c:
            found = alert_store.get(c, alert_id)
            if found is None:
                raise HTTPException(404, f"There is no alert {alert_id!r}; GET /v1/alerts lists them.")
            course = pictures.course_of(c, found, service.clock())
        if course is None:
            raise HTTPException(
                404, "This alert has no chart: it is of a plain rule, or its votes are no longer stored."
            )
        return Response(chart(course), media_type="image/png")

    return api
