"""The JSON of judges, coverage and costs. Rates are in [0, 1], times ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from evaluator.api.shapes import Interval
from evaluator.api.turns import Yielding


class BudgetView(BaseModel):
    """Spend against a limit, in USD per UTC day and from Monday to Sunday; a limit that is null is none."""

    usd_per_day: float | None
    spent_today: float
    usd_per_week: float | None
    spent_week: float


class SpendView(BaseModel):
    """USD of the last 24 hours, 7 and 30 days; null when a price is unknown."""

    last_24_hours: float | None
    last_7_days: float | None
    last_30_days: float | None


class WorkView(BaseModel):
    """An LLM judge version at work in the last 30 days; shares are of its verdicts, null without any.

    `flips`: of the verdicts that were repeated on purpose, the share that was decided otherwise. `cache_hit_rate` is
    the share of prompt tokens that the provider's cache gave, `reused` the share of verdicts given before on the same
    content. `usd_mean` and `usd_p95` are per verdict, `ms_p50` and `ms_p95` how long one took, votes, retries and the
    wait for a rate limit included; batches and what was reused are left out.
    """

    verdicts: int
    flips: Interval
    disagreement: float | None
    cache_hit_rate: float | None
    reused: float | None
    escalated: float | None
    usd_mean: float | None
    usd_p95: float | None
    ms_p50: float | None = None
    ms_p95: float | None = None


class JudgeView(BaseModel):
    """One judge. `state`: ready, not_configured, stopped, unavailable; `detail` says what to do about it.

    `reason` is why it is unavailable: budget, rate_limited, circuit_open, timeout …

    Counts are of all time and versions. `error_reasons` and `skip_reasons` are of its present version in the last 30
    days. Its rate is multiplied by `factor` where a budget bites. `total_budget` holds for all judges together. `hint`
    says what would make it cheaper.
    """

    name: str
    version: str | None
    kind: str
    features: list[str]
    rate: float
    state: str
    reason: str = ""
    detail: str
    ok: int
    errors: int
    skipped: int
    pending: int
    oldest_waiting_seconds: float | None = None
    batch: bool = False
    factor: float = 1.0
    cost_usd: float | None
    spend: SpendView | None = None
    budget: BudgetView | None = None
    total_budget: BudgetView | None = None
    work: WorkView | None = None
    error_reasons: dict[str, int] = {}
    skip_reasons: dict[str, int] = {}
    hint: str = ""


class ProviderView(BaseModel):
    """One provider of the LLM judges' models. `circuit`: closed (it is asked), open (it is left alone), half_open.

    `error_rate` is of its calls in the breaker's window, `why` what the last one failed with; `stopped` says what it
    refuses us for until somebody mends that; `waiting` calls wait for their turn under its rate limits.
    """

    name: str
    circuit: str
    circuit_for_seconds: float
    error_rate: float | None
    next_probe_in_seconds: float | None
    why: str
    stopped: list[str]
    waiting: int


class CoverageRow(BaseModel):
    """What became of one feature's traffic: outcome = accepted, duplicate, rate, no_content, rejected, ..."""

    feature: str
    outcome: str
    n: int


class JudgeCoverage(BaseModel):
    """How many verdicts of one judge version on one feature ended so."""

    feature: str
    judge: str
    judge_version: Yielding
    status: str
    reason: str | None
    n: int


class CoverageDay(BaseModel):
    """One feature at one judge on one UTC day: each count is what is left of the one before it, by the reasons between.

    arrived → `not_kept` (rate, duplicate, self_traffic …) → kept → `no_text` (missing, withheld, expired, incomplete) →
    with_text → applies (its features and fields) → `not_chosen` (rate, budget, or a conversation still talking) →
    chosen → ok, `errors` and `skipped` by reason, waiting, or overdue (waited so long that nobody looks for it). Only
    the judge's present version counts. A judge of conversations counts these, by their last samples: all that arrived
    were kept, for `not_kept` is of samples. `expected` is what the rate alone would choose.
    """

    day: date
    feature: str
    judge: str
    judge_version: Yielding
    kind: str
    arrived: int
    not_kept: dict[str, int]
    kept: int
    no_text: dict[str, int]
    with_text: int
    applies: int
    not_chosen: dict[str, int]
    chosen: int
    ok: int
    errors: dict[str, int]
    skipped: dict[str, int]
    waiting: int
    overdue: int
    expected: float


class CoverageView(BaseModel):
    """Traffic by outcome, verdicts of every judge version by how they ended, and `days`, which tells the whole way."""

    traffic: list[CoverageRow]
    judges: list[JudgeCoverage]
    oldest_pending_seconds: float | None
    days: list[CoverageDay] = []


class CostRow(BaseModel):
    """Spend of one judge on one feature and UTC day, and the mean per verdict; null when a price is unknown.

    Trials of rubrics are told as the judge "(trials)", without a feature. What judging samples again cost beside their
    verdicts is the judge's, and adds no verdict. Of the verdicts, `reused` were given again on equal content and cost
    nothing, `batched` came in batches for `batched_usd`, which is half of what they cost otherwise, and
    `unpriced` have tokens and no known price: `known_usd` is what the others cost.
    """

    day: str
    feature: str
    judge: str
    verdicts: int
    usd: float | None
    usd_per_verdict: float | None = None
    known_usd: float
    reused: int = 0
    batched: int = 0
    batched_usd: float = 0.0
    unpriced: int = 0
