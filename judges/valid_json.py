"""Is the response, or its fenced block, JSON that all readers understand alike?"""

from __future__ import annotations

from functools import partial
from typing import Literal

from pydantic import Field

from judges.json_texts import absent, json_texts
from judges.judge import Judgement, decided
from judges.strict_json import NotJsonError, loads
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same definition and text may get another verdict than before: it is part of every version."""
_TYPES: dict[str, type] = {"object": dict, "array": list, "any": object}


class ValidJsonConfig(ValidatorConfig):
    """A judge of kind "valid_json": the response is JSON, whatever it says."""

    kind: Literal["valid_json"] = Field(description="JSON without a schema: it must parse, strictly.")
    on: Literal["text", "fenced"] = Field(
        "text", description="text: the whole response is JSON; fenced: its first ```json block, or its only fenced one."
    )
    top: Literal["any", "object", "array"] = Field("any", description="What the outermost value must be.")


def build(config: ValidJsonConfig) -> Validator:
    """The validator of a definition."""
    deciding = {"check": config.kind, "on": config.on, "top": config.top, "semantics": SEMANTICS}
    return config.validator("check", deciding, partial(_decide, config))


def _decide(config: ValidJsonConfig, sample: Sample) -> Judgement:
    texts = list(json_texts(sample, config.on, None))
    if not texts:
        return decided(False, absent(None))
    try:
        value = loads(texts[0])
    except NotJsonError as error:
        return decided(False, f"Not JSON: {error}.")
    if not isinstance(value, _TYPES[config.top]):
        return decided(False, f"The JSON is no {config.top} but {_named(value)}.")
    return decided(True, "The response is JSON.")


def _named(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return "null" if value is None else "a plain value"
