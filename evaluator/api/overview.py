"""The overview's page asks once in ten seconds: one question in the place of ten, and one answer for all who ask."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from fastapi import APIRouter, Response

from evaluator.alerts import views as alert_views
from evaluator.api import coverage, judges, shown, sources, usage
from evaluator.api.judge_shapes import CoverageView, JudgeView
from evaluator.api.overview_shapes import OverviewView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import MarkerView
from evaluator.days import ONE
from evaluator.monitors import views
from evaluator.monitors.spans import RECENT_DAYS
from evaluator.service import Service
from store import coverage as coverage_store
from store import markers
from store.markers import MarkerFilter

FRESH_SECONDS = 5.0
MARKERS = 200
ACTIVE = "active"
Key = tuple[str, int]


class Answers:
    """One answer per question for all who ask within some seconds, also while it is being made."""

    def __init__(self, tick: Callable[[], float], seconds: float = FRESH_SECONDS) -> None:
        self._tick = tick
        self._seconds = seconds
        self._known: dict[Key, tuple[float, bytes]] = {}
        self._making: dict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, key: Key, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer to `key`; made anew when the known one was too old at the time of the question.

        Who asked while it was being made gets it, however long that took.
        """
        asked_at = self._tick()
        async with self._making[key]:
            known = self._known.get(key)
            if known is None or asked_at - known[0] > self._seconds:
                answer = await make()
                known = (self._tick(), answer)
                old = [one for one, (made_at, _) in self._known.items() if known[0] - made_at > self._seconds]
                for one in old:
                    del self._known[one]
                self._known[key] = known
        return known[1]


def router(service: Service, tick: Callable[[], float] = time.monotonic) -> APIRouter:
    """The one route."""
    api = APIRouter(prefix="/v1", tags=["read"])
    answers = Answers(tick)

    @api.get("/overview", response_model=OverviewView)
    async def overview(zone: usage.Zone = "UTC", days: usage.Days = 7) -> Response:
        """Monitors, rules, judges, channels, coverage and usage: what their own routes tell, at most 5 seconds old."""

        async def make() -> bytes:
            rules = await service.rules.glimpsed()
            return await asyncio.to_thread(lambda: _view(service, rules, zone, days).model_dump_json().encode())

        return Response(await answers.get((usage.known_zone(zone), days), make), media_type="application/json")

    return api


def _view(service: Service, rules: list[RuleView], zone: str, days: int) -> OverviewView:
    now, unfolded = service.clock(), service.store.unfolded_parts()
    with service.store.read() as c:
        monitors = views.views(c, shown.showing(service), now)
        channels = alert_views.channel_views(c, service.settings.alerts, now)
        silences = alert_views.silence_views(c, service.settings, now)
        marked = markers.find(c, MarkerFilter(start_at=now - RECENT_DAYS * ONE, limit=MARKERS))
        intake = sources.intake(c, now, unfolded)
        covered = coverage.totals(c, coverage_store.traffic(c, now - ONE, now), now - ONE, now)
    judging = judges.views(service)
    return OverviewView(
        monitors=monitors,
        rules=rules,
        judges=judging,
        providers=judges.providers(service),
        channels=channels,
        silences=[one for one in silences if one.state == ACTIVE],
        markers=[MarkerView(**asdict(one)) for one in marked],
        coverage=_with_oldest(covered, judging),
        intake=intake,
        usage=usage.view(service, zone, days),
    )


def _with_oldest(covered: CoverageView, judging: list[JudgeView]) -> CoverageView:
    """How long the oldest sample waits is known of each judge that does not judge by batches."""
    waiting = [one.oldest_waiting_seconds for one in judging if one.oldest_waiting_seconds and not one.batch]
    return covered.model_copy(update={"oldest_pending_seconds": max(waiting, default=None)})
