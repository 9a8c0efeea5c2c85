"""What the UI, the CLI and other programs read: monitors, checks, samples, verdicts, judges, coverage, costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from evaluator import doctor
from evaluator.api import coverage as covered
from evaluator.api import judges as judged
from evaluator.api import present, shown, sources
from evaluator.api.judge_shapes import CostRow, CoverageView, JudgeView, ProviderView
from evaluator.api.long_answers import written
from evaluator.api.moment import Moment
from evaluator.api.shapes import (
    BatchView,
    Finding,
    IntakeView,
    MonitorBrief,
    MonitorView,
    SampleView,
    SeriesView,
    SummaryRow,
    VerdictView,
)
from evaluator.buckets import ceil, floor
from evaluator.monitors import views
from evaluator.service import Service
from store import batches as batch_store
from store import samples, usage, verdicts
from store.samples import SampleFilter
from store.usage import JudgingCost
from store.verdicts import VerdictFilter

Limit = Annotated[int, Query(ge=1, le=1000)]
Start = Annotated[Moment | None, Query(description="Only from this time on (ISO 8601 with zone).")]
End = Annotated[Moment | None, Query(description="Only before this time.")]
Paid = Annotated[bool, Query(description="Only where a model was asked: leave out checks, which cost nothing.")]
ByDay = Annotated[bool, Query(description="Whether to count by feature, judge and day too, which takes longer.")]


def router(service: Service) -> APIRouter:
    """The read routes; every one answers from the store as it is now."""
    api = APIRouter(prefix="/v1", tags=["read"])
    _add_monitors(api, service)
    _add_samples(api, service)
    _add_totals(api, service)
    return api


def _add_monitors(api: APIRouter, service: Service) -> None:
    def found() -> list[MonitorView]:
        with service.store.read() as c:
            return views.views(c, shown.showing(service), service.clock())

    @api.get("/monitors")
    @written
    def monitors() -> list[MonitorView]:
        """Every monitor of every metric with its last check, share, baseline and what it would notice."""
        return found()

    @api.get("/monitors/brief")
    @written
    def briefs() -> Sequence[MonitorBrief]:
        """What every monitor watches and how it stands: a tenth of what GET /v1/monitors tells."""
        return found()

    @api.get("/monitors/{monitor_id}")
    @written
    def monitor(monitor_id: str, step_minutes: Annotated[int, Query(ge=15, le=10080)] = 60) -> SeriesView:
        """One monitor with its history in steps and its evidence look by look."""
        with service.store.read() as c:
            view = views.series_view(c, monitor_id, shown.showing(service), service.clock(), step_minutes)
        if view is not None:
            return view
        raise HTTPException(404, f"There is no monitor {monitor_id!r}; GET /v1/monitors lists them.")


def _add_samples(api: APIRouter, service: Service) -> None:
    @api.get("/samples")
    @written
    def find_samples(
        feature: str | None = None,
        judge: str | None = None,
        judge_version: str | None = None,
        passed: bool | None = None,
        start: Start = None,
        end: End = None,
        limit: Limit = 50,
    ) -> list[SampleView]:
        """Samples with their verdicts, newest first."""
        wanted = SampleFilter(
            feature=feature,
            judge=judge,
            judge_version=judge_version,
            passed=passed,
            start_at=start,
            end_at=end,
            limit=limit,
        )
        with service.store.read() as c:
            found = samples.search(c, wanted)
            return present.samples(c, found)

    @api.get("/samples/{sample_id:path}")
    def one_sample(sample_id: str) -> SampleView:
        """One sample with its texts and verdicts."""
        with service.store.read() as c:
            sample = samples.get(c, sample_id)
            if sample is None:
                raise HTTPException(404, "There is no sample with this id: it was never sent, or not kept.")
            return present.samples(c, [sample])[0]

    @api.get("/verdicts")
    @written
    def find_verdicts(
        feature: str | None = None,
        judge: str | None = None,
        judge_version: str | None = None,
        start: Start = None,
        end: End = None,
        limit: Limit = 100,
    ) -> list[VerdictView]:
        """Verdicts, newest sample first."""
        wanted = VerdictFilter(
            feature=feature, judge=judge, judge_version=judge_version, start_at=start, end_at=end, limit=limit
        )
        with service.store.read() as c:
            return [present.verdict(one) for one in verdicts.with_opinions(c, verdicts.find(c, wanted))]


def _add_totals(api: APIRouter, service: Service) -> None:
    def window(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
        end = end or service.clock()
        return start or end - timedelta(days=30), end

    @api.get("/judges")
    @written
    def judges() -> list[JudgeView]:
        """Every judge: ready or not, and what to set; what it has done, what waits for it, its noise and its cost."""
        return judged.views(service)

    @api.get("/providers")
    def providers() -> list[ProviderView]:
        """Who serves the LLM judges' models, and the state of each one's circuit."""
        return judged.providers(service)

    @api.get("/summary")
    def summary() -> list[SummaryRow]:
        """Verdicts, pass rate, interval and bounds per feature and judge, over everything stored."""
        with service.store.read() as c:
            waiting = service.waiting.of_all_time(c)
            return [present.summary(row, waiting.get(row.series, 0)) for row in verdicts.summary(c)]

    @api.get("/coverage")
    @written
    def coverage(start: Start = None, end: End = None, by_day: ByDay = True) -> CoverageView:
        """What became of the traffic of the last 30 days, in total and step by step, and how long the oldest waits."""
        return covered.view(service, *window(start, end), by_day=by_day)

    @api.get("/intake")
    def intake() -> IntakeView:
        """Which clients sent samples in the last day, what their text lacks, and what waits to be put together."""
        # Asked first: what is brought over meanwhile counts twice rather than not at all.
        unfolded = service.store.unfolded_parts()
        with service.store.read() as c:
            return sources.intake(c, service.clock(), unfolded)

    @api.get("/doctor")
    def findings() -> list[Finding]:
        """What keeps the service from watching well, each with its remedy."""
        return doctor.examine(service)

    @api.get("/batches")
    def batches(limit: Limit = 100) -> list[BatchView]:
        """Batches of judgements, newest first: how far they are, what they cost."""
        with service.store.read() as c:
            return [present.batch(one, service.clock()) for one in batch_store.newest(c, limit)]

    @api.get("/costs")
    @written
    def costs(start: Start = None, end: End = None, paid: Paid = False) -> list[CostRow]:
        """What judging cost, by UTC day, feature and judge; `start` and `end` are rounded to whole quarter hours."""
        first, last = window(start, end)
        with service.store.read() as c:
            return [_cost(row) for row in usage.judging_costs(c, floor(first), ceil(last), paid=paid)]


def _cost(row: JudgingCost) -> CostRow:
    mean = None if row.usd is None or not row.verdicts else row.usd / row.verdicts
    return CostRow(**row._asdict(), usd_per_verdict=mean)
