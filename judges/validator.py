"""A judge that needs no model: a pure function from a sample to a judgement, with its name, version and features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from judges.judge import Judgement, skipped, version_of
from judges.rubric import JudgeName, Rate
from store.records import Sample

Decide = Callable[[Sample], Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """A judge around `decide`. What never got an answer (a request that failed) is skipped, not failed.

    Its version is a hash of `deciding`.
    """

    name: str
    version: str
    kind: str
    features: tuple[str, ...]
    rate: float
    incomplete: bool
    decide: Decide
    deciding: Mapping[str, Any] = field(default_factory=dict)
    waits: ClassVar[bool] = False
    at_once: ClassVar[int | None] = None

    async def judge(self, sample: Sample) -> Judgement:
        return unanswered(sample) or self.decide(sample)


def unanswered(sample: Sample) -> Judgement | None:
    """The judgement on what never got an answer; None when there is one to judge."""
    if sample.error and not sample.response.get("content"):
        return skipped("request_error", "The request failed, so there is no response to judge.")
    return None


class ValidatorConfig(BaseModel):
    """What the definitions of all validators share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: JudgeName = Field(description="Name of the judge in verdicts and monitors.")
    features: tuple[str, ...] = Field(("*",), description="Globs of the features it judges.")
    rate: Rate | None = Field(None, description="Share of sessions it judges; without it, every kept one.")

    incomplete: bool = Field(False, description="Whether it also judges samples whose text is not whole.")

    def validator(self, kind: str, deciding: Mapping[str, Any], decide: Decide) -> Validator:
        """The judge of this definition; `deciding` is all that can change a verdict."""
        told = {"kind": kind, **deciding}
        return Validator(
            name=self.name,
            version=version_of(told),
            kind=kind,
            features=self.features,
            rate=1.0 if self.rate is None else self.rate,
            incomplete=self.incomplete,
            decide=decide,
            deciding=told,
        )
