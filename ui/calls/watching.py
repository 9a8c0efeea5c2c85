"""What is watched, and what would be noticed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from evaluator.api.cause_shapes import CausesView, KeyView
from evaluator.api.distribution_shapes import DistributionView
from evaluator.api.example_shapes import ExamplesView
from evaluator.api.plan_shapes import CurveView, PlanView
from evaluator.api.shapes import MarkerView, MonitorBrief, SeriesView
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.calls.transport import Transport, quoted


class Watching(Transport):
    """Monitors, plain rules, plans and markers."""

    def monitors(self) -> list[MonitorBrief]:
        """What every monitor watches, and how it stands."""
        return self._get("/v1/monitors/brief", list[MonitorBrief])

    def series(self, monitor_id: str, step_minutes: int) -> SeriesView:
        """One monitor's history in steps; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/monitors/{quoted(monitor_id)}", SeriesView, step_minutes=step_minutes)

    def causes(self, monitor_id: str) -> CausesView:
        """What happened to a monitor: mix, slices, requests; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/monitors/{quoted(monitor_id)}/causes", CausesView)

    def distribution(self, monitor_id: str) -> DistributionView:
        """A monitor's votes by value or label, before and now; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/monitors/{quoted(monitor_id)}/distribution", DistributionView)

    def examples(
        self, monitor_id: str, keys: Sequence[KeyView], *, good_before: bool, good_now: bool, limit: int
    ) -> ExamplesView:
        """Samples of before beside those of now, of the slice with these keys, with a good or a bad outcome."""
        return self._get(
            f"/v1/monitors/{quoted(monitor_id)}/examples",
            ExamplesView,
            slice=[f"{quoted(one.key)}={one.value}" for one in keys],
            good_before=str(good_before).lower(),
            good_now=str(good_now).lower(),
            limit=limit,
        )

    def picture(self, monitor_id: str, chart: str, step_minutes: int) -> bytes:
        """One of a monitor's charts as PNG: series, evidence, mix or distribution; NotFoundError without one."""
        return self._file(f"/v1/monitors/{quoted(monitor_id)}/chart.png", chart=chart, step_minutes=step_minutes)

    def plan(self, drop: float, days: float, metric: str = RATE_OF_JUDGE) -> list[PlanView]:
        """What the metric's monitors see, and what it takes to see a fall in so many days; the blind ones first.

        None of a metric that no monitor watches.
        """
        return self._get("/v1/plan", list[PlanView], drop=drop, days=days, metric=metric)

    def curve(self, monitor_id: str, drop: float, days: float) -> CurveView:
        """One monitor's plan with fewer and more votes; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/plan/{quoted(monitor_id)}", CurveView, drop=drop, days=days)

    def markers(self, feature: str, start: datetime) -> list[MarkerView]:
        """What happened since then that concerns the feature, newest first."""
        return self._get("/v1/markers", list[MarkerView], feature=feature, start_at=start.isoformat())
