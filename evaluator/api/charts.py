"""Charts as pictures over HTTP: that of an alert, and those of a monitor."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response

from evaluator.alerts import pictures
from evaluator.api import shown
from evaluator.api.causes import causes_of
from evaluator.distribution import view as distributions
from evaluator.monitors import pictures as monitor_pictures
from evaluator.monitors import views
from evaluator.plots.regression import chart
from evaluator.service import Service
from store import alerts as alert_store

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    404: {"description": "No such alert or monitor, or none that has such a chart."},
}
Wanted = Literal["series", "evidence", "mix", "distribution"]
NOTHING = {
    "series": "fewer than two of its steps have votes",
    "evidence": "it has not been looked at yet",
    "mix": "nothing describes its requests, or there is nothing to compare",
    "distribution": "its metric has no values or labels, or no votes",
}


def router(service: Service) -> APIRouter:
    """The routes of the charts."""
    api = APIRouter(prefix="/v1", tags=["alerts"])
    _add_monitors(api, service)

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


def _add_monitors(api: APIRouter, service: Service) -> None:
    @api.get("/monitors/{monitor_id}/chart.png", response_class=Response, responses=ANSWERS)
    def of_monitor(
        monitor_id: str, chart: Wanted = "series", step_minutes: Annotated[int, Query(ge=15, le=10080)] = 60
    ) -> Response:
        """One of the charts of a monitor's page, with its title, axes and time zone: 1000 pixels wide."""
        drawn = _drawn(service, monitor_id, chart, step_minutes)
        if drawn is None:
            raise HTTPException(404, f"This monitor has no such chart: {NOTHING[chart]}.")
        return Response(drawn, media_type="image/png")


def _drawn(service: Service, monitor_id: str, chart: str, step_minutes: int) -> bytes | None:
    """Reads first, draws when the store is free again."""
    now, showing = service.clock(), shown.showing(service)
    with service.store.read() as c:
        found = views.one(c, monitor_id, showing, now)
        if found is None:
            raise HTTPException(404, f"There is no monitor {monitor_id!r}; GET /v1/monitors lists them.")
        watched, monitor = found
        if chart == "mix":
            draw = partial(monitor_pictures.mix, causes_of(c, service, watched, monitor), monitor)
        elif chart == "distribution":
            draw = partial(monitor_pictures.distribution, distributions.view(c, watched, now), monitor)
        else:
            view = views.history(c, found, showing, now, step_minutes)
            series = partial(monitor_pictures.series, view, watched.alert)
            draw = series if chart == "series" else partial(monitor_pictures.evidence, view)
    return draw()
