"""The JSON of judge versions and a tried rubric. Rates are in [0, 1], times ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluator.api.incident_shapes import Name
from evaluator.api.judge_shapes import WorkView
from evaluator.api.shapes import Interval, OpinionView


class JudgeVersionView(BaseModel):
    """One version of a judge, and what it has done in all time.

    `definition` is what decides its verdicts: a rubric as TOML, anything else as JSON. It is null when the version is
    older than the service keeps definitions, or its judge cannot tell. `first_seen_at` is when the service first had
    it, `first_at` and `last_at` are its first and last verdict. `passes` counts verdicts that passed or failed.
    """

    judge_version: str
    kind: str
    model: str | None
    present: bool
    definition: str | None
    first_seen_at: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    ok: int
    errors: int
    skipped: int
    passes: Interval
    cost_usd: float | None
    work: WorkView | None


class WatchedView(BaseModel):
    """A monitor of a judge's pass rate."""

    monitor_id: str
    feature: str
    judge_version: str
    state: str


class JudgeVersionsView(BaseModel):
    """A judge with its versions, the newest first, and the monitors that watch its pass rates.

    `definition` is that of the judge as it is configured now, `version` null while it cannot judge. `tryable` says that
    it is a rubric.
    """

    name: str
    kind: str
    version: str | None
    model: str | None
    definition: str | None
    tryable: bool
    versions: list[JudgeVersionView]
    monitors: list[WatchedView]


class RubricRequest(BaseModel):
    """A rubric by its name (configured or shipped) or as the text of its TOML file."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = None
    toml: Annotated[str, Field(max_length=200_000)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.name is None) == (self.toml is None):
            raise ValueError("give either name or toml")
        return self


class SampleRequest(RubricRequest):
    """The rubric and a stored sample to be judged by it; without `model` the rubric's own, else the configured one."""

    sample_id: str
    model: str | None = None


class TryRequest(SampleRequest):
    """What is to be judged, once and for money; `by` is who asks."""

    by: Name


class EstimateView(BaseModel):
    """What judging the sample once may cost, nothing taken from a cache; null when a price is not known.

    `skipped` says why nobody would be asked; `cut` counts the characters that would be left out.
    """

    model: str
    version: str
    calls: int
    usd: float | None
    cut: int = 0
    skipped: str = ""


class TriedView(BaseModel):
    """What the rubric said of the sample. Nothing of it is a verdict, and nothing is stored but what it cost.

    `status` is ok, error or skipped; `version` is the one that its verdicts would carry, `model` the one that answered.
    """

    sample_id: str
    rubric: str
    version: str
    status: str
    passed: bool | None
    label: str | None
    score: float | None
    explanation: str | None
    reason: str | None
    model: str | None
    provider: str | None
    votes: int | None
    disagreement: float | None
    escalated: bool | None
    cut: int | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cost_usd: float | None
    duration_ms: float
    opinions: list[OpinionView] = []
