"""What a report says, as data. Rates lie in [0, 1], changes are positive when it got worse, no data is None."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from evaluator.api.shapes import Detectable, Interval


class Fact(BaseModel):
    """One part of a report; it does not change once it is made."""

    model_config = ConfigDict(frozen=True)


class Change(Fact):
    """How much worse a share is (0.05 is 5 points), with its 95 % interval."""

    size: float
    lo: float
    hi: float


class Began(Fact):
    """The most likely start of a change, with its 90 % interval."""

    likely: datetime
    lo: datetime
    hi: datetime


class AlertFact(Fact):
    """One alert of an incident. `says` is the share that the rates are of, `bad` its worse direction.

    `drop` is that since the alarm where there is one, else that at the alarm (`is_at_alarm`). `rule` is a plain rule in
    words, `marker` the nearest marker, `why` what happened; empty where there is none. `explained`: another alert of
    the incident accounts for this one.
    """

    alert_id: str
    feature: str
    judge: str
    metric: str
    says: str
    bad: str
    before: float | None
    now: float | None
    drop: Change | None
    is_at_alarm: bool
    began: Began | None
    fired_at: datetime
    resolved_at: datetime | None
    rule: str
    marker: str
    why: str
    where: str
    explained: bool
    link: str


class IncidentFact(Fact):
    """Alerts with one cause, as it stood at the end of the period: open or not. `who` has it, empty when nobody has."""

    incident_id: str
    is_open: bool
    severity: str
    opened_at: datetime
    resolved_at: datetime | None
    who: str
    acknowledged: bool
    alerts: tuple[AlertFact, ...]
    more: int


class Point(Fact):
    """A rate in one step of time."""

    start: datetime
    n: float
    rate: float | None
    lo: float | None
    hi: float | None


class RateFact(Fact):
    """A judge's pass rate on a feature: `now` in the period, or `since` an open regression began; and its baseline.

    `state` is firing, ok, insufficient (no baseline yet) or no_data; `collecting` says how far a first baseline is.
    `unscored` votes have no verdict. `detectable` is what would be found at today's volume of `votes_per_day`.
    """

    judge: str
    judge_version: str
    kind: str
    state: str
    now: Interval
    since: datetime | None
    unscored: float
    baseline: Interval | None
    baseline_start: datetime | None
    baseline_end: datetime | None
    change: Change | None
    min_drop: float
    points: tuple[Point, ...]
    step_hours: float
    votes_per_day: float
    detectable: tuple[Detectable, ...]
    collecting: str
    flags: tuple[str, ...]


class MovedFact(Fact):
    """Another metric of a feature that fires: the share that `says` names, now and before."""

    judge: str
    metric: str
    says: str
    bad: str
    now: Interval
    baseline: Interval | None
    change: Change | None


class FeatureFact(Fact):
    """How one feature is: the pass rates of its judges, what else fires, and how many other metrics are as they were.

    `steady` and `unknown` count watched metrics that are no pass rates; `metrics` names those.
    """

    feature: str
    rates: tuple[RateFact, ...]
    moved: tuple[MovedFact, ...]
    steady: int
    unknown: int
    metrics: tuple[str, ...]


class ShiftFact(Fact):
    """A shift that raised no alert and that the list of e-BH holds. `e_value` is its evidence there (docs/report.md).

    `small`: the drop is below the least change that raises an alert; else the evidence is below an alert's threshold.
    """

    feature: str
    judge: str
    metric: str
    says: str
    bad: str
    before: float
    now: float
    change: Change
    began: Began
    e_value: float
    evidence: float
    threshold: float
    small: bool
    min_drop: float


class ShiftList(Fact):
    """The list, the share of it that may be false, and among how many monitors it was chosen."""

    fdr: float
    monitors: int
    found: tuple[ShiftFact, ...]


class CoverageFact(Fact):
    """The way of one feature's traffic to one judge: each count is what is left of the one before, by the reasons."""

    feature: str
    judge: str
    arrived: int
    not_kept: dict[str, int]
    kept: int
    no_text: dict[str, int]
    not_applicable: int
    not_chosen: dict[str, int]
    chosen: int
    judged: int
    errors: dict[str, int]
    skipped: dict[str, int]
    waiting: int
    overdue: int


class CostFact(Fact):
    """What one judge cost in the period; None when a price is unknown."""

    judge: str
    verdicts: int
    usd: float | None
    usd_per_day_limit: float | None
    dearest_day: date | None
    dearest_usd: float | None


class DayCost(Fact):
    """What all judges cost on one UTC day."""

    day: date
    usd: float


class CostList(Fact):
    """Money by judge and day, and the limit that holds for all judges together."""

    judges: tuple[CostFact, ...]
    days: tuple[DayCost, ...]
    usd_per_day_limit: float | None
    usd_per_week_limit: float | None


class JudgeFact(Fact):
    """How a judge is when the report is made. `errors` are those of the period, `flips` of the last 30 days."""

    judge: str
    kind: str
    state: str
    detail: str
    judged: int
    errors: dict[str, int]
    pending: int
    oldest_waiting_seconds: float | None
    factor: float
    flips: Interval | None
    disagreement: float | None
    batches: int
    batches_open: int
    batches_failed: int


class DeadFact(Fact):
    """A delivery that was given up."""

    channel: str
    event: str
    created_at: datetime
    attempts: int
    error: str


class MarkerFact(Fact):
    """Something that was deployed or changed in the period; without a feature it concerns all."""

    ts: datetime
    kind: str
    name: str
    feature: str


class Counts(Fact):
    """What the headline counts: incidents open at the end and resolved within, and all that is watched besides.

    `minor` are in the list of minor shifts, and not among the steady ones.
    """

    open: int
    resolved: int
    watched: int
    firing: int
    steady: int
    minor: int
    no_baseline: int
    no_votes: int
    judge_broken: int


class ReportFacts(Fact):
    """All that a report of [start, end) says. Times are UTC; `time_zone` is the one to show them in."""

    start: datetime
    end: datetime
    made_at: datetime
    time_zone: str
    feature: str
    link: str
    counts: Counts
    incidents: tuple[IncidentFact, ...]
    features: tuple[FeatureFact, ...]
    shifts: ShiftList
    coverage: tuple[CoverageFact, ...]
    without_judge: dict[str, int]
    costs: CostList
    judges: tuple[JudgeFact, ...]
    markers: tuple[MarkerFact, ...]
    markers_more: int
    dead: tuple[DeadFact, ...]
