"""The JSON that the read API answers with. Rates are in [0, 1], times ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from evaluator.api.alert_shapes import AlertView
from evaluator.api.baseline_shapes import Collecting, Predecessor
from evaluator.api.rule_shapes import RuleView
from evaluator.api.turns import Yielding


class Interval(BaseModel):
    """A rate (of all traffic, where votes weigh differently) with its n votes and 95 % interval; null when n is 0."""

    n: float
    rate: float | None
    lo: float | None
    hi: float | None


class Bounded(Interval):
    """A rate, and what it would be had all the `unscored` (failed or waiting) failed or passed; null without any."""

    unscored: float
    worst: float | None
    best: float | None


class Detectable(BaseModel):
    """The smallest change for the worse (in rate) found half of the time within `days` at today's volume, or null."""

    days: int
    drop: float | None


class MarkerView(BaseModel):
    """Something that may have caused a change. `kind`: deploy, model, release, prompt_version, other.

    Without a feature it concerns all; `origin` is api or command when somebody told it, seen when it first appeared in
    the traffic. `created_at` is since when it is known.
    """

    marker_id: str
    ts: datetime
    created_at: datetime
    kind: str
    name: str
    feature: str | None
    origin: str
    note: str


class MarkerFit(BaseModel):
    """The marker nearest to an onset. `fit`: inside its interval, before it (a poor fit), after it (too late).

    `timing` says it in words, `in_words` with the marker's name in front; the rest is as in MarkerView.
    """

    kind: str
    name: str
    feature: str | None
    origin: str
    ts: datetime
    fit: str
    timing: str
    in_words: str


class MonitorBrief(BaseModel):
    """What a monitor watches and how it stands.

    `state`: insufficient (no baseline yet), ok, pending (near its threshold; nobody is told), firing, acknowledged,
    no_data, judge_broken, superseded. `metric` is what it watches (docs/monitors.md); `judge` is empty where that
    belongs to the feature alone.
    """

    monitor_id: Yielding
    feature: str
    judge: str
    kind: str
    metric: str
    state: str
    checked_until: datetime | None
    baseline_start: datetime | None
    votes_per_day: float


class MonitorView(MonitorBrief):
    """One monitor with its last check. Rates are the share that `says` names, null where the baseline has given none
    yet; an alarm may speak of another share. `bad` is its worse direction, `min_drop` the least change that raises an
    alert; drops are positive when it got worse, in rate (0.05 is 5 points), `drop_refreshed` since the alarm.
    `log_evidence` and `log_threshold` are natural logarithms. `current` is since the onset when firing, else of the
    last 24 hours; `recent` is one interval a UTC day from `recent_from` on, for 14 days; of the baseline only errors
    count as unscored. `reference_votes`: its and those since.
    """

    judge_version: str
    says: str
    bad: Literal["down", "up"]
    min_drop: float
    reason: str
    baseline: Bounded | None
    baseline_end: datetime | None
    baseline_origin: str | None
    current: Bounded
    recent: list[Interval]
    log_evidence: float | None
    log_threshold: float | None
    drop: float | None
    drop_lo: float | None
    drop_hi: float | None
    drop_refreshed: float | None = None
    drop_refreshed_lo: float | None = None
    drop_refreshed_hi: float | None = None
    onset: datetime | None
    onset_lo: datetime | None
    onset_hi: datetime | None
    marker: MarkerFit | None = None
    detectable: list[Detectable]
    reference_votes: float = 0.0
    recent_from: date | None = None
    alert_id: str | None
    flags: list[str]
    predecessor: Predecessor | None = None
    collecting: Collecting | None = None
    incident_id: str | None = None
    severity: str | None = None
    acknowledged_by: str | None = None

    @property
    def fires(self) -> bool:
        """Whether it has an alert that is not over, seen to or not."""
        return self.state in ("firing", "acknowledged")


class SeriesPoint(Bounded):
    """One step of a series, `start` its beginning; `errors` are those of the unscored that failed."""

    start: datetime
    errors: float


class SeriesView(BaseModel):
    """A share's history in steps of `step_minutes`, `before` of the predecessor's last days; evidence look by look."""

    monitor: MonitorView
    step_minutes: int
    points: list[SeriesPoint]
    before: list[SeriesPoint] = []
    evidence: list[EvidencePoint]


class EvidencePoint(BaseModel):
    looked_at: datetime
    log_evidence: float | None
    log_threshold: float


class SourceView(BaseModel):
    """What one kind of client sent for one feature; `hints` say what to switch on there when text is lacking."""

    feature: str
    source: str
    samples: int
    without_text: int
    incomplete: dict[str, int]
    last_at: datetime
    hints: list[str]


class IntakeView(BaseModel):
    """The clients of the last `hours`, and parts of calls that still wait for the rest."""

    hours: float
    sources: list[SourceView]
    parts_waiting: int
    oldest_part_seconds: float | None


