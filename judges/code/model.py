"""Does the response hold JSON that a Pydantic model of the user's accepts? The model lives in a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from judges.code.config import WorkerConfig
from judges.code.judge import CodeJudge, Rules
from judges.code.process import Answer
from judges.code.returned import Passing
from judges.json_texts import ON, On, absent, json_texts
from judges.judge import Judgement, decided, skipped, version_of
from judges.strict_json import NotJsonError
from judges.text import shorten
from judges.validator import unanswered
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same model and text may get another verdict than before: it is part of every version."""
SHOWN_CHARACTERS = 160


class PydanticConfig(WorkerConfig):
    """A judge of kind "pydantic": the response's JSON, or a tool call's input, must be what a model accepts."""

    kind: Literal["pydantic"] = Field(
        description="JSON that a Pydantic model of yours must accept, in a worker process."
    )
    model: str = Field(description="The model, as module:Model.", pattern=r"^[\w.]+:[\w.]+$")
    on: On = Field("text", description=ON)
    tool: str | None = Field(None, description="Name of the tool whose input must fit; only with on = tool_input.")
    required: bool = Field(True, description="A response without the call or the block fails; false skips it instead.")
    strict: bool = Field(False, description="Whether nothing is converted: then the text '7' is no number.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.on == "tool_input") != (self.tool is not None):
            raise ValueError('give `tool` together with on = "tool_input", and only then')
        return self


class ModelJudge(CodeJudge):
    """Finds the JSON in a response, and asks the model in a worker process about it."""

    kind = "schema"
    what = "model"

    def __init__(self, config: PydanticConfig, version: str, rules: Rules) -> None:
        rate = 1.0 if config.rate is None else config.rate
        super().__init__(config.name, version, rules, features=config.features, rate=rate, incomplete=config.incomplete)
        self._config = config

    async def judge(self, sample: Sample) -> Judgement:
        """What the model says of the JSON; a crash or a hang of its validators is an error verdict."""
        if (missing := unanswered(sample)) is not None:
            return missing
        config = self._config
        try:
            texts = list(json_texts(sample, config.on, config.tool))
        except NotJsonError as error:
            return decided(False, f"Not JSON: {error}.")
        if not texts:
            lacking = absent(config.tool)
            return decided(False, lacking) if config.required else skipped("nothing_to_validate", lacking)
        return await self._asked({"texts": texts, "strict": config.strict})

    def _judgement(self, answer: Answer) -> Judgement:
        if "returned" not in answer:
            return super()._judgement(answer)
        problems, count = answer["returned"]["problems"], answer["returned"]["count"]
        if not problems:
            return decided(True, f"The JSON is what {self._config.model} accepts.")
        if problems[0][0] == "json_invalid":
            return decided(False, f"Not JSON: {shorten(problems[0][2], SHOWN_CHARACTERS)}.")
        shown = "; ".join(f"{_place(place)}: {shorten(said, SHOWN_CHARACTERS)}" for _, place, said in problems)
        more = f"; and {count - len(problems)} more" if count > len(problems) else ""
        return decided(False, f"{shown}{more}.")


def build(config: PydanticConfig, environ: Mapping[str, str]) -> ModelJudge:
    """The judge of a definition; JudgeConfigError when a worker cannot import the model, or it is none."""
    program = config.program(config.model, environ, model=True)
    source = config.source(program)
    deciding: dict[str, Any] = config.model_dump(
        mode="json", include={"kind", "model", "on", "tool", "required", "strict"}
    )
    deciding |= {"semantics": SEMANTICS, "version": config.version, "source": source}
    rules = Rules(
        program=program,
        source=source,
        deciding=deciding,
        passing=Passing(),
        timeout_seconds=config.timeout_seconds,
        workers=config.workers,
    )
    return ModelJudge(config, version_of(deciding), rules)


def _place(steps: Sequence[int | str]) -> str:
    return shorten("".join(f"/{step}" for step in steps) or "(root)", SHOWN_CHARACTERS)
