"""Plans as the API tells them: the monitors as they are, what their judges could judge, and what that costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from evaluator import planning
from evaluator.advice import advice
from evaluator.api import shown
from evaluator.api.coverage import NO_TEXT
from evaluator.api.long_answers import written
from evaluator.api.moment import Moment
from evaluator.api.plan_shapes import CurveView, PlanView
from evaluator.api.shapes import MonitorView
from evaluator.lane import Lane
from evaluator.monitors import views
from evaluator.planning import Asked, Supply
from evaluator.service import Service
from store import coverage as coverage_store
from store import rollup
from store.coverage import Fate, FateRow
from store.database import Connection
from store.feedback import KIND as FEEDBACK
from store.judging import Figures, Version
from store.records import Outcome, Series
from store.rollup import Window

DAY = timedelta(days=1)
LOOK_BACK = 7 * DAY
PRICE_BACK = 30 * DAY
STEP_MINUTES = LOOK_BACK // timedelta(minutes=1)
"""What came in all that time is asked for at once."""
LLM = "llm"
PASS_RATE, ALL = "pass_rate", "all"
DECIDED = (Fate.OK, Fate.ERROR, Fate.SKIPPED)
PAID = (Fate.OK, Fate.ERROR)
NOT_ELIGIBLE = (*NO_TEXT, Fate.OTHER, Fate.TALKING)
Drop = Annotated[float, Query(gt=0, lt=1, description="The fall to see, as a rate: 0.05 is 5 points.")]
Days = Annotated[float, Query(ge=0.05, le=365, description="Within how many days it should be seen.")]
PlannedMetric = Annotated[str, Query(description="Of which metric; `all` for every monitor.")]
Now = Annotated[Moment | None, Query(description="Plan as of this time; by default, now.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which monitors to plan for, and as of when."""

    now: datetime
    feature: str | None = None
    judge: str | None = None
    monitor_id: str | None = None
    metric: str = PASS_RATE

    def takes(self, monitor: MonitorView) -> bool:
        """Whether it is one of them, and watched now."""
        names = ((self.feature, monitor.feature), (self.judge, monitor.judge), (self.monitor_id, monitor.monitor_id))
        watched = self.metric in (ALL, monitor.metric) and monitor.state not in views.ENDED
        return watched and all(name in (None, own) for name, own in names)


def router(service: Service) -> APIRouter:
    """The planner's routes."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.get("/plan")
    @written
    def plan(
        drop: Drop = 0.05,
        days: Days = 1,
        feature: str | None = None,
        judge: str | None = None,
        metric: PlannedMetric = PASS_RATE,
        now: Now = None,
    ) -> list[PlanView]:
        """What every monitor sees, and what it takes to see a fall in time; those that are blind to it come first."""
        return plans(service, Asked(drop, days), Wanted(now or service.clock(), feature, judge, metric=metric))

    @api.get("/plan/{monitor_id}")
    def curve(monitor_id: str, drop: Drop = 0.05, days: Days = 1, now: Now = None) -> CurveView:
        """One monitor's plan, and the smallest fall it would see with fewer and more votes."""
        found = _supplied(service, Wanted(now or service.clock(), monitor_id=monitor_id, metric=ALL))
        if not found:
            raise HTTPException(404, f"There is no monitor {monitor_id!r} to plan for; GET /v1/plan lists them.")
        monitor, supply = found[0]
        planned = _planned(service, monitor, supply, Asked(drop, days))
        return CurveView(plan=planned, points=planning.curve(monitor, supply, days))

    return api


def plans(service: Service, asked: Asked, wanted: Wanted) -> list[PlanView]:
    """The plans of the wanted monitors, what is blind first."""
    found = [_planned(service, monitor, supply, asked) for monitor, supply in _supplied(service, wanted)]
    return sorted(found, key=planning.order)


def _planned(service: Service, monitor: MonitorView, supply: Supply, asked: Asked) -> PlanView:
    drift = service.settings.drift
    view = planning.plan(monitor, supply, asked)
    return view.model_copy(update={"advice": advice(view, supply, drift, monitor.min_drop)})


