"""Rubrics: versioned criteria in TOML files that an LLM judge decides by."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from judges.errors import JudgeConfigError
from judges.judge import version_of
from judges.models import require_pinned, traits
from store.fields import require_known

JudgeName = Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,60}$")]
Rate = Annotated[float, Field(ge=0.0, le=1.0)]
Effort = Literal["low", "medium", "high"]
Text = Annotated[str, Field(min_length=1)]
Label = Annotated[str, Field(pattern=r"^[\w][\w .+/-]{0,39}$")]
Usd = Annotated[float, Field(gt=0)]

PASS, FAIL = "PASS", "FAIL"
FOLDER = "rubrics"


def _pinned(model: str) -> str:
    try:
        return require_pinned(model)
    except JudgeConfigError as error:
        raise ValueError(str(error)) from None


PinnedModel = Annotated[str, AfterValidator(_pinned)]
Fields = Annotated[dict[str, str], AfterValidator(require_known)]


class RubricConfig(BaseModel):
    """A judge of kind "rubric" in leadline.toml: an LLM that answers the rubric's question about each sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["rubric"] = Field(description="An LLM judge that decides by a rubric.")
    name: JudgeName = Field(description="Name of the judge in verdicts and monitors.")
    file: Path | None = Field(None, description="The rubric's TOML file; without it, the shipped rubric called `name`.")
    features: tuple[str, ...] = Field(("*",), description="Globs of the features it judges.")
    rate: Rate | None = Field(
        None, description="Share of sessions it judges; without it, the rubric's, then judge.llm_rate."
    )
    incomplete: bool = Field(False, description="Whether it also judges samples whose text is not whole.")
    model: PinnedModel | None = Field(None, description="Pinned model id; without it, the rubric's, then judge.model.")
    batch: bool | None = Field(
        None, description="Judge in nightly batches at half the price; without it, as the rubric says."
    )
    usd_per_day: Usd | None = Field(None, description="Most USD it may spend in a UTC day; without it, no limit.")
    usd_per_week: Usd | None = Field(None, description="Most USD it may spend from Monday to Sunday, UTC.")


class Example(BaseModel):
    """One worked example: what was asked and answered, the right label, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    response: str
    label: str
    explanation: Text


class Escalation(BaseModel):
    """Which stronger model is asked in addition, and when: the judge says it is unsure, votes split, or it failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: PinnedModel
    when: tuple[Literal["uncertain", "split", "error"], ...] = ("uncertain", "split")
    effort: Effort = "low"


