"""Judges as the API tells them: can they judge, what have they done, how noisy are they, and what do they cost?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta

from evaluator.api import shown
from evaluator.api.judge_shapes import BudgetView, JudgeView, ProviderView, SpendView, WorkView
from evaluator.lane import Lane
from evaluator.monitors.levels import interval
from evaluator.service import Service
from judges.budget import Limit
from judges.registry import Entry
from store import judging, rates, samples
from store import verdicts as verdict_store
from store.database import Connection
from store.feedback import KIND as FEEDBACK
from store.feedback import VERSION
from store.judging import Figures, Unscored, Version
from store.rates import TRIALS
from store.records import Series, Status

DAY = timedelta(days=1)
LOOK_BACK = 30 * DAY
LLM = "llm"
UNAVAILABLE = "unavailable"
Money = Mapping[tuple[str, datetime], float | None]


@dataclass(frozen=True, slots=True)
class Since:
    """The moments that spending is told from."""

    now: datetime

    @property
    def today(self) -> datetime:
        return datetime.combine(self.now.date(), time.min, self.now.tzinfo)

    @property
    def monday(self) -> datetime:
        return self.today - self.now.weekday() * DAY

    @property
    def moments(self) -> list[datetime]:
        recent = [self.now - days * DAY for days in (1, 7, 30)]
        return [samples.EARLIEST, self.today, self.monday, *recent]


@dataclass(frozen=True, slots=True)
class Done:
    """What the store knows of the judges' work."""

    counts: Mapping[tuple[str, Status], int]
    figures: Mapping[Version, Figures]
    unscored: Sequence[Unscored]
    spent: Money
    since: Since


def views(service: Service) -> list[JudgeView]:
    """Every judge, configured or not, with what it has done in all time and what waits for it; then people's word."""
    since = Since(service.clock())
    with service.store.read() as c:
        done = Done(
            counts=verdict_store.by_judge(c),
            figures=shown.figures(service, c, since.now - LOOK_BACK),
            unscored=judging.unscored(c, since.now - LOOK_BACK),
            spent={**judging.spending(c, since.moments), **_trials(c, since)},
            since=since,
        )
        kinds = verdict_store.kinds(c)
    lanes = {lane.entry.name: lane for lane in service.pipeline.lanes}
    listed = [_judge(service, entry, lanes.get(entry.name), done) for entry in service.entries]
    people = [
        Series(feature=one[0], judge=one[1], judge_version=one[2]) for one, kind in kinds.items() if kind == FEEDBACK
    ]
    return listed + _feedback(people, done)


def _trials(c: Connection, since: Since) -> Money:
    """What trials of rubrics cost: the budget of all judges together pays for them."""
    return {(TRIALS, at): usd for at, usd in rates.trials(c, since.moments).items()}


def providers(service: Service) -> list[ProviderView]:
    """Who is asked for the LLM judges' models, in this order, and whether they can be."""
    states = service.client.states() if service.client else []
    return [ProviderView(**{**asdict(one), "stopped": list(one.stopped)}) for one in states]


def _judge(service: Service, entry: Entry, lane: Lane | None, done: Done) -> JudgeView:
    state, detail = _state(entry, lane)
    pending, oldest = shown.pending(service, lane) if lane else (0, None)
    version = (entry.name, entry.judge.version if entry.judge else "")
    return JudgeView(
        name=entry.name,
        version=entry.judge.version if entry.judge else None,
        kind=entry.kind,
        features=list(entry.features),
        rate=entry.rate,
        state=state,
        reason=lane.paused_reason if lane and state == UNAVAILABLE else "",
        detail=detail,
        ok=done.counts.get((entry.name, Status.OK), 0),
        errors=done.counts.get((entry.name, Status.ERROR), 0),
        skipped=done.counts.get((entry.name, Status.SKIPPED), 0),
        pending=pending,
        oldest_waiting_seconds=(done.since.now - oldest).total_seconds() if oldest else None,
        batch=entry.batch,
        factor=lane.factor(done.since.now) if lane else 1.0,
        cost_usd=done.spent.get((entry.name, samples.EARLIEST)),
        error_reasons=_reasons(done.unscored, version, Status.ERROR),
        skip_reasons=_reasons(done.unscored, version, Status.SKIPPED),
        **(_costs(service, entry, done) if entry.kind == LLM else {}),
    )


def _costs(service: Service, entry: Entry, done: Done) -> dict[str, object]:
    """What only judges that cost money have."""
    general = service.settings.judge
    total = Limit(usd_per_day=general.usd_per_day, usd_per_week=general.usd_per_week)
    names = [*(one.name for one in service.entries if one.kind == LLM), TRIALS]
    version = (entry.name, entry.judge.version if entry.judge else "")
    return {
        "spend": _spend(entry.name, done),
        "budget": _budget(entry.limit, [entry.name], done),
        "total_budget": _budget(total, names, done),
        "work": work(done.figures.get(version)),
        "hint": _hint(entry),
    }


def _spend(name: str, done: Done) -> SpendView:
    day, week, month = (done.spent.get((name, since), 0.0) for since in done.since.moments[-3:])
    return SpendView(last_24_hours=day, last_7_days=week, last_30_days=month)


def _budget(limit: Limit, names: Sequence[str], done: Done) -> BudgetView:
    """Calls without a known price count as nothing, as they do where budgets are kept (judges.budget)."""
    today, week = (
        sum(done.spent.get((name, since)) or 0.0 for name in names) for since in (done.since.today, done.since.monday)
    )
    return BudgetView(
        usd_per_day=limit.usd_per_day, spent_today=today, usd_per_week=limit.usd_per_week, spent_week=week
    )


def work(figures: Figures | None) -> WorkView | None:
    """The figures as shares; None without verdicts of a model."""
    if figures is None:
        return None
    read, prompt = figures.cache_read_tokens, figures.prompt_tokens
    return WorkView(
        verdicts=figures.n,
        flips=interval(figures.repeated, figures.flipped),
        disagreement=figures.disagreement,
        cache_hit_rate=(read or 0) / prompt if prompt else None,
        reused=figures.reused / figures.n,
        escalated=figures.escalated / figures.n,
        usd_mean=figures.usd_mean,
        usd_p95=figures.usd_p95,
        ms_p50=figures.ms_p50,
        ms_p95=figures.ms_p95,
    )


def _hint(entry: Entry) -> str:
    """What the judge's prompt lacks to be cached by the provider."""
    if entry.rubric is None or entry.model is None:
        return ""
    from judges.prompt import system_text
    from judges.warmth import hint

    return hint(entry.model, system_text(entry.rubric)) or ""


def _reasons(found: Sequence[Unscored], version: Version, status: Status) -> dict[str, int]:
    return {one.reason: one.n for one in found if (one.judge, one.judge_version) == version and one.status is status}


def _state(entry: Entry, lane: Lane | None) -> tuple[str, str]:
    if lane is None:
        return "not_configured", entry.detail
    if lane.stopped:
        return "stopped", lane.stopped
    if not lane.available:
        return UNAVAILABLE, lane.paused_why
    return "ready", entry.detail if lane.live else "judges by batches"


def _feedback(given: Sequence[Series], done: Done) -> list[JudgeView]:
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
            ok=done.counts.get((name, Status.OK), 0),
            errors=0,
            skipped=0,
            pending=0,
            cost_usd=None,
        )
        for name, told in sorted(features.items())
    ]
