"""Store records as the JSON shapes of the API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from evaluator.api.shapes import (
    CoverageRow,
    CoverageView,
    JudgeCoverage,
    JudgeView,
    SampleView,
    SummaryRow,
    VerdictView,
)
from evaluator.lane import Lane
from evaluator.monitors.views import interval
from evaluator.service import Service
from judges.registry import Entry
from store import samples as sample_store
from store import verdicts as verdict_store
from store.database import Connection
from store.feedback import KIND as FEEDBACK
from store.feedback import VERSION
from store.records import Sample, Series, Status, Verdict
from store.verdicts import VerdictSummary


def samples(c: Connection, found: Sequence[Sample]) -> list[SampleView]:
    """Samples with their verdicts, in the given order."""
    if not found:
        return []
    times = [sample.ts for sample in found]
    ids = [sample.sample_id for sample in found]
    by_sample: dict[tuple[str, datetime], list[VerdictView]] = defaultdict(list)
    judged = verdict_store.of_samples(c, ids, from_ts=min(times), until_ts=max(times))
    for one in verdict_store.with_opinions(c, judged):
        by_sample[one.sample_id, one.ts].append(verdict(one))
    return [SampleView.model_validate({**asdict(s), "verdicts": by_sample[s.sample_id, s.ts]}) for s in found]


def verdict(one: Verdict) -> VerdictView:
    """One verdict."""
    return VerdictView.model_validate(asdict(one))


def summary(counts: VerdictSummary) -> SummaryRow:
    """One judge on one feature, with the interval of its pass rate."""
    return SummaryRow.model_validate({**asdict(counts), **interval(counts.n, counts.passed).model_dump()})


def judges(service: Service) -> list[JudgeView]:
    """Every judge, configured or not, with what it has done in all time and what waits for it; then people's word."""
    with service.store.read() as c:
        done = verdict_store.by_judge(c)
        kinds = verdict_store.kinds(c)
        spent: dict[str, float | None] = {}
        for row in verdict_store.costs(c, sample_store.EARLIEST, sample_store.LATEST):
            before = spent.get(row.judge, 0.0)
            spent[row.judge] = None if before is None or row.usd is None else before + row.usd
    lanes = {lane.entry.name: lane for lane in service.pipeline.lanes}
    listed = [_judge(service, entry, lanes.get(entry.name), (done, spent)) for entry in service.entries]
    return listed + _feedback([series for series, kind in kinds.items() if kind == FEEDBACK], done)


def _feedback(given: Sequence[Series], done: Mapping[tuple[str, Status], int]) -> list[JudgeView]:
    """What people say is a judge that nobody configures: it is there once it has said something."""
    features: dict[str, set[str]] = defaultdict(set)
    for series in given:
        features[series.judge].add(series.feature)
    return [
        JudgeView(
            name=name,
            version=VERSION,
            kind=FEEDBACK,
            features=sorted(told),
            rate=1.0,
            state="ready",
            detail="given by people or programs: POST /v1/feedback",
            ok=done.get((name, Status.OK), 0),
            errors=0,
            skipped=0,
            pending=0,
            cost_usd=None,
        )
        for name, told in sorted(features.items())
    ]


def _judge(
    service: Service,
    entry: Entry,
    lane: Lane | None,
    totals: tuple[Mapping[tuple[str, Status], int], Mapping[str, float | None]],
) -> JudgeView:
    state, detail = _state(entry, lane)
    done, spent = totals
    return JudgeView(
        name=entry.name,
        version=entry.judge.version if entry.judge else None,
        kind=entry.kind,
        features=list(entry.features),
        rate=entry.rate,
        state=state,
        detail=detail,
        ok=done.get((entry.name, Status.OK), 0),
        errors=done.get((entry.name, Status.ERROR), 0),
        skipped=done.get((entry.name, Status.SKIPPED), 0),
        pending=service.pipeline.pending(lane)[0] if lane else 0,
        cost_usd=spent.get(entry.name),
    )


def _state(entry: Entry, lane: Lane | None) -> tuple[str, str]:
    if lane is None:
        return "not_configured", entry.detail
    if lane.stopped:
        return "stopped", lane.stopped
    if not lane.available:
        return "unavailable", lane.paused_why
    return "ready", entry.detail


def coverage(service: Service, start: datetime, end: datetime) -> CoverageView:
    """What became of the traffic from `start` to `end`, by outcome and judge, and how long the oldest sample waits."""
    with service.store.read() as c:
        traffic = sample_store.traffic(c, start, end)
        judged = verdict_store.counts(c, start, end)
    waiting = [oldest for lane in service.pipeline.lanes if (oldest := service.pipeline.pending(lane)[1])]
    return CoverageView(
        traffic=[CoverageRow(feature=feature, outcome=outcome, n=n) for feature, outcome, n in traffic],
        judges=[
            JudgeCoverage(
                feature=r.feature, judge=r.judge, judge_version=r.judge_version, status=r.status, reason=r.reason, n=r.n
            )
            for r in judged
        ],
        oldest_pending_seconds=(service.clock() - min(waiting)).total_seconds() if waiting else None,
    )
