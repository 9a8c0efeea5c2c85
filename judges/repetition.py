"""Does the response repeat itself?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from judges.judge import Judgement, decided
from judges.loops import loop_in
from judges.text import response_text, shorten
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same response may get another verdict than before: it is part of every version."""


class NotRepeatingConfig(ValidatorConfig):
    """A judge of kind "not_repeating": the response does not end in a loop, nor is it one line again and again."""

    kind: Literal["not_repeating"] = Field(
        description="The response must not end in a loop, nor mostly be one line again and again."
    )


def build(config: NotRepeatingConfig) -> Validator:
    """The validator of a definition."""
    return config.validator("check", {"check": config.kind, "semantics": SEMANTICS}, _decide)


def _decide(sample: Sample) -> Judgement:
    loop = loop_in(response_text(sample))
    if loop is None:
        return decided(True, "The response is caught in no loop.")
    return decided(False, f"The response repeats {shorten(loop.piece)!r} {loop.times} times.")
