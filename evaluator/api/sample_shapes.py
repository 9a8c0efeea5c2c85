"""What is asked of samples, and the JSON of the answers. Times are ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from evaluator.api.incident_shapes import Name
from evaluator.api.moment import Moment
from evaluator.api.shapes import VerdictView

Asked = Annotated[Annotated[str, Field(max_length=1000)] | None, BeforeValidator(lambda given: given or None)]
"""A text to compare with; an empty one asks for nothing, as in a form."""
MOST = 10**12
"""The largest figure that can be asked for."""
Least = Annotated[float | None, Field(ge=0, le=MOST, allow_inf_nan=False)]
Meta = Annotated[str, Field(pattern="^[^=]+=", max_length=5000)]


class SampleQuery(BaseModel):
    """Which samples. All that is given must hold; `judge` to `label` ask for one verdict that is like that.

    `text`: words that stand in request or response, those between double quotes as one. `id`: an id, or how it begins.
    `user` and `session`: the id as the client knows it, or as it is shown here. `meta`: KEY=VALUE of metadata, as often
    as you like. `min_…`: at least so much; a sample that does not tell is no match. Times are the samples'.
    """

    model_config = ConfigDict(extra="forbid")

    text: Asked = None
    id: Asked = None
    session: Asked = None
    user: Asked = None
    feature: Asked = None
    environment: Asked = None
    model: Asked = None
    provider: Asked = None
    prompt_version: Asked = None
    release: Asked = None
    stop_reason: Asked = None
    has_error: bool | None = None
    source: Asked = None
    sampling_class: Asked = None
    meta: Annotated[list[Meta], Field(max_length=10)] = []
    min_latency_ms: Least = None
    min_output_tokens: Least = None
    min_cost_usd: Least = None
    judge: Asked = None
    judge_version: Asked = None
    passed: bool | None = None
    status: Literal["ok", "error", "skipped"] | None = None
    label: Asked = None
    start: Moment | None = None
    end: Moment | None = None


class SearchQuery(SampleQuery):
    """A search: at most `limit` samples, and on from where the last answer's `next` says."""

    limit: Annotated[int, Field(ge=1, le=200)] = 25
    after: Annotated[str | None, Field(max_length=3000)] = None


class ExportQuery(SampleQuery):
    """An export: at most `limit` samples, the newest ones, as a file."""

    format: Literal["csv", "parquet", "jsonl"] = "csv"
    limit: Annotated[int, Field(ge=1, le=100_000)] = 100_000


class MarkView(BaseModel):
    """How one judgement ended, without its words."""

    judge: str
    judge_version: str
    kind: str
    status: str
    passed: bool | None
    label: str | None
    reason: str | None


class FoundView(BaseModel):
    """A sample in a list: `asked` and `answered` are pieces of its text, around the word that was looked for.

    `size` is the bytes of its texts; `text` as in a sample.
    """

    sample_id: str
    ts: datetime
    feature: str
    environment: str
    session_id: str | None
    model: str | None
    prompt_version: str | None
    release: str | None
    stop_reason: str | None
    error: str | None
    metadata: dict[str, str]
    text: str
    size: int
    asked: str
    answered: str
    verdicts: list[MarkView]


class SearchView(BaseModel):
    """What was found, newest first. All matches that are not older than `searched_until` are among this answer's and
    those before it. `next` goes into `after` to search on; `whole` says that there is nothing left to search.
    """

    samples: list[FoundView]
    next: str | None
    searched_until: datetime | None
    whole: bool


class FacetsView(BaseModel):
    """The values that samples since `since` have, the most frequent ones first, at most 50 each.

    `metadata` by key, `judge_versions` and `labels` by judge.
    """

    since: datetime
    features: list[str]
    environments: list[str]
    models: list[str]
    providers: list[str]
    prompt_versions: list[str]
    releases: list[str]
    stop_reasons: list[str]
    sources: list[str]
    sampling_classes: list[str]
    metadata: dict[str, list[str]]
    judges: list[str]
    judge_versions: dict[str, list[str]]
    labels: dict[str, list[str]]


class TurnView(BaseModel):
    """One sample of a conversation. `said` are the messages of its request that no sample before it told of.

    `system` is given where it differs from the one before. `text` is kept, missing, withheld or expired as in a sample,
    or left_out where the conversation's texts would be too large: GET /v1/samples/{id} has it.
    """

    sample_id: str
    ts: datetime
    feature: str
    model: str | None
    stop_reason: str | None
    error: str | None
    text: str
    incomplete: str | None
    system: Any = None
    said: list[dict[str, Any]]
    response: dict[str, Any] | None
    verdicts: list[VerdictView]


class SessionView(BaseModel):
    """A conversation in order of time; `earlier` and `later` count samples of it that are not among the turns."""

    session_id: str
    turns: list[TurnView]
    earlier: int
    later: int


class JudgeAgainRequest(BaseModel):
    """Who asks, and for which judge; without one, all that apply to the sample judge it."""

    model_config = ConfigDict(extra="forbid")

    by: Name | None = None
    judge: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class AgainView(BaseModel):
    """What came of judging a sample again by one judge.

    `outcome`: verdict (there was none of this version, or it had ended in an error, and now there is), beside (a second
    opinion on a verdict, which stays), aside (a judgement of a sample that was not drawn for this judge: it counts
    nowhere), not_applicable, unavailable, under_way. `flipped`: whether a second opinion decides otherwise.
    """

    judge: str
    judge_version: str
    outcome: Literal["verdict", "beside", "aside", "not_applicable", "unavailable", "under_way"]
    detail: str
    status: str | None = None
    passed: bool | None = None
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    reason: str | None = None
    cost_usd: float | None = None
    flipped: bool | None = None
