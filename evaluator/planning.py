"""What a monitor sees, and what it would take to see more: votes per day, the judge's rate, USD per day. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from evaluator.api.plan_shapes import CurvePoint, PlanView
from evaluator.api.shapes import MonitorView
from evaluator.drift import planner
from evaluator.drift.planner import SURE

CURVE_POINTS = 24
CURVE_REACH = 8.0
"""How far the curve reaches, in multiples of today's votes, where it is not known what could be judged."""
CURVE_LEAST = 100.0
"""The curve's last number of votes over its first one."""

_days_needed = lru_cache(maxsize=16_384)(planner.days_needed)
_votes_per_day_needed = lru_cache(maxsize=4096)(planner.votes_per_day_needed)
_reference_needed = lru_cache(maxsize=4096)(planner.reference_needed)
"""Remembered, for they are searched for by trial, and readers ask the same of hundreds of monitors."""


class Reason(StrEnum):
    """What stands between a monitor and the fall that it should see in time, the worst first."""

    SMALL_BASELINE = "small_baseline"
    TRAFFIC = "traffic"
    MORE_VOTES = "more_votes"
    NO_BASELINE = "no_baseline"
    NO_TRAFFIC = "no_traffic"
    BELOW_MIN_DROP = "below_min_drop"
    AT_ZERO = "at_zero"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Asked:
    """A fall (in rate) and the days in which it should be found."""

    drop: float
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What could be judged for one monitor, and at what price.

    `votes_at_most` is what a day brings when all that is kept is judged, `keepable` how many times as much would be
    kept at a sampling rate of 1. The judge's `rate` takes the `share` of what is kept, and a budget leaves `factor` of
    that. What is not known is None; `limited` is whether a rate of the judge chooses what it sees at all.
    """

    votes_at_most: float | None = None
    keepable: float = 1.0
    rate: float | None = None
    share: float | None = None
    factor: float = 1.0
    usd_per_vote: float | None = 0.0
    usd_limit: float | None = None
    limited: bool = True


def plan(monitor: MonitorView, supply: Supply, asked: Asked) -> PlanView:
    """The plan of one monitor."""
    facts = _facts(monitor, supply, asked)
    return facts.model_copy(update={"reason": _reason(monitor, facts, asked).value})


def order(view: PlanView) -> tuple[int, float, str, str]:
    """What is blind comes first: by reason, then by how long the fall takes to be found."""
    return list(Reason).index(Reason(view.reason)), -(view.days_now or math.inf), view.feature, view.judge


def curve(monitor: MonitorView, supply: Supply, days: float) -> list[CurvePoint]:
    """What the monitor would see within `days`, from few votes a day to all that there could be; none, no points."""
    most = supply.votes_at_most or CURVE_REACH * monitor.votes_per_day
    base = monitor.baseline
    if base is None or base.rate is None or monitor.log_threshold is None or most <= 0:
        return []
    arl, reference, rate = math.exp(monitor.log_threshold), monitor.reference_votes, _good(monitor, base.rate)
    steps = (CURVE_LEAST ** (i / (CURVE_POINTS - 1) - 1.0) * most for i in range(CURVE_POINTS))
    return [
        CurvePoint(
            votes_per_day=votes,
            share=votes / supply.votes_at_most if supply.votes_at_most and supply.limited else None,
            usd_per_day=_times(votes, supply.usd_per_vote),
            drop=planner.detectable(rate, votes, reference, days, arl),
            drop_sure=planner.detectable(rate, votes, reference, days, arl, chance=SURE),
        )
        for votes in steps
    ]


def _good(monitor: MonitorView, rate: float) -> float:
    """The share that can fall: that of the complement, where more is worse."""
    return rate if monitor.bad == "down" else 1.0 - rate


def _facts(monitor: MonitorView, supply: Supply, asked: Asked) -> PlanView:
    base, most, now = monitor.baseline, supply.votes_at_most, monitor.votes_per_day
    share_now = now / most if most and supply.limited else None
    known = dict(
        **monitor.model_dump(
            include={"monitor_id", "feature", "judge", "judge_version", "kind", "metric", "says", "bad", "state"}
        ),
        baseline_rate=base and base.rate,
        reference_votes=monitor.reference_votes,
        votes_per_day=now,
        votes_per_day_at_most=most,
        share=None if share_now is None else min(share_now, 1.0),
        rate=supply.rate,
        usd_per_vote=supply.usd_per_vote,
        usd_per_day=_times(now, supply.usd_per_vote),
        detectable=monitor.detectable,
        drop=asked.drop,
        days=asked.days,
    )
    needs = _needs(monitor, supply, asked)
    return PlanView(reason="", advice="", **known, **needs)


def _needs(monitor: MonitorView, supply: Supply, asked: Asked) -> dict[str, float | None]:
    names = ("days_now", "days_now_sure", "days_at_most", "votes_per_day_needed", "share_needed", "rate_needed")
    needs: dict[str, float | None] = dict.fromkeys((*names, "usd_per_day_needed", "reference_needed"))
    base = monitor.baseline
    rate = _good(monitor, base.rate) if base and base.rate is not None else 0.0
    if not rate or monitor.log_threshold is None or asked.drop < monitor.min_drop:
        return needs
    arl, reference = math.exp(monitor.log_threshold), monitor.reference_votes
    now, most = monitor.votes_per_day, supply.votes_at_most
    needed = _votes_per_day_needed(rate, asked.drop, asked.days, reference, arl)
    needs["days_now"] = _days_needed(rate, asked.drop, now, reference, arl)
    needs["days_now_sure"] = _days_needed(rate, asked.drop, now, reference, arl, chance=SURE)
    needs["days_at_most"] = _days_needed(rate, asked.drop, most, reference, arl) if most else None
    needs["reference_needed"] = _reference_needed(rate, asked.drop, asked.days, arl)
    if needed is not None:
        needs |= {"votes_per_day_needed": needed, "usd_per_day_needed": _times(needed, supply.usd_per_vote)}
    if needed is not None and most and supply.limited:
        needs |= {"share_needed": needed / most, "rate_needed": _rate_needed(needed / most, supply)}
    return needs


def _rate_needed(share: float, supply: Supply) -> float | None:
    """The judge's setting that takes the share of what is kept, budget aside; None when no setting does."""
    if share > 1.0 or not supply.rate or not supply.share:
        return None
    return min(supply.rate * share / supply.share, 1.0)


def _reason(monitor: MonitorView, facts: PlanView, asked: Asked) -> Reason:
    if not monitor.votes_per_day:
        return Reason.NO_TRAFFIC
    if facts.baseline_rate is None:
        return Reason.NO_BASELINE
    if not _good(monitor, facts.baseline_rate):
        return Reason.AT_ZERO
    if asked.drop < monitor.min_drop:
        return Reason.BELOW_MIN_DROP
    if facts.days_now is not None and facts.days_now <= asked.days:
        return Reason.SEEN
    if facts.votes_per_day_needed is None:
        return Reason.SMALL_BASELINE
    most = facts.votes_per_day_at_most
    return Reason.TRAFFIC if most is not None and facts.votes_per_day_needed > most else Reason.MORE_VOTES


def _times(votes: float, usd: float | None) -> float | None:
    return None if usd is None else votes * usd
