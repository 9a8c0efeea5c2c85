"""Pass rates of today beside those of yesterday and of a week ago, and how sure their differences are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluator.api.usage_shapes import Difference, PassRates
from evaluator.days import WEEK, Calendar
from evaluator.drift.intervals import newcombe, of_many
from evaluator.monitors.levels import effective, shown
from store.database import Connection
from store.records import Series
from store.rollup import Total
from store.usage import pass_votes


class Votes(NamedTuple):
    """One judge version's votes on a feature: today so far, and up to the same time of day before."""

    series: Series
    today: Total
    yesterday: Total
    last_week: Total


def pass_rates(c: Connection, calendar: Calendar) -> list[PassRates]:
    """Every judge version with votes on these days; its differences are as sure as all of them together."""
    found = _votes(c, calendar)
    pairs = [(one.today, other) for one in found for other in (one.yesterday, one.last_week)]
    z = of_many(sum(bool(now.votes and before.votes) for now, before in pairs))
    return [_rates(one, z) for one in found]


def _votes(c: Connection, calendar: Calendar) -> list[Votes]:
    spans = (calendar.whole(0), calendar.by_now(1), calendar.by_now(WEEK))
    days = [pass_votes(c, *span) for span in spans]
    known = sorted({series for day in days for series in day}, key=lambda s: (s.feature, s.judge, s.judge_version))
    none = Total(calendar.now)
    found = [Votes(series, *(day.get(series, none) for day in days)) for series in known]
    return [one for one in found if _decided(one[1:])]


def _decided(totals: Sequence[Total]) -> bool:
    return any(total.votes for total in totals)


def _rates(one: Votes, z: float) -> PassRates:
    series = one.series
    return PassRates(
        feature=series.feature,
        judge=series.judge,
        judge_version=series.judge_version,
        today=shown(series, one.today),
        yesterday=shown(series, one.yesterday),
        last_week=shown(series, one.last_week),
        since_yesterday=difference(series, one.today, one.yesterday, z),
        since_last_week=difference(series, one.today, one.last_week, z),
    )


def difference(series: Series, now: Total, before: Total, z: float) -> Difference | None:
    """The later rate less the earlier one, with Newcombe's interval; None when one has no votes.

    Where votes weigh differently, each side counts as many votes as say as much as its own.
    """
    one, two = effective(series, now), effective(series, before)
    ends = newcombe(one, two, z)
    if ends is None:
        return None
    change = one[0] / one[1] - two[0] / two[1]
    return Difference(change=change, lo=ends[0], hi=ends[1], beyond_chance=not ends[0] <= 0 <= ends[1])
