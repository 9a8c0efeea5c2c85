"""What happened to a monitor, as the API tells it: computed when it is asked for."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from evaluator.api import shown
from evaluator.api.cause_shapes import CausesView, DropView
from evaluator.api.long_answers import written
from evaluator.api.shapes import MonitorView
from evaluator.explanation.explain import Explanation, explain
from evaluator.explanation.question import question
from evaluator.monitors import spans, views
from evaluator.monitors.levels import MISSING_DATA
from evaluator.monitors.views import Watched
from evaluator.service import Service
from store import rollup
from store.database import Connection

NO_BASELINE = "There is no baseline yet to compare with."


def router(service: Service) -> APIRouter:
    """The route of what happened."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.get("/monitors/{monitor_id}/causes")
    @written
    def causes(monitor_id: str) -> CausesView:
        """What happened: within and mix, the slices that explain it, whether other requests came, the drop since."""
        with service.store.read() as c:
            found = views.one(c, monitor_id, shown.showing(service), service.clock())
            if found is not None:
                return causes_of(c, service, *found)
        raise HTTPException(404, f"There is no monitor {monitor_id!r}; GET /v1/monitors lists them.")

    return api


def causes_of(c: Connection, service: Service, watched: Watched, view: MonitorView) -> CausesView:
    """What happened to a monitor, as it is stored and as it is seen."""
    return _view(view, watched, _explained(c, service, watched, view))


def _explained(c: Connection, service: Service, watched: Watched, view: MonitorView) -> Explanation:
    if watched.baseline is None or watched.check is None:
        return Explanation(NO_BASELINE)
    span = spans.current(watched, service.clock())
    asked = question(
        watched.monitor,
        watched.baseline,
        watched.check,
        now=(span.start_at, span.end_at),
        firing=watched.alert is not None,
        bad=view.bad,
    )
    if asked is None:
        return Explanation("Nothing lies before the time that is looked at.")
    standing = (watched.baseline.version, watched.check.looked_at, watched.alert and watched.alert.alert_id)
    # In the key, not in the state: a dear answer is given while its state changes, and what fires has its own.
    key = ("causes", watched.monitor.monitor_id, standing)
    return shown.kept(service, c, key, lambda: explain(c, asked), rollup.extent(c))


def _view(view: MonitorView, watched: Watched, found: Explanation) -> CausesView:
    told = watched.alert.evidence["drop"]["at_alarm"] if watched.alert else {}
    return CausesView(
        monitor_id=view.monitor_id,
        feature=view.feature,
        judge=view.judge,
        metric=view.metric,
        says=view.says,
        bad=view.bad,
        state=view.state,
        sentence=found.sentence,
        before=found.before,
        now=found.now,
        mixes=list(found.mixes),
        slices=list(found.slices),
        new_values=list(found.new),
        left_out=list(found.left_out),
        requests=found.requests,
        drop_at_alarm=_drop(told.get("size"), told.get("lo"), told.get("hi")),
        drop_refreshed=_drop(view.drop_refreshed, view.drop_refreshed_lo, view.drop_refreshed_hi),
        missing_data=MISSING_DATA in view.flags,
    )


def _drop(size: float | None, lo: float | None, hi: float | None) -> DropView | None:
    if size is None or lo is None or hi is None:
        return None
    return DropView(size=size, lo=lo, hi=hi)
