"""The JSON of the planner. Rates, shares and drops are in [0, 1] (0.05 is 5 points), no data is null."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from evaluator.api.shapes import Detectable
from evaluator.api.turns import Yielding


class PlanView(BaseModel):
    """One monitor: what it sees today, and what it takes to see a fall of `drop` within `days` half of the time.

    A fall is a change for the worse of the share that it `says`, which rises where `bad` is up; `baseline_rate` is that
    share in the baseline.

    `reason`: seen, more_votes, traffic (even judging all that is kept is not enough), small_baseline, no_baseline,
    no_traffic, below_min_drop, at_zero (nothing can fall); `advice` says the same as a sentence. `days_now` is how long
    the fall takes to be found at today's votes, `days_now_sure` in nine of ten cases, `days_at_most` if all that is
    kept were judged: null when no wait is enough. `share` is the part of the kept sessions that is judged, `rate` the
    judge's setting. `needed` is what it takes; with the reasons seen and more_votes it can be had. Money is that of the
    judge alone: 0 for judges that cost nothing, null where a price is not known. `reference_needed` is the size of a
    baseline that is large enough for the fall; with the reason small_baseline, null says that no size is.
    """

    monitor_id: Yielding
    feature: str
    judge: str
    judge_version: str
    kind: str
    metric: str
    says: str
    bad: Literal["down", "up"]
    state: str
    baseline_rate: float | None
    reference_votes: float
    votes_per_day: float
    votes_per_day_at_most: float | None
    share: float | None
    rate: float | None
    usd_per_vote: float | None
    usd_per_day: float | None
    detectable: list[Detectable]
    drop: float
    days: float
    reason: str
    advice: str
    days_now: float | None
    days_now_sure: float | None
    days_at_most: float | None
    votes_per_day_needed: float | None
    share_needed: float | None
    rate_needed: float | None
    usd_per_day_needed: float | None
    reference_needed: float | None


class CurvePoint(BaseModel):
    """The smallest fall that is seen in time at so many votes a day: half of the time, and in nine of ten cases."""

    votes_per_day: float
    share: float | None
    usd_per_day: float | None
    drop: float | None
    drop_sure: float | None


class CurveView(BaseModel):
    """One monitor's plan, and what it would see within `days` with fewer and more votes, up to all that is kept."""

    plan: PlanView
    points: list[CurvePoint]
