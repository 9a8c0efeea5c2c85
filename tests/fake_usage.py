"""Usage, the overview and costs that the stand-in for the read API tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI

from evaluator.api.overview_shapes import OverviewView
from evaluator.api.shapes import Interval
from evaluator.api.usage_shapes import (
    ByNow,
    DayUse,
    Difference,
    DiskView,
    FeatureUse,
    LatencyView,
    PassRates,
    UsageView,
    Use,
)

DISK = DiskView(free_bytes=91_000_000_000, database_bytes=212_000_000, least_bytes=512_000_000, full=False)
HOW_MANY = {"support-chat": 9_120, "search-summary": 4_033, "tax-desk": 310, "invoice-extract": 120, "legacy-bot": 0}


def use(calls: float, **fields: Any) -> Use:
    """So many calls, of which a quarter was kept, with their tokens and prices."""
    plain = {
        "calls": round(calls), "kept": round(calls / 4), "estimated": True, "errors": round(calls / 120),
        "input_tokens": 1_240.0 * round(calls), "output_tokens": 316.0 * round(calls), "usd": 0.0031 * round(calls),
        "unpriced": 0, "verdicts": round(calls / 2), "judging_usd": 0.0002 * round(calls), "unpriced_verdicts": 0,
    }  # fmt: skip
    return Use(**{**plain, **fields})


def feature(name: str, calls: int, **fields: Any) -> FeatureUse:
    """A feature that had more yesterday, and less a week ago."""
    by_now = ByNow(today=use(calls), yesterday=use(calls * 1.08), last_week=use(calls * 0.83))
    slow = LatencyView(p50=812.4, p95=3_140.9) if calls else None
    plain: dict[str, Any] = {"today": use(calls), "yesterday": use(calls * 1.9), "by_now": by_now, "latency": slow}
    return FeatureUse(feature=name, **{**plain, **fields})


def days(names: dict[str, int], today: date, count: int) -> list[DayUse]:
    """Every day of every feature; on Sundays there is less."""
    week = [today - timedelta(days=n) for n in range(count - 1, -1, -1)]
    return [
        DayUse(day=day, feature=name, **use(calls * (0.5 if day.weekday() == 6 else 1.0)).model_dump())
        for day in week
        for name, calls in names.items()
        if calls
    ]


def rates_of(monitors: Sequence[Any]) -> list[PassRates]:
    """Pass rates of the monitors: those that fire differ from yesterday's, the others by no more than chance."""
    before = Interval(n=1000, rate=0.971, lo=0.959, hi=0.980)
    found = []
    for one in monitors:
        if one.metric == "pass_rate" and one.current.rate is not None:
            gap = one.current.rate - 0.971
            wide = 0.031 if one.fires else 0.09
            since = Difference(change=gap, lo=gap - wide, hi=gap + wide, beyond_chance=abs(gap) > wide)
            now = Interval(**one.current.model_dump(include={"n", "rate", "lo", "hi"}))
            told = {"today": now, "yesterday": before, "last_week": before}
            whose = {"feature": one.feature, "judge": one.judge, "judge_version": one.judge_version}
            found.append(PassRates(**whose, **told, since_yesterday=since, since_last_week=since))
    return found


def usage_of(world: Any, now: datetime, zone: str, count: int) -> UsageView:
    """Usage of the world's features, in its state: nothing of an empty one, a nearly full disk where much is wrong."""
    names = dict.fromkeys((one.feature for one in world.monitors), 120) | HOW_MANY
    known = {name: n for name, n in names.items() if any(one.feature == name for one in world.monitors)}
    if world.scenario == "fresh":
        known = {"support-chat": 3}
    low = DISK.model_copy(update={"free_bytes": 1_100_000_000}) if world.scenario in ("storm", "huge") else DISK
    total = sum(known.values())
    return UsageView(
        zone=zone,
        now=now,
        today=now.date(),
        until=now,
        total=feature("", total) if total else feature("", 0, by_now=None),
        features=[feature(name, calls) for name, calls in sorted(known.items(), key=lambda one: -one[1])],
        rates=rates_of(world.monitors),
        days=days(known, now.date(), count),
        disk=low,
    )


def router(api: FastAPI) -> APIRouter:
    """The routes over the world that the app plays."""
    from tests import accounts
    from tests import fake_api as fake

    routes = APIRouter(prefix="/v1")

    def world() -> Any:
        return api.state.world

    @routes.get("/usage")
    def usage(zone: str = "UTC", days: int = 7) -> UsageView:
        return usage_of(world(), fake.NOW, zone, days)

    @routes.get("/overview")
    def overview(zone: str = "UTC", days: int = 7) -> OverviewView:
        now = world()
        hostile = fake.HOSTILE if now.scenario == "hostile" else []
        calm = now.scenario in ("healthy", "empty", "fresh")
        first = now.monitors[0].feature if now.monitors else ""
        judges = fake.judges_of(now)
        return OverviewView(
            monitors=now.monitors,
            rules=now.rules,
            judges=[one for one in judges if one.kind != "llm"] if calm else judges,
            providers=[] if calm else accounts.providers(hostile),
            channels=[] if calm else now.desk.channels,
            silences=[] if calm else [one for one in now.desk.silences if one.state == "active"],
            markers=fake.markers_of(first) if now.monitors else [],
            coverage=fake.coverage_of(now),
            intake=fake.intake_of(now),
            usage=usage_of(now, fake.NOW, zone, days),
        )

    return routes
