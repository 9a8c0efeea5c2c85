"""Usage as the API tells it: each feature today, beside yesterday and the same weekday of last week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from evaluator import days
from evaluator.api.long_answers import written
from evaluator.api.usage_rates import pass_rates
from evaluator.api.usage_shapes import ByNow, DayUse, DiskView, FeatureUse, LatencyView, UsageView, Use
from evaluator.days import WEEK, Calendar, Stretch
from evaluator.service import Service
from store import usage as usage_store
from store.database import Connection
from store.usage import Latency, Spent, Used

ALL = ""
"""The feature of what all of them used."""
Zone = Annotated[str, Query(description="Whose days: a time zone such as Europe/Berlin.")]
Days = Annotated[int, Query(ge=1, le=31, description="How many days to tell one by one, today being the last.")]


def router(service: Service) -> APIRouter:
    """The one route; it answers from what is counted, so that it costs the same however much traffic there is."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.get("/usage")
    @written
    def usage(zone: Zone = "UTC", days: Days = 7) -> UsageView:
        """What each feature used today, yesterday and a week ago, what judging it cost, and how pass rates differ."""
        return view(service, zone, days)

    return api


def known_zone(name: str) -> str:
    """The name; InputError when there is no such time zone."""
    return days.zone(name).key


def view(service: Service, zone: str, count: int) -> UsageView:
    """Usage in the days of a zone, the last `count` of them one by one; InputError for an unknown zone."""
    calendar = Calendar(days.zone(zone), service.clock(), count)
    with service.store.read() as c:
        parts = Parts(c, calendar)
        rates = pass_rates(c, calendar)
        latency = usage_store.latencies(c, *calendar.by_now(0))
    names = sorted(parts.names, key=lambda name: (-parts.recent(name), name))
    return UsageView(
        zone=zone,
        now=calendar.now,
        today=calendar.today,
        until=calendar.until,
        total=_feature(ALL, parts.sum, calendar, None),
        features=[_feature(name, parts.sum, calendar, latency.get(name)) for name in names],
        rates=rates,
        days=[one for ago in range(count - 1, -1, -1) for one in _days(parts, names, calendar, ago)],
        disk=_disk(service),
    )


class Parts:
    """What every feature used and what judging it cost, between the moments of a calendar."""

    def __init__(self, c: Connection, calendar: Calendar) -> None:
        moments = calendar.moments()
        self._first = calendar.whole(calendar.count - 1).start
        self._used: dict[str, list[Used]] = defaultdict(list)
        self._spent: dict[str, list[Spent]] = defaultdict(list)
        for used in usage_store.used(c, moments):
            self._used[used.feature].append(used)
        for spent in usage_store.spent(c, moments):
            self._spent[spent.feature].append(spent)

    @property
    def names(self) -> set[str]:
        """The features that used anything in all that time."""
        return self._used.keys() | self._spent.keys()

    def recent(self, feature: str) -> int:
        """How many calls it had in the days that are told."""
        return sum(one.kept + one.not_kept for one in self._used[feature] if one.start_at >= self._first)

    def sum(self, feature: str, when: Stretch) -> Use:
        """What one feature used in a stretch, or all together."""
        names = [feature] if feature != ALL else [*self.names]
        used = [one for name in names for one in self._used.get(name, ()) if when.start <= one.start_at < when.end]
        spent = [one for name in names for one in self._spent.get(name, ()) if when.start <= one.start_at < when.end]
        return _use(used, spent)


def _use(used: Sequence[Used], spent: Sequence[Spent]) -> Use:
    def of(rows: Iterable[Used | Spent], name: str) -> float:
        return float(sum(getattr(row, name) for row in rows))

    kept, not_kept, unpriced = (int(of(used, name)) for name in ("kept", "not_kept", "unpriced"))
    return Use(
        calls=kept + not_kept,
        kept=kept,
        estimated=not_kept > 0,
        errors=of(used, "errors"),
        input_tokens=of(used, "input_tokens"),
        output_tokens=of(used, "output_tokens"),
        usd=_known(of(used, "usd"), unpriced),
        unpriced=unpriced,
        verdicts=int(of(spent, "verdicts")),
        judging_usd=_known(of(spent, "usd"), int(of(spent, "unpriced"))),
        unpriced_verdicts=int(of(spent, "unpriced")),
    )


def _known(usd: float, unpriced: int) -> float | None:
    return None if unpriced and not usd else usd


def _feature(
    name: str,
    total: Callable[[str, Stretch], Use],
    calendar: Calendar,
    latency: Latency | None,
) -> FeatureUse:
    comparable = calendar.by_now(0).start < calendar.by_now(0).end
    by_now = [total(name, calendar.by_now(ago)) for ago in (0, 1, WEEK)] if comparable else None
    return FeatureUse(
        feature=name,
        today=total(name, calendar.whole(0)),
        yesterday=total(name, calendar.whole(1)),
        by_now=by_now and ByNow(today=by_now[0], yesterday=by_now[1], last_week=by_now[2]),
        latency=latency and LatencyView(**latency._asdict()),
    )


def _days(parts: Parts, names: Sequence[str], calendar: Calendar, ago: int) -> Iterable[DayUse]:
    day = calendar.today - ago * days.ONE
    for name in names:
        use = parts.sum(name, calendar.whole(ago))
        if use.calls or use.verdicts:
            yield DayUse(day=day, feature=name, **use.model_dump())


def _disk(service: Service) -> DiskView | None:
    free = service.store.free_bytes()
    if free is None:
        return None
    return DiskView(
        free_bytes=free,
        database_bytes=service.store.size_bytes() or 0,
        least_bytes=service.store.least_free_bytes(),
        full=service.store.nearly_full(),
    )
