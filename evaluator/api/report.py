"""The report of a time, as a page, as text or as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from evaluator.api.moment import Moment
from evaluator.report.asked import DAYS, MOST_DAYS, asked
from evaluator.report.shapes import ReportFacts
from evaluator.service import Service

LINKS = "allow-popups allow-top-navigation-by-user-activation"
"""All that a page in a browser's sandbox may do here: its links may be followed."""
FORM = "A page, short text, or all facts as JSON."
Form = Annotated[Literal["html", "text", "json"], Query(alias="format", description=FORM)]
From = Annotated[Moment | None, Query(alias="from", description="Begin here, instead of `days` before the end.")]
Days = Annotated[float, Query(gt=0, le=MOST_DAYS, description="How many days up to the end.")]
Until = Annotated[Moment | None, Query(description="End here; by default, now.")]
Features = Annotated[str | None, Query(description="Only features that fit this glob.", max_length=500)]
FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}, "text/plain": {}}, "description": "The report in the form asked for."}
}


def router(service: Service) -> APIRouter:
    """The route; it stores nothing and sends nothing."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.get("/report", response_model=ReportFacts, responses=FORMS)
    def report(
        start: From = None, until: Until = None, days: Days = DAYS, feature: Features = None, form: Form = "html"
    ) -> Response | ReportFacts:
        """What happened in a time: regressions, health per feature, minor shifts, coverage, cost, judges."""
        from evaluator.report.facts import collect

        facts = collect(service, asked(service.clock(), start, until, feature, days))
        if form == "json":
            return facts
        return _page(facts) if form == "html" else _text(facts)

    return api


def _page(facts: ReportFacts) -> Response:
    from evaluator.report import page

    headers = {
        "Content-Security-Policy": f"{page.POLICY}; frame-ancestors 'none'; sandbox {LINKS}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(page.render(facts), headers=headers)


def _text(facts: ReportFacts) -> Response:
    from evaluator.report import text

    return PlainTextResponse(f"{text.titled(facts)}\n", headers={"X-Content-Type-Options": "nosniff"})