def _supplied(service: Service, wanted: Wanted) -> list[tuple[MonitorView, Supply]]:
    """The wanted monitors, each with what could be judged for it."""
    with service.store.read() as c:
        every = views.views(c, shown.showing(service), wanted.now)
        monitors = [one for one in every if wanted.takes(one)]
        ledger = _Ledger.read(c, service, monitors, wanted.now)
    return [(one, ledger.supply(one)) for one in monitors]


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What the last week brought to the judges, and what their verdicts cost."""

    service: Service
    now: datetime
    lanes: Mapping[Version, Lane]
    fates: Mapping[Series, Sequence[FateRow]]
    votes: Mapping[Series, float]
    figures: Mapping[Version, Figures]
    keepable: Mapping[str, float]

    @classmethod
    def read(cls, c: Connection, service: Service, monitors: Sequence[MonitorView], now: datetime) -> _Ledger:
        start = now - LOOK_BACK
        lanes = {(lane.judge.name, lane.judge.version): lane for lane in service.pipeline.lanes}
        fates: dict[Series, list[FateRow]] = defaultdict(list)
        for lane, rows in shown.fates(service, c, lanes.values(), (start, now), STEP_MINUTES):
            for row in rows:
                one = Series(feature=row.feature, judge=lane.judge.name, judge_version=lane.judge.version)
                fates[one].append(row)
        series = [_series(one) for one in monitors]
        totals = rollup.totals(c, [Window(one, start, now) for one in series])
        return cls(
            service=service,
            now=now,
            lanes=lanes,
            fates=fates,
            votes={one: total.votes for one, total in zip(series, totals, strict=True)},
            figures=shown.figures(service, c, now - PRICE_BACK),
            keepable=_keepable(c, start, now),
        )

    def supply(self, monitor: MonitorView) -> Supply:
        """What could be judged for this monitor; people's word and traffic come as they come."""
        if monitor.kind == FEEDBACK or not monitor.judge:
            return Supply(votes_at_most=monitor.votes_per_day, limited=False)
        series = _series(monitor)
        lane = self.lanes.get((monitor.judge, monitor.judge_version))
        eligible = [row for row in self.fates.get(series, []) if row.fate not in NOT_ELIGIBLE]
        votes, decided = self.votes[series], _votes(eligible, DECIDED)
        usd = self._usd_per_vote(monitor, _votes(eligible, PAID), votes)
        if lane is None or not decided:
            return Supply(usd_per_vote=usd, rate=lane.entry.rate if lane else None)
        n = sum(row.n for row in eligible)
        return Supply(
            votes_at_most=monitor.votes_per_day * sum(row.votes for row in eligible) / decided,
            keepable=self.keepable.get(monitor.feature, 1.0),
            rate=lane.entry.rate,
            share=min(sum(row.expected for row in eligible) / n, 1.0) if n else None,
            factor=lane.factor(self.now),
            usd_per_vote=usd,
            usd_limit=self._limit(lane),
        )

    def _usd_per_vote(self, monitor: MonitorView, paid: int, votes: float) -> float | None:
        """Several verdicts may make one vote, and some of them fail; only models cost money."""
        if monitor.kind != LLM:
            return 0.0
        figures = self.figures.get((monitor.judge, monitor.judge_version))
        if figures is None or figures.usd_mean is None or not votes:
            return None
        return figures.usd_mean * paid / votes

    def _limit(self, lane: Lane) -> float | None:
        """The lowest budget that the judge has to keep, in USD per day."""
        general, own = self.service.settings.judge, lane.entry.limit
        weekly = [week / 7 for week in (own.usd_per_week, general.usd_per_week) if week is not None]
        daily = [day for day in (own.usd_per_day, general.usd_per_day) if day is not None]
        return min((*weekly, *daily), default=None)


def _series(monitor: MonitorView) -> Series:
    return Series(feature=monitor.feature, judge=monitor.judge, judge_version=monitor.judge_version)


def _votes(rows: Sequence[FateRow], fates: Sequence[Fate]) -> int:
    return sum(row.votes for row in rows if row.fate in fates)


def _keepable(c: Connection, start: datetime, end: datetime) -> dict[str, float]:
    """How many times as much of each feature would be kept if sampling kept all."""
    n: dict[tuple[str, str], int] = defaultdict(int)
    for row in coverage_store.traffic(c, start, end):
        n[row.feature, row.outcome] += row.n
    kept = {feature: count for (feature, how), count in n.items() if how == Outcome.ACCEPTED and count}
    return {feature: (count + n.get((feature, Outcome.RATE), 0)) / count for feature, count in kept.items()}
