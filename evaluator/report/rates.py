"""Health per feature: each judge's pass rate in the period beside its baseline, and which other metrics moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.alerts.state import State
from evaluator.api.shapes import Interval, MonitorView
from evaluator.buckets import ceil, floor
from evaluator.monitors import levels, reading, refreshed
from evaluator.monitors.metrics import metric_of
from evaluator.monitors.reading import Wanted
from evaluator.monitors.views import ENDED
from evaluator.monitors.words import RATE_OF_JUDGE, noun
from evaluator.report.shapes import Change, Counts, FeatureFact, IncidentFact, MovedFact, Point, RateFact
from store import rollup
from store.cells import Stretch
from store.records import Series
from store.rollup import Total, Window

if TYPE_CHECKING:
    from evaluator.drift.drop import Drop
    from evaluator.report.asked import Asked
    from evaluator.settings import Settings
    from store.database import Connection

STEPS = ((2, 1), (10, 6), (400, 24))
"""In a report of at most so many days, a point stands for so many hours."""
STEADY = frozenset({State.OK})
UNKNOWN = frozenset({State.INSUFFICIENT, State.NO_DATA, State.JUDGE_BROKEN})
RANKS = {State.FIRING.value: 0, State.JUDGE_BROKEN.value: 2, State.NO_DATA.value: 2, State.INSUFFICIENT.value: 3}
READ_AS = {State.ACKNOWLEDGED.value: State.FIRING.value, State.PENDING.value: State.OK.value}
"""That somebody sees to a regression does not end it, and what is near its threshold has not passed it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is counted of one pass rate in the period (since the onset where it fires), step by step in all of it, and
    how far it is from the baseline."""

    whole: Total
    steps: Sequence[Total]
    drop: Drop | None


def read(view: MonitorView) -> MonitorView:
    """The monitor in the states that a report tells apart."""
    return view.model_copy(update={"state": READ_AS.get(view.state, view.state)})


def step_hours(asked: Asked) -> int:
    """How many hours a point of a chart stands for.

    >>> from datetime import UTC
    >>> from evaluator.report.asked import Asked
    >>> step_hours(Asked(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)))
    6
    """
    days = (asked.end - asked.start) / timedelta(days=1)
    return next(hours for most, hours in STEPS if days <= most)


def features(c: Connection, settings: Settings, asked: Asked, every: Sequence[MonitorView]) -> tuple[FeatureFact, ...]:
    """Each feature with its pass rates and what else fires; those that fire first, then by name."""
    watched = [view for view in every if view.state not in ENDED]
    rates = [view for view in watched if view.metric == RATE_OF_JUDGE]
    told: dict[str, list[RateFact]] = defaultdict(list)
    for view, found in zip(rates, _measured(c, settings, asked, rates), strict=True):
        told[view.feature].append(_rate(view, found, asked))
    others: dict[str, list[MonitorView]] = defaultdict(list)
    for view in watched:
        if view.metric != RATE_OF_JUDGE:
            others[view.feature].append(view)
    names = sorted({view.feature for view in watched})
    return tuple(sorted((_feature(name, told[name], others[name]) for name in names), key=_rank))


def counts(every: Sequence[MonitorView], of_time: Sequence[IncidentFact], minor: int) -> Counts:
    """What the headline counts."""
    states = Counter(view.state for view in every if view.state not in ENDED)
    opened = sum(one.is_open for one in of_time)
    return Counts(
        open=opened,
        resolved=len(of_time) - opened,
        watched=states.total(),
        firing=states[State.FIRING],
        steady=max(states[State.OK] - minor, 0),
        minor=minor,
        no_baseline=states[State.INSUFFICIENT],
        no_votes=states[State.NO_DATA],
        judge_broken=states[State.JUDGE_BROKEN],
    )


def change(size: float | None, lo: float | None, hi: float | None) -> Change | None:
    """A change with its interval; None when one of them is not known."""
    return None if size is None or lo is None or hi is None else Change(size=size, lo=lo, hi=hi)


def _rank(one: FeatureFact) -> tuple[int, str]:
    ranks = [RANKS.get(rate.state, 1) for rate in one.rates] + ([0] if one.moved else [])
    return min(ranks, default=1), one.feature


def _feature(name: str, rates: Sequence[RateFact], others: Sequence[MonitorView]) -> FeatureFact:
    return FeatureFact(
        feature=name,
        rates=tuple(sorted(rates, key=lambda one: (RANKS.get(one.state, 1), one.judge))),
        moved=tuple(_moved(view) for view in others if view.state == State.FIRING),
        steady=sum(view.state in STEADY for view in others),
        unknown=sum(view.state in UNKNOWN for view in others),
        metrics=tuple(dict.fromkeys(noun(view.metric) for view in others if view.state in STEADY)),
    )


def _moved(view: MonitorView) -> MovedFact:
    return MovedFact(
        judge=view.judge,
        metric=view.metric,
        says=view.says,
        bad=view.bad,
        now=_plain(view.current),
        baseline=view.baseline and _plain(view.baseline),
        change=_firing_change(view),
    )


def _plain(rate: Interval) -> Interval:
    return Interval(n=rate.n, rate=rate.rate, lo=rate.lo, hi=rate.hi)


def _firing_change(view: MonitorView) -> Change | None:
    """Since the alarm where votes came since: at the alarm it tends to read too large."""
    since = change(view.drop_refreshed, view.drop_refreshed_lo, view.drop_refreshed_hi)
    return since or change(view.drop, view.drop_lo, view.drop_hi)


def _rate(view: MonitorView, found: Measured, asked: Asked) -> RateFact:
    firing = view.state == State.FIRING
    # What fired at the end of a time long past has no alert any more; then what waits there is not known.
    is_present = firing and view.alert_id is not None
    drop = found.drop and Change(size=found.drop.size, lo=found.drop.lo, hi=found.drop.hi)
    return RateFact(
        judge=view.judge,
        judge_version=view.judge_version,
        kind=view.kind,
        state=view.state,
        now=_plain(view.current) if is_present else levels.shown(_series(view), found.whole),
        since=_since(view),
        unscored=view.current.unscored if is_present else found.whole.errors,
        baseline=view.baseline and _plain(view.baseline),
        baseline_start=view.baseline_start,
        baseline_end=view.baseline_end,
        change=_firing_change(view) if firing else drop,
        min_drop=view.min_drop,
        points=tuple(_point(_series(view), total) for total in found.steps),
        step_hours=step_hours(asked),
        votes_per_day=view.votes_per_day,
        detectable=tuple(view.detectable),
        collecting=view.collecting.in_words if view.collecting else "",
        flags=tuple(view.flags),
    )


def _since(view: MonitorView) -> datetime | None:
    """The onset, while it fires."""
    return view.onset if view.state == State.FIRING else None


def _point(series: Series, total: Total) -> Point:
    return Point(start=total.start_at, **levels.shown(series, total).model_dump())


def _measured(c: Connection, settings: Settings, asked: Asked, rates: Sequence[MonitorView]) -> list[Measured]:
    windows = [Window(_series(view), asked.start, asked.end) for view in rates]
    fallen = [
        replace(window, start_at=_since(view) or asked.start) for window, view in zip(windows, rates, strict=True)
    ]
    drops = _drops(c, settings, asked, rates)
    whole, steps = rollup.totals(c, fallen), rollup.steps(c, windows, 60 * step_hours(asked))
    return [Measured(all_, each, drops.get(place)) for place, (all_, each) in enumerate(zip(whole, steps, strict=True))]


def _drops(c: Connection, settings: Settings, asked: Asked, rates: Sequence[MonitorView]) -> dict[int, Drop]:
    """How much worse than its baseline each was in the period, at the same mix; votes of the baseline do not count."""
    spans: Mapping[int, tuple[datetime, datetime]] = {
        place: (ceil(max(asked.start, view.baseline_end)), floor(asked.end))
        for place, view in enumerate(rates)
        if view.baseline_start and view.baseline_end
    }
    places = [place for place, (start, end) in spans.items() if start < end]
    told = [_stretch(settings, rates[place], *spans[place]) for place in places]
    found = ((places[at], refreshed.between(counted, 0, len(counted), 0)) for at, counted in reading.each(c, told))
    return {place: drop for place, drop in found if drop is not None}


def _stretch(settings: Settings, view: MonitorView, start: datetime, end: datetime) -> Wanted:
    series = _series(view)
    assert view.baseline_start is not None
    assert view.baseline_end is not None
    stretch = Stretch(series, view.baseline_start, view.baseline_end, start, start, end)
    return Wanted(metric_of(settings, series), stretch)


def _series(view: MonitorView) -> Series:
    return Series(feature=view.feature, judge=view.judge, judge_version=view.judge_version, metric=view.metric)
