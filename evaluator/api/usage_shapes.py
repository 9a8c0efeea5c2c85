"""The JSON of usage: what features used today, yesterday and a week ago, and how their pass rates differ."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from evaluator.api.shapes import Interval
from evaluator.api.turns import Yielding


class Use(BaseModel):
    """What was used in some stretch of time, and what judging cost in it.

    `calls` counts all that arrived, kept or not. Errors, tokens and `usd` (the product's own calls, at list price) are
    estimates for all of them where `estimated`: each kept call stands for 1 / its probability of being kept. `usd` and
    `judging_usd` leave out the `unpriced` kept calls and `unpriced_verdicts`, and are null when nothing else is left.
    """

    calls: int
    kept: int
    estimated: bool
    errors: float
    input_tokens: float
    output_tokens: float
    usd: float | None
    unpriced: int
    verdicts: int
    judging_usd: float | None
    unpriced_verdicts: int


class DayUse(Use):
    """What one feature used on one day of the zone; today's is not over."""

    day: date
    feature: str


class ByNow(BaseModel):
    """Today up to the last full quarter hour, and the same time of day yesterday and a week ago."""

    today: Use
    yesterday: Use
    last_week: Use


class LatencyView(BaseModel):
    """Milliseconds that half of the kept calls took at most, and 95 % of them."""

    p50: float
    p95: float


class FeatureUse(BaseModel):
    """One feature: today so far, the whole of yesterday, and `by_now` what can be compared with today.

    `by_now` is null in the first quarter hour of a day. `latency` is today's.
    """

    feature: str
    today: Use
    yesterday: Use
    by_now: ByNow | None
    latency: LatencyView | None = None


class Difference(BaseModel):
    """Today's pass rate less an earlier one, as a rate; `lo` to `hi` hold for all differences of the answer together.

    `beyond_chance`: the votes alone do not explain it. That is no alarm: days differ, and nobody looked at a baseline.
    """

    change: float
    lo: float
    hi: float
    beyond_chance: bool


class PassRates(BaseModel):
    """A judge version's pass rate on a feature: today so far, yesterday and a week ago up to the same time of day.

    A difference is null where one of the two has no votes.
    """

    feature: str
    judge: str
    judge_version: Yielding
    today: Interval
    yesterday: Interval
    last_week: Interval
    since_yesterday: Difference | None
    since_last_week: Difference | None


class DiskView(BaseModel):
    """The disk that the database lies on; with less than `least_bytes` free, samples are refused (`full`)."""

    free_bytes: int
    database_bytes: int
    least_bytes: int
    full: bool


class UsageView(BaseModel):
    """Usage by feature, the busiest of the asked days first; `total` is all of them, `days` each day that had any.

    Days are those of `zone`. `until` is the last full quarter hour. What came in the last seconds may be missing.
    """

    zone: str
    now: datetime
    today: date
    until: datetime
    total: FeatureUse
    features: list[FeatureUse]
    rates: list[PassRates]
    days: list[DayUse]
    disk: DiskView | None
