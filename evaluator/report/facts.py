"""A report's facts, out of a started service: every figure comes from the code that tells it on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluator.api import coverage as covered
from evaluator.api import judges as judged
from evaluator.monitors import views
from evaluator.report import incidents, operations, rates, shifts
from evaluator.report.shapes import ReportFacts

if TYPE_CHECKING:
    from evaluator.report.asked import Asked
    from evaluator.service import Service


def collect(service: Service, asked: Asked) -> ReportFacts:
    """What there is to say of [asked.start, asked.end). Judges and money limits are told as they are now."""
    settings = service.settings
    traffic = covered.view(service, asked.start, asked.end, by_day=True)
    listed = judged.views(service)
    with service.store.read() as c:
        showing = views.Showing(settings, service.waiting.in_spans)
        every = [rates.read(view) for view in views.views(c, showing, asked.end)]
        chosen = [view for view in every if asked.takes(view.feature)]
        of_time = incidents.incidents(c, asked, every)
        minor = shifts.shifts(c, settings, asked)
        marked, more = operations.markers(c, asked)
        coverage = operations.coverage(traffic, asked)
        return ReportFacts(
            start=asked.start,
            end=asked.end,
            made_at=service.clock(),
            time_zone=settings.alerts.time_zone,
            feature=asked.feature,
            link=settings.ui_address,
            counts=rates.counts(chosen, of_time, len(minor.found)),
            incidents=of_time,
            features=rates.features(c, settings, asked, chosen),
            shifts=minor,
            coverage=coverage,
            without_judge=operations.without_judge(traffic, asked),
            costs=operations.costs(c, service, asked),
            judges=operations.judges(c, listed, coverage, asked),
            markers=marked,
            markers_more=more,
            dead=operations.dead(c, asked),
        )