class Rubric(BaseModel):
    """A criterion as its TOML file states it.

    Either `labels` maps each label to when it applies, and `passing` names those that pass (PASS, unless said), or
    `scale` does so from worst to best, and `passes_from` names the first step that passes. Samples that lack what it
    `needs` are skipped. A `conversation` rubric is asked once about a session that was quiet for `quiet_minutes`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: JudgeName
    question: Text
    instructions: str = ""
    labels: dict[Label, Text] = Field(default_factory=dict)
    scale: dict[Label, Text] = Field(default_factory=dict)
    passing: tuple[str, ...] = (PASS,)
    passes_from: str | None = None
    examples: tuple[Example, ...] = ()
    applies_to: Fields = Field(default_factory=dict)
    needs: tuple[Literal["context", "tools"], ...] = ()
    rate: Rate | None = None
    model: PinnedModel | None = None
    effort: Effort = "low"
    votes: int = Field(1, ge=1, le=9)
    escalation: Escalation | None = None
    conversation: bool = False
    quiet_minutes: float = Field(30.0, gt=0)
    batch: bool = False

    @field_validator("votes")
    @classmethod
    def _no_draw(cls, votes: int) -> int:
        if votes % 2 == 0:
            raise ValueError("must be odd, so that one side wins")
        return votes

    @model_validator(mode="after")
    def _one_kind_of_answer(self) -> Self:
        if bool(self.labels) == bool(self.scale):
            raise ValueError("give either `labels` or `scale`, at least two of them")
        if len(self.choices) < 2:
            raise ValueError("an answer needs at least two labels or steps")
        if self.scale and self.passes_from not in list(self.scale)[1:]:
            raise ValueError("`passes_from` must name a step of the scale, not the worst one")
        if self.scale and "passing" in self.model_fields_set:
            raise ValueError("`passing` goes with `labels`; a scale has `passes_from`")
        if self.labels and self.passes_from is not None:
            raise ValueError("`passes_from` goes with a scale; labels have `passing`")
        if len({choice.casefold() for choice in self.choices}) < len(self.choices):
            raise ValueError("two labels differ only in upper and lower case")
        if self.labels and not (set(self.passing) < set(self.labels) and self.passing):
            raise ValueError("`passing` must name some of the labels and not all; only with PASS may it be left out")
        return self

    @property
    def choices(self) -> Mapping[str, str]:
        """Each label or step with its meaning, a scale from worst to best."""
        return self.labels or self.scale

    def score(self, label: str) -> float:
        """The label's place in [0, 1]: steps of a scale are spread evenly, other labels pass (1) or fail (0)."""
        if self.scale:
            return list(self.scale).index(label) / (len(self.scale) - 1)
        return float(label in self.passing)

    def passes(self, label: str) -> bool:
        """Whether a verdict with this label is a pass."""
        if self.scale:
            steps = list(self.scale)
            return steps.index(label) >= steps.index(str(self.passes_from))
        return label in self.passing

    def version(self, *, model: str, template: str) -> str:
        """The judge version: a hash of everything here that can change a verdict, with the model and the template."""
        elsewhere = {"name", "model", "applies_to", "rate", "batch", "labels", "scale"}
        deciding = self.model_dump(mode="json", exclude=elsewhere) | {"choices": list(self.choices.items())}
        if not self.conversation:
            del deciding["quiet_minutes"]
        if not traits(model).effort:
            del deciding["effort"]
        return version_of({**deciding, "model": model, "template": template})


def load(path: Path) -> Rubric:
    """The rubric in a TOML file; JudgeConfigError names the file and each thing that is wrong in it."""
    try:
        return parse(path.read_text(encoding="utf-8"), source=str(path))
    except OSError as error:
        raise JudgeConfigError(f"Rubric {path} cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise JudgeConfigError(f"Rubric {path} is not UTF-8 text. Save it as UTF-8.") from error


def shipped_texts() -> dict[str, str]:
    """The TOML of every rubric that comes with Leadline, by its name."""
    folder = files("judges").joinpath(FOLDER)
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in found}


def shipped(name: str) -> Rubric:
    """A rubric that comes with Leadline, by its name."""
    found = shipped_texts()
    if name not in found:
        raise JudgeConfigError(f"No rubric called {name!r} is shipped (there is: {', '.join(found)}). Give `file`.")
    return parse(found[name], source=name)


def parse(text: str, *, source: str) -> Rubric:
    """A rubric from TOML text; `source` names it in errors."""
    try:
        rubric = Rubric.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise JudgeConfigError(f"Rubric {source} is not TOML: {error}.") from error
    except RecursionError:
        raise JudgeConfigError(f"Rubric {source} cannot be used: its tables or lists are nested too deeply.") from None
    except ValidationError as error:
        raise JudgeConfigError(f"Rubric {source} cannot be used: {_problems(error)}.") from error
    if stray := sorted({example.label for example in rubric.examples} - set(rubric.choices)):
        raise JudgeConfigError(f"Rubric {source}: an example has the label {stray[0]!r}, which the rubric has not.")
    return rubric


def _problems(error: ValidationError) -> str:
    def say(place: tuple[int | str, ...], kind: str, message: str) -> str:
        field = ".".join(map(str, place)) or "rubric"
        return f"{field}: not a known key" if kind == "extra_forbidden" else f"{field}: {message}"

    return "; ".join(say(item["loc"], item["type"], item["msg"]) for item in error.errors())
