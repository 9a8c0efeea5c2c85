"""Numbers of the response that the request and its context do not hold. A rough guess: a sum is not known to be one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Literal

from pydantic import Field

from judges.fences import masked
from judges.figures import Number, numbers_in, rounded, words_in
from judges.judge import Judgement, decided, skipped
from judges.text import given_text, response_text
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same definition and sample may get another verdict than before: it is part of every version."""
SHOWN = 3
MOST_CHARACTERS = 500_000
"""Of request and response each; what follows is not read."""
_YEARS = range(1900, 2101)
_LIST_NUMBER = re.compile(r"(?m)^[ \t]{0,20}(?:[#*>-]{1,6}[ \t]{1,4})?(?:\*\*)?[(\[]?\d{1,3}[.):\]]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|º|ª|er|ère|e)\b", re.IGNORECASE)
_LINKS = re.compile(r"https?://\S{1,2000}|<[A-Z0-9_]{1,60}_[0-9]{1,9}>|\[\^?[0-9]{1,3}\]")


class KnownNumbersConfig(ValidatorConfig):
    """A judge of kind "known_numbers": the response's numbers stand in the request or its context."""

    kind: Literal["known_numbers"] = Field(
        description="Numbers of the response stand in the request or its context, by heuristics."
    )
    least_context: int = Field(
        500, ge=0, description="Characters of request below which there is no context to compare with: skipped."
    )
    ignore_below: int = Field(20, ge=0, description="Whole numbers below it are ignored: counts, steps, small talk.")
    years: bool = Field(False, description="Whether years from 1900 to 2100 must stand there too.")
    rounding: bool = Field(True, description="Whether 1.3 million is known when 1,294,000 is.")


def build(config: KnownNumbersConfig) -> Validator:
    """The validator of a definition."""
    deciding = config.model_dump(mode="json", exclude={"name", "features", "rate", "incomplete", "kind"})
    return config.validator(
        "heuristic", {**deciding, "check": config.kind, "semantics": SEMANTICS}, partial(_decide, config)
    )


def _decide(config: KnownNumbersConfig, sample: Sample) -> Judgement:
    given = given_text(sample)[:MOST_CHARACTERS]
    if len(given) < config.least_context:
        return skipped("no_context", f"The request has {len(given)} characters, too few to be a context.")
    told = list(_told(config, response_text(sample)[:MOST_CHARACTERS]))
    if not told:
        return decided(True, "heuristic: the response has no number to look for.", label="heuristic: PASS")
    known = _known(given, config.rounding)
    unknown = [number for number in told if not known & number.values]
    if not unknown:
        explanation = f"heuristic: the context holds all {len(told)} numbers of the response."
        return decided(True, explanation, label="heuristic: PASS")
    shown = ", ".join(f"{number.text} at character {number.start + 1}" for number in unknown[:SHOWN])
    more = f", and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return decided(False, f"heuristic: the context does not hold {shown}{more}.", label="heuristic: unknown number")


def _told(config: KnownNumbersConfig, text: str) -> Iterator[Number]:
    """The numbers of the response that must be known."""
    for number in numbers_in(_LINKS.sub(_blank, _LIST_NUMBER.sub(_blank, masked(text)))):
        plain = number.text.isdecimal()
        small = plain and len(number.values) == 1 and max(number.values) < config.ignore_below
        year = plain and len(number.text) == 4 and int(number.text) in _YEARS and not config.years
        if not (small or year or _ORDINAL.match(text, number.start + len(number.text))):
            yield number


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _known(given: str, rounding: bool) -> set[Decimal]:
    known = words_in(given)
    for number in numbers_in(given):
        known |= number.values
        if rounding:
            known.update(near for value in number.values for near in rounded(value))
    return known
