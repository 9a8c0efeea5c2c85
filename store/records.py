"""What the store keeps, one frozen record per table. Times are aware UTC, money is USD, rates lie in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]
Clock = Callable[[], datetime]
"""Answers with the time now, aware UTC."""


class Status(StrEnum):
    """How a judgement ended. Only `ok` counts in a pass rate; `error` and `skipped` stay visible beside it."""

    OK = "ok"
    ERROR = "error"
    SKIPPED = "skipped"


class Outcome(StrEnum):
    """What became of one incoming item: the sampler's and the writer's answer, counted per feature."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    RATE = "rate"
    BUDGET = "budget"
    NO_CONTENT = "no_content"
    SELF_TRAFFIC = "self_traffic"
    REJECTED = "rejected"


class TextState(StrEnum):
    """Where a sample's text is. `missing`: the client sent none; `withheld`: a setting keeps it out of the store."""

    KEPT = "kept"
    MISSING = "missing"
    WITHHELD = "withheld"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One production request/response pair that was kept.

    `request` is `{"system": str, "messages": [{"role", "content"}], "tools": [...]}`, `response` is
    `{"content": [block, ...], "stop_reason": str}`; content is a string or a list of Anthropic content blocks.
    `sampling_u` is the session's hash in [0, 1): the sample was kept because it lies below `sampling_probability`.
    `ts_given` is False when the client gave no timestamp and `ts` is ours; then a retry is looked for in a day around
    it. It is not stored. `stop_reason` is in Anthropic's words, `stop_reason_raw` in the client's. `incomplete` says
    why the text is not whole (cut_json, dropped_attributes, truncated, no_response, or a client's own word), None when
    it is. `text_hash` is a keyed hash of the text. `trace_id`, `span_id` and `response_id` are the client's names for
    the call. `length` counts the characters of the answer, `cost_usd` is what the call cost at list price.
    """

    sample_id: str
    ts: datetime
    received_at: datetime
    feature: str
    request: Json = field(default_factory=dict)
    response: Json = field(default_factory=dict)
    environment: str = "production"
    session_id: str | None = None
    user_id: str | None = None
    model: str | None = None
    prompt_version: str | None = None
    release: str | None = None
    stop_reason: str | None = None
    error: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    latency_ms: float | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    source: str = "webhook"
    sampling_class: str = "default"
    sampling_probability: float = 1.0
    sampling_u: float = 0.0
    provider: str | None = None
    stop_reason_raw: str | None = None
    incomplete: str | None = None
    text: TextState = TextState.KEPT
    text_hash: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    length: int | None = None
    cost_usd: float | None = None
    ts_given: bool = field(default=True, compare=False)

    @property
    def characters(self) -> int:
        """About how much text it holds."""
        return _characters(self.request) + _characters(self.response)


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return sum(map(_characters, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One answer of a model for a verdict. `role` is vote, escalation or repeat; the rest is as in a verdict."""

    role: str = "vote"
    via: str = "call"
    provider: str | None = None
    model: str | None = None
    status: Status = Status.OK
    passed: bool | None = None
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judge's result on one sample; (sample_id, ts, judge, judge_version) is its identity.

    `ts`, `feature`, `session_id` and `sampling_class` are the sample's. `judge_probability` is the chance that the
    judge sees it: that it is kept, and judged. `passed` and `score` are None unless status is ok. `reason` names why
    status is error or skipped. `cost_usd` is None when nothing was spent or the price is not known; tokens and cost are
    those of all calls it took. `via` is call, batch or cache (None: no model was asked), `provider` the route that
    answered. With several `votes`, `disagreement` is the share of them that lost. `flipped` says whether a repeat on
    purpose decided otherwise (None: not repeated), `cut` how many characters of the sample the judge did not see. Equal
    `content_hash`es mean equal text was judged. `opinions` are the single answers, where there were several; they are
    not read back with the verdict.
    """

    sample_id: str
    ts: datetime
    judged_at: datetime
    feature: str
    judge: str
    judge_version: str
    kind: str
    status: Status
    session_id: str | None = None
    sampling_class: str = "default"
    judge_probability: float = 1.0
    passed: bool | None = None
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    reason: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: float | None = None
    duration_ms: float | None = None
    via: str | None = None
    provider: str | None = None
    votes: int | None = None
    disagreement: float | None = None
    escalated: bool | None = None
    flipped: bool | None = None
    cut: int | None = None
    content_hash: str | None = None
    opinions: tuple[Opinion, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """From `since` on a judge's rate is its own times `factor`; `reason` is budget, or within (whole again)."""

    judge: str
    since: datetime
    factor: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficCount:
    """How many items of one kind arrived in one 15-minute bucket, kept or not."""

    bucket: datetime
    feature: str
    model: str
    stop_reason: str
    latency_bin: str
    outcome: Outcome
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What a monitor watches: one metric of one judge version on one feature, or of the feature alone (judge "")."""

    feature: str
    judge: str = ""
    judge_version: str = ""
    metric: str = "pass_rate"


@dataclass(frozen=True, slots=True)
class Share:
    """Which votes of a metric count as passes: values of at least `low`, or below `high`, or one of the labels.

    With `others`, all labels but these. Of rates nothing is given: there votes pass or fail by themselves.
    """

    low: float | None = None
    high: float | None = None
    labels: tuple[str, ...] = ()
    others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One watched series and where its watching stands. After a recovery, evidence starts again at `restart_at`."""

    monitor_id: str
    series: Series
    created_at: datetime
    kind: str = "check"
    state: str = "insufficient"
    checked_until: datetime | None = None
    restart_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The frozen reference window [start_at, end_at) of a monitor.

    `origin` is first_window, config, command (a range), release, prompt_version, model or marker.
    """

    monitor_id: str
    version: int
    origin: str
    start_at: datetime
    end_at: datetime
    created_at: datetime
    note: str = ""


class MarkerKind(StrEnum):
    """What happened. `model`, `release` and `prompt_version` are also noticed when they first appear in the traffic."""

    DEPLOY = "deploy"
    MODEL = "model"
    RELEASE = "release"
    PROMPT_VERSION = "prompt_version"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Something that happened at `ts` and may have caused a change; without a feature it concerns all of them.

    `name` is what people read (the release, the prompt version, a sentence); `origin` is api, command or seen.
    """

    marker_id: str
    ts: datetime
    created_at: datetime
    kind: MarkerKind
    name: str
    feature: str | None = None
    origin: str = "api"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCheck:
    """One evaluation of one monitor. `looked_at` is the end of the last bucket seen; rates without data are None.

    Rates and drop speak of one of the metric's shares: its position `reading`, what it `says`, how it is counted.
    """

    monitor_id: str
    looked_at: datetime
    state: str
    reason: str
    votes: float
    log_evidence: float | None
    log_threshold: float
    p_ref: float | None
    p_now: float | None
    drop: float | None
    drop_lo: float | None
    drop_hi: float | None
    onset_at: datetime | None
    onset_lo_at: datetime | None
    onset_hi_at: datetime | None
    flags: tuple[str, ...] = ()
    reading: int = 0
    says: str | None = None
    share: Share = Share()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One regression from firing to resolved. `evidence` is what the message says: see evaluator.alerts.evidence."""

    alert_id: str
    monitor_id: str
    state: str
    fired_at: datetime
    resolved_at: datetime | None
    evidence: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event owed to one channel, and how far it got. `event_id` is the receiver's idempotency key.

    `state` is pending, delivered, dead (given up) or skipped (a later event of its incident says more); `seq` is the
    order in which they came to be owed. A report and a test belong to no incident.
    """

    event_id: str
    channel: str
    event: str
    state: str
    created_at: datetime
    next_attempt_at: datetime
    seq: int = 0
    incident_id: str | None = None
    alert_id: str = ""
    attempts: int = 0
    delivered_at: datetime | None = None
    last_error: str | None = None
