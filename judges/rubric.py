"""Rubrics: versioned criteria in TOML files that an LLM judge decides by."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from judges.errors import JudgeConfigError
from judges.judge import version_of
from judges.models import require_pinned

JudgeName = Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,60}$")]
Rate = Annotated[float, Field(ge=0.0, le=1.0)]
Effort = Literal["low", "medium", "high"]
Text = Annotated[str, Field(min_length=1)]

PASS, FAIL = "PASS", "FAIL"


def _pinned(model: str) -> str:
    try:
        return require_pinned(model)
    except JudgeConfigError as error:
        raise ValueError(str(error)) from None


PinnedModel = Annotated[str, AfterValidator(_pinned)]


class RubricConfig(BaseModel):
    """A judge of kind "rubric" in leadline.toml: an LLM that answers the rubric's question about each sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["rubric"] = Field(description="An LLM judge that decides by a rubric.")
    name: JudgeName = Field(description="Name of the judge in verdicts and monitors.")
    file: Path | None = Field(None, description="The rubric's TOML file; without it, the shipped rubric called `name`.")
    features: tuple[str, ...] = Field(("*",), description="Globs of the features it judges.")
    rate: Rate | None = Field(None, description="Share of sessions it judges; without it, judge.llm_rate.")
    incomplete: bool = Field(False, description="Whether it also judges samples whose text is not whole.")
    model: PinnedModel | None = Field(None, description="Pinned model id; without it, the rubric's, then judge.model.")


class Example(BaseModel):
    """One worked example: what was asked and answered, the right label, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    response: str
    label: str
    explanation: Text


class Rubric(BaseModel):
    """A criterion as its TOML file states it; `labels` maps each label to when it applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: JudgeName
    question: Text
    instructions: str = ""
    labels: dict[str, Text]
    examples: tuple[Example, ...] = ()
    model: PinnedModel | None = None
    effort: Effort = "low"

    @field_validator("labels")
    @classmethod
    def _pass_or_fail(cls, labels: dict[str, str]) -> dict[str, str]:
        if set(labels) != {PASS, FAIL}:
            raise ValueError(f"must be exactly {PASS} and {FAIL}: scales and other labels are not supported")
        return labels

    def version(self, *, model: str, template: str) -> str:
        """The judge version: a hash of everything here that can change a verdict, with the model and the template."""
        deciding = self.model_dump(mode="json", exclude={"name", "model"})
        return version_of({**deciding, "labels": list(self.labels.items()), "model": model, "template": template})


def load(path: Path) -> Rubric:
    """The rubric in a TOML file; JudgeConfigError names the file and each thing that is wrong in it."""
    try:
        return parse(path.read_text(encoding="utf-8"), source=str(path))
    except OSError as error:
        raise JudgeConfigError(f"Rubric {path} cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise JudgeConfigError(f"Rubric {path} is not UTF-8 text. Save it as UTF-8.") from error


def shipped(name: str) -> Rubric:
    """A rubric that comes with Leadline, by its name."""
    folder = files("judges").joinpath("rubrics")
    found = {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}
    if name not in found:
        known = ", ".join(sorted(found))
        raise JudgeConfigError(f"No rubric called {name!r} is shipped (there is: {known}). Give `file`.")
    return parse(found[name].read_text(encoding="utf-8"), source=name)


def parse(text: str, *, source: str) -> Rubric:
    """A rubric from TOML text; `source` names it in errors."""
    try:
        rubric = Rubric.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise JudgeConfigError(f"Rubric {source} is not TOML: {error}.") from error
    except ValidationError as error:
        raise JudgeConfigError(f"Rubric {source} cannot be used: {_problems(error)}.") from error
    if stray := sorted({example.label for example in rubric.examples} - set(rubric.labels)):
        raise JudgeConfigError(f"Rubric {source}: an example has the label {stray[0]!r}, which `labels` does not list.")
    return rubric


def _problems(error: ValidationError) -> str:
    def say(place: tuple[int | str, ...], kind: str, message: str) -> str:
        field = ".".join(map(str, place))
        return f"{field}: not a known key" if kind == "extra_forbidden" else f"{field}: {message}"

    return "; ".join(say(item["loc"], item["type"], item["msg"]) for item in error.errors())