class Finding(BaseModel):
    """One thing that `leadline doctor` looked at. `level`: ok, hint, problem; `fix` says what to do, when anything."""

    area: str
    level: str
    what: str
    fix: str = ""


class OpinionView(BaseModel):
    """One answer of a model among several for a verdict; `role` is vote, escalation or repeat."""

    role: str
    via: str
    provider: str | None
    model: str | None
    status: str
    passed: bool | None
    score: float | None
    label: str | None
    explanation: str | None
    reason: str | None
    cost_usd: float | None


class VerdictView(BaseModel):
    """One verdict. `via` is call, batch or cache; `cut` counts characters of the sample that the judge did not see.

    `flipped` says whether a repeat on purpose decided otherwise; `opinions` are the single answers, if several.
    """

    sample_id: str
    ts: datetime
    judged_at: datetime
    feature: str
    judge: str
    judge_version: str
    kind: str
    status: str
    judge_probability: float = 1.0
    passed: bool | None
    score: float | None
    label: str | None
    explanation: str | None
    reason: str | None
    model: str | None
    provider: str | None = None
    via: str | None = None
    votes: int | None = None
    disagreement: float | None = None
    escalated: bool | None = None
    flipped: bool | None = None
    cut: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: float | None
    duration_ms: float | None
    opinions: list[OpinionView] = []


class SampleView(BaseModel):
    """One sample with its texts and, where asked for, its verdicts.

    `text` is kept, missing (the client sent none), withheld (a setting) or expired; `incomplete` says why it is not
    whole. `input_tokens` excludes what the cache gave or took. `user_id` is a keyed hash.
    """

    sample_id: str
    ts: datetime
    received_at: datetime
    feature: str
    environment: str
    session_id: str | None
    user_id: str | None = None
    model: str | None
    prompt_version: str | None
    release: str | None
    stop_reason: str | None
    stop_reason_raw: str | None = None
    error: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    latency_ms: float | None
    metadata: dict[str, str]
    sampling_class: str
    sampling_probability: float
    request: dict[str, Any] | None
    response: dict[str, Any] | None
    reference: str | None
    source: str = "webhook"
    provider: str | None = None
    text: str = "kept"
    incomplete: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    verdicts: list[VerdictView]


class BatchView(BaseModel):
    """Requests that were submitted to the provider together. `state`: submitting, in_progress, ended, failed.

    Counts are known when it has ended; money is in USD at the price of batches. `detail` says what is in its way.
    """

    id: str
    provider_id: str | None
    judge: str
    judge_version: str
    state: str
    requests: int
    succeeded: int | None
    errored: int | None
    expired: int | None
    canceled: int | None
    estimate_usd: float | None
    spent_usd: float | None
    submitted_at: datetime
    ended_at: datetime | None
    age_seconds: float
    detail: str


class SummaryRow(Bounded):
    """Verdicts of one judge on one feature: n judged, and their pass rate; errors and skipped stay outside it.

    `waiting` samples were chosen and have no verdict yet: with the errors they are the unscored.
    """

    feature: str
    judge: str
    judge_version: str
    kind: str
    passed: float
    errors: int
    skipped: int
    waiting: int = 0


class CheckReport(BaseModel):
    """One look at every monitor and plain rule: what fired at this look, and each one's state after it."""

    looked_at: datetime
    monitors: list[MonitorView]
    rules: list[RuleView] = []
    firing: list[AlertView]
    fired: list[str]
    resolved: list[str]


class ItemResult(BaseModel):
    """What became of one item: accepted, duplicate, rate, ..., rejected; `error` says why it was rejected."""

    index: int
    id: str | None
    outcome: str
    error: str | None = None


class IngestReport(BaseModel):
    accepted: int
    duplicate: int
    not_kept: int
    rejected: int
    items: list[ItemResult]


class SpanView(BaseModel):
    """What something is likely to be, and between which bounds."""

    low: float
    likely: float
    high: float


class QuoteView(BaseModel):
    """USD per day with one model, judged live and in batches; null when its price is not known.

    `hit_rate` is the share of calls that find the prefix in the provider's cache, null where it is too short for it.
    """

    model: str
    live: SpanView | None
    batch: SpanView | None
    hit_rate: float | None


class RubricCost(BaseModel):
    """What a rubric would cost per day at a rate. The first quote is that of its own model.

    `judgements` (per day, those that are paid for) is null when nothing was stored that it could judge. Tokens are per
    call; `sources` says of each figure where it comes from.
    """

    name: str
    version: str
    rates: dict[str, float]
    days: float
    eligible: int
    prompts: int
    judgements: SpanView | None
    prefix_tokens: SpanView
    sample_tokens: SpanView | None
    answer_tokens: SpanView
    votes: int
    repeat_rate: float
    quotes: list[QuoteView]
    sources: list[str]
