"""Plans that the stand-in for the read API tells: the planner's own, of its monitors and of what could be judged."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator import planning
from evaluator.advice import advice
from evaluator.api.plan_shapes import CurveView, PlanView
from evaluator.api.shapes import MonitorView
from evaluator.planning import Asked, Supply
from evaluator.settings import DriftSettings

DRIFT = DriftSettings()


def supply_of(monitor: MonitorView) -> Supply:
    """LLM judges see one session in twenty and cost money; the others see all, and what has no judge has no rate."""
    now = monitor.votes_per_day
    if not monitor.judge:
        return Supply(votes_at_most=now, limited=False)
    if monitor.kind == "llm":
        return Supply(votes_at_most=20 * now, rate=0.05, share=0.05, usd_per_vote=0.0012, usd_limit=1.0)
    return Supply(votes_at_most=now, keepable=2.0, rate=1.0, share=1.0)


def plan_of(monitor: MonitorView, asked: Asked) -> PlanView:
    supply = supply_of(monitor)
    view = planning.plan(monitor, supply, asked)
    return view.model_copy(update={"advice": advice(view, supply, DRIFT, monitor.min_drop)})


def plans_of(monitors: Sequence[MonitorView], drop: float, days: float) -> list[PlanView]:
    """In the order of the API."""
    return sorted((plan_of(monitor, Asked(drop, days)) for monitor in monitors), key=planning.order)


def curve_of(monitor: MonitorView, drop: float, days: float) -> CurveView:
    points = planning.curve(monitor, supply_of(monitor), days)
    return CurveView(plan=plan_of(monitor, Asked(drop, days)), points=points)
